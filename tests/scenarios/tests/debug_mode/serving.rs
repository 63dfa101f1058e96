//! Pods that serve go on serving: into debug mode and out of it, without a lost request.

use harness::{EndpointsMonitor, Load, Namespace};
use scenarios::pods::{Pod, pods};
use scenarios::shop::{serving, shop};
use scenarios::words::expect_words;

use crate::debugging::{debug_pod, expect_nothing_left, expect_reachable, off, on};
use crate::snapshot::Snapshot;

#[test]
fn no_request_and_no_capacity_is_lost() {
    // Given three healthy pods without a preStop hook, under 100 requests a second
    let namespace = shop("serving", 3);
    let before = pods(&namespace, "app=web");
    let snapshot = Snapshot::of(&namespace, "deploy/web");
    let mut load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");
    load.sent_at_least(100);

    // When their Deployment goes into debug mode and out of it
    on(&namespace, "deploy/web", &[]);
    let debug = debug_pod(&namespace);
    expect_reachable(&namespace, &debug, "web");
    let said = off(&namespace, "deploy/web", &[]).stderr;

    // Then nobody noticed
    load.sent_at_least(500);
    let report = load.finish();
    println!("measured: {} of {} requests lost", report.failures.len(), report.sent);
    report.expect_no_failures();
    assert!(report.sent >= 500, "{report:?}");
    let endpoints = monitor.finish();
    assert!(endpoints.minimum_ready >= 3, "there are always three ready endpoints: {endpoints:?}");
    assert!(!endpoints.ever_ready.contains(debug.uid()), "the debug pod is none: {endpoints:?}");
    assert!(!report.answers.contains_key(debug.name()), "the debug pod answered nobody: {report:?}");

    // and all is exactly as before, which was proven
    snapshot.expect_same(&namespace, "deploy/web");
    expect_nothing_left(&namespace);
    expect_same_pods(&namespace, &before);
    let hash = before[0].label("pod-template-hash").expect("a ReplicaSet's pods have its hash");
    expect_words(&said, &[&format!("web-{hash} is current again"), "3 of 3 pods", "none of them restarted"]);

    // and nothing can bring debug mode back
    let undo = namespace.kubectl(["rollout", "undo", "deploy/web"]).failure(1);
    expect_words(&undo.stderr, &["no rollout history found"]);
    snapshot.expect_same(&namespace, "deploy/web");
}

#[test]
fn a_later_undo_goes_to_the_release_before() {
    // Given a second release
    let namespace = shop("undo", 1);
    let first = namespace.get("deploy/web");
    namespace.kubectl(["set", "env", "deploy/web", "RELEASE=2"]).success();
    namespace.kubectl(["rollout", "status", "deploy/web", "--timeout=60s"]).success();

    // When it was in debug mode, and is undone later
    on(&namespace, "deploy/web", &[]);
    off(&namespace, "deploy/web", &[]);
    namespace.kubectl(["rollout", "undo", "deploy/web"]).success();

    // Then the first release is back, and nothing of debug mode
    assert_eq!(namespace.get("deploy/web")["spec"], first["spec"]);
    namespace.kubectl(["rollout", "status", "deploy/web", "--timeout=60s"]).success();
    expect_nothing_left(&namespace);
    serving(&namespace, "web", 1);
}

/// These pods and no other are there, none of them restarted.
fn expect_same_pods(namespace: &Namespace, before: &[Pod]) {
    let told =
        |pods: &[Pod]| -> Vec<_> { pods.iter().map(|pod| (pod.uid().to_owned(), pod.restarts())).collect() };
    assert_eq!(told(&pods(namespace, "app=web")), told(before), "the same pods, none restarted");
    serving(namespace, "web", u32::try_from(before.len()).expect("a handful of pods"));
}
