//! What people do to a workload in debug mode that is no concern of debug mode's, and two who do the same.

use harness::{EndpointsMonitor, Rights};
use serde_json::json;

use crate::debugging::{debug_pod, debug_pods, expect_nothing_left, off, on};
use crate::sick::{RUNS, app, crashing, deployment, ready, running, spec};
use crate::snapshot::Snapshot;

#[test]
fn its_scale_is_another() {
    // Given a Deployment in debug mode that somebody scales
    let namespace = running("scaled", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let mut spec = namespace.get("deploy/api")["spec"].clone();
    on(&namespace, "deploy/api", &[]);
    let monitor = EndpointsMonitor::start(&namespace, "api");
    namespace.kubectl(["scale", "deploy/api", "--replicas=2"]).success();

    // When it leaves debug mode, then that stays, and all pods are of the original template
    off(&namespace, "deploy/api", &[]);
    spec["replicas"] = json!(2);
    assert_eq!(namespace.get("deploy/api")["spec"], spec);
    ready(&namespace, 2);
    expect_nothing_left(&namespace);
    assert!(monitor.finish().minimum_ready >= 1, "it served all the time");
}

#[test]
fn two_who_do_the_same_do_it_once() {
    // Given two people who look at the same Deployment
    let namespace = running("two-hands", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let colleague = namespace.limited_user("colleague", Rights::ClusterRole("admin"));
    let before = Snapshot::of(&namespace, "deploy/api");

    for (verb, answer) in [("on", "in debug mode"), ("off", "")] {
        // When both put it into debug mode at once, or take it out
        let command = ["debug-mode", verb, "deploy/api"];
        let both = [namespace.command(command).start(), colleague.command(command).start()];
        let answers = both.map(|running| running.finish().success().stdout);

        // Then it ends well for both
        for told in &answers {
            assert!(told.starts_with(&format!("deployment.apps/api {answer}")), "{verb}: {answers:?}");
        }
        if verb == "on" {
            debug_pod(&namespace);
        }
    }
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
}

#[test]
fn traffic_to_one_that_never_served() {
    // Given a Deployment that never gets ready, in debug mode with traffic
    let hook = "lifecycle: {postStart: {exec: {command: ['false']}}}";
    let namespace = crashing("never-served", &deployment(1, &spec(&app(&format!("{RUNS}, {hook}"))), ""));
    let before = Snapshot::of(&namespace, "deploy/api");
    on(&namespace, "deploy/api", &["--allow-traffic"]);
    ready(&namespace, 1);

    // When it leaves debug mode, then nothing waits until it would be ready
    off(&namespace, "deploy/api", &["--timeout=20s"]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    assert!(debug_pods(&namespace).is_empty());
    ready(&namespace, 0);
}
