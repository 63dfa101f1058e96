//! Somebody changes the workload while it is in debug mode.

use harness::Namespace;
use scenarios::words::expect_words;
use serde_json::{Value, json};

use crate::debugging::{expect_nothing_left, expect_refused, off, on};
use crate::sick::{RUNS, app, deployment, running, spec};
use crate::snapshot::Snapshot;

/// A probe that all is well with.
const WELL: &str = "livenessProbe: {exec: {command: ['true']}}";

/// An image that nobody has: what matters is the template.
const NEXT: &str = "drover.test/next:2";

#[test]
fn force_restore_brings_back_what_was_there() {
    // Given a Deployment in debug mode, in which somebody set another image
    let (namespace, before) = serving("force-restore");
    on(&namespace, "deploy/api", &[]);
    namespace.kubectl(["set", "image", "deploy/api", &format!("app={NEXT}")]).success();

    // When it is to leave, then it is refused, with what differs, and both ways out
    expect_conflict(&namespace);

    // When what was there is to be brought back, then it is
    let said = off(&namespace, "deploy/api", &["--force-restore"]).stderr;
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    expect_words(&said, &["as before", "1 of 1 pod that served"]);
}

#[test]
fn keep_theirs_keeps_their_image_and_gives_the_probes_back() {
    // Given a Deployment in debug mode, in which somebody set another image
    let (namespace, _) = serving("keep-theirs");
    let original = namespace.get("deploy/api")["spec"].clone();
    on(&namespace, "deploy/api", &["--hold"]);
    namespace.kubectl(["set", "image", "deploy/api", &format!("app={NEXT}")]).success();
    expect_conflict(&namespace);

    // When that is to stay, then only the image differs from what was there
    off(&namespace, "deploy/api", &["--keep-theirs"]);
    expect_only_next(&namespace, original);
}

#[test]
fn a_release_is_applied() {
    // Given a Deployment in debug mode, of which a pipeline applies the next release
    let namespace = Namespace::new("release");
    let apply = |image: &str| {
        let manifest = manifest().replace("drover.test/box:1", image);
        namespace.apply(&manifest);
    };
    apply("drover.test/box:1");
    crate::sick::ready(&namespace, 1);
    let original = namespace.get("deploy/api")["spec"].clone();
    on(&namespace, "deploy/api", &[]);
    apply(NEXT);

    // When it is to leave, then it is refused, since the release would be lost
    expect_conflict(&namespace);

    // When the release is to stay, then nothing of debug mode does: neither gate nor strategy
    off(&namespace, "deploy/api", &["--keep-theirs"]);
    expect_only_next(&namespace, original);
    // and the next apply has nothing to do
    let command = namespace.command(["apply", "--filename=-"]);
    let again = command.input(manifest().replace("drover.test/box:1", NEXT)).run().success().stdout;
    assert_eq!(again, "deployment.apps/api unchanged\n");
}

#[test]
fn a_rollout_is_undone() {
    // Given a Deployment in debug mode that somebody undid, as they would undo any release
    let (namespace, _) = serving("rollout-undo");
    let before = namespace.get("deploy/api");
    on(&namespace, "deploy/api", &[]);
    namespace.kubectl(["rollout", "undo", "deploy/api"]).success();
    assert_ne!(namespace.get("deploy/api")["spec"], before["spec"], "the strategy stayed");

    // When it leaves debug mode, then what undo left is gone too
    off(&namespace, "deploy/api", &[]);
    assert_eq!(namespace.get("deploy/api")["spec"], before["spec"]);
    expect_nothing_left(&namespace);
}

/// A Deployment `api` with a pod that serves, and how it is.
fn serving(test: &str) -> (Namespace, Snapshot) {
    let namespace = running(test, &manifest(), 1);
    let before = Snapshot::of(&namespace, "deploy/api");
    (namespace, before)
}

fn manifest() -> String {
    deployment(1, &spec(&app(&format!("{RUNS}, {WELL}"))), "")
}

/// `off` shows the image and both ways out.
fn expect_conflict(namespace: &Namespace) {
    let off = format!("kubectl debug-mode off -n {} deploy/api", namespace.name());
    let [force, keep] = ["--force-restore", "--keep-theirs"].map(|way| format!("{off} {way}"));
    let words = ["image", "drover.test/box:1", NEXT, &force, &keep];
    expect_refused(namespace, &["off", "deploy/api"], &words);
}

/// The image is theirs, all else is as it was.
fn expect_only_next(namespace: &Namespace, mut spec: Value) {
    spec["template"]["spec"]["containers"][0]["image"] = json!(NEXT);
    assert_eq!(namespace.get("deploy/api")["spec"], spec);
    expect_nothing_left(namespace);
}
