//! Rollouts that could get stuck, and one that is under way.

use harness::EndpointsMonitor;
use scenarios::pods::{Pod, pods};
use scenarios::words::expect_words;

use crate::debugging::{debug_pod, expect_nothing_left, expect_reachable, off, on};
use crate::sick::{EXITS, KILLED, RUNS, api_pods, app, crashing, deployment, ready, running, spec};
use crate::snapshot::Snapshot;

#[test]
fn every_pod_is_bad() {
    // Given two pods that crash, of two, and a quota that leaves no room for a third
    let namespace = crashing("all-bad", &deployment(2, &spec(&app(EXITS)), ""));
    namespace
        .apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: full}, spec: {hard: {pods: '2'}}}");
    namespace.wait("resourcequota/full", "jsonpath={.status.used.pods}=2", 30);
    let before = Snapshot::of(&namespace, "deploy/api");

    // When their Deployment goes into debug mode, then one of them makes room
    on(&namespace, "deploy/api", &["--hold"]);
    let debug = pods(&namespace, "app=api").into_iter().find(|pod| pod.restarts() == 0 && is_running(pod));
    expect_reachable(&namespace, &debug.expect("a debug pod runs"), "app");

    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
}

#[test]
fn a_bad_pod_that_holds_a_host_port() {
    // Given a pod that crashes and keeps its node's port
    // One of this process: other suites may run on the same node.
    let port = format!("ports: [{{containerPort: 8080, hostPort: {}}}]", 40_000 + std::process::id() % 9_000);
    let manifest = deployment(
        1,
        &spec(&app(&format!("{RUNS}, {KILLED}, {port}, readinessProbe: {{exec: {{command: ['false']}}}}"))),
        "",
    );
    let namespace = crashing("host-port", &manifest);

    // When its Deployment goes into debug mode, then it gives way
    on(&namespace, "deploy/api", &[]);

    expect_reachable(&namespace, &debug_pod(&namespace), "app");
    off(&namespace, "deploy/api", &[]);
    expect_nothing_left(&namespace);
}

#[test]
fn a_release_that_does_not_come_up() {
    // Given a Deployment that serves with its first release while the second crashes
    let namespace = running("in-flight", &deployment(2, &spec(&app(RUNS)), ""), 2);
    let serving = api_pods(&namespace);
    let manifest = deployment(2, &spec(&app(&format!("{EXITS}, {NEVER_READY}"))), "");
    namespace.apply(&manifest);
    crate::sick::crashed(&namespace);
    let before = Snapshot::of(&namespace, "deploy/api");
    let monitor = EndpointsMonitor::start(&namespace, "api");

    // When that is in debug mode, then its pod is of the second release
    let said = on(&namespace, "deploy/api", &["--hold"]).stderr;
    expect_words(&said, &["a rollout is under way"]);
    let debug = debug_pod(&namespace);
    expect_reachable(&namespace, &debug, "app");
    expect_words(&said, &["cannot open /etc/app/config"]);

    // and the first served all the time, also afterwards
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    let endpoints = monitor.finish();
    let first: Vec<&str> = serving.iter().map(Pod::uid).collect();
    assert!(endpoints.ever_ready.iter().all(|uid| first.contains(&uid.as_str())), "{endpoints:?}");
    assert!(endpoints.minimum_ready >= first.len(), "{endpoints:?}");
}

#[test]
fn one_that_stops_all_its_pods_first() {
    // Given a Deployment that never runs two pods at once
    let manifest = deployment(1, &spec(&app(RUNS)), "strategy: {type: Recreate}");
    let namespace = running("recreate", &manifest, 1);
    let (before, first) = (Snapshot::of(&namespace, "deploy/api"), api_pods(&namespace).remove(0));

    // When it goes into debug mode as confirmed, then it still does not
    on(&namespace, "deploy/api", &["--yes"]);
    let pods = api_pods(&namespace);
    assert_eq!(pods.len(), 1, "one pod at a time");
    assert_ne!(pods[0].uid(), first.uid());
    assert_eq!(debug_pod(&namespace).uid(), pods[0].uid());

    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    ready(&namespace, 1);
}

/// So that the release does not count as up between two crashes.
const NEVER_READY: &str = "readinessProbe: {exec: {command: ['false']}}";

fn is_running(pod: &Pod) -> bool {
    !pod.0["status"]["containerStatuses"][0]["state"]["running"].is_null()
}
