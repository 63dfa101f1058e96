//! Who owned a workload's fields owns them again: their next apply neither conflicts nor changes anything.

use harness::Namespace;

use crate::debugging::{off, on};
use crate::sick::{KILLED, RUNS, app, crashed, deployment, ready, spec};
use crate::snapshot::Snapshot;

#[test]
fn the_next_server_side_apply_has_no_conflict() {
    // Given a Deployment that somebody applies server-side, all of its fields
    let namespace = Namespace::new("server-side");
    let manifest = deployment(1, &spec(&app(&format!("{RUNS}, {KILLED}"))), STRATEGY);
    let apply = || {
        let command = ["apply", "--server-side", "--field-manager=ci", "--filename=-"];
        namespace.command(command).input(manifest.as_str()).run().success();
    };
    apply();
    crashed(&namespace);
    let before = Snapshot::of(&namespace, "deploy/api");

    // When it was in debug mode
    on(&namespace, "deploy/api", &[]);
    off(&namespace, "deploy/api", &[]);

    // Then their next apply works, without force, and changes nothing
    before.expect_same(&namespace, "deploy/api");
    let generation = namespace.get("deploy/api")["metadata"]["generation"].clone();
    apply();
    before.expect_same(&namespace, "deploy/api");
    assert_eq!(namespace.get("deploy/api")["metadata"]["generation"], generation, "nothing was rolled out");
}

#[test]
fn the_next_client_side_apply_changes_nothing() {
    // Given a Deployment that somebody applies
    let namespace = Namespace::new("client-side");
    let manifest = deployment(1, &spec(&app(RUNS)), STRATEGY);
    let apply =
        || namespace.command(["apply", "--filename=-"]).input(manifest.as_str()).run().success().stdout;
    assert_eq!(apply(), "deployment.apps/api created\n");
    ready(&namespace, 1);

    // When it was in debug mode
    on(&namespace, "deploy/api", &["--hold", "--env", "DEBUG=1"]);
    off(&namespace, "deploy/api", &[]);

    // Then their next apply has nothing to do
    assert_eq!(apply(), "deployment.apps/api unchanged\n");
}

/// Fields that debug mode changes too.
const STRATEGY: &str = "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}";
