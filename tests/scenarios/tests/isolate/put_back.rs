//! When no replacement comes, the pod goes back to where it was.

use std::process;

use harness::{EndpointsMonitor, Load, Namespace};

use crate::pods::{Pod, pods};
use crate::promises::{expect_all_as_before, expect_isolated, expect_words};
use crate::shop::{allow_no_more_than, half_isolate, shop, shop_of, slow_shop, web_with_pod};

#[test]
fn a_quota_without_room_for_a_replacement() {
    // Given three pods under load, and a quota for exactly three
    let namespace = shop("quota", 3);
    allow_no_more_than(&namespace, 3);
    let before = pods(&namespace, "app=web");
    let mut load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");

    // When one is isolated
    let said = gives_up(&namespace, &before[0]);

    // Then the reason is named in the server's words, and all is as before
    expect_words(&said, &["ReplicaSet", "exceeded quota: full", "put back"]);
    expect_all_as_before(&namespace, &before);
    load.sent_at_least(500);
    load.finish().expect_no_failures();
    let endpoints = monitor.finish();
    assert!(endpoints.minimum_ready >= 3, "the pod served all the time: {endpoints:?}");
}

#[test]
fn a_replacement_that_may_not_run_beside_the_pod() {
    // Given a pod beside which its node takes no other
    let affinity = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
                    [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}";
    no_node_takes_the_replacement("anti-affinity", &web_with_pod(1, affinity), "anti-affinity");
}

#[test]
fn a_replacement_that_needs_the_same_port_of_the_node() {
    // Given a pod in the node's own network, whose port nobody else can have (nor another run of this test)
    let port = 20_000 + process::id() % 10_000;
    let manifest = web_with_pod(1, "hostNetwork: true").replace("8080", &port.to_string());
    no_node_takes_the_replacement("host-network", &manifest, "free ports");
}

#[test]
fn ctrl_c_while_the_replacement_is_awaited() {
    // Given an isolation under load that waits for a slow replacement
    let namespace = slow_shop("interrupted", 2);
    let before = pods(&namespace, "app=web");
    let mut load = Load::start(&namespace, "web", 100);
    let (isolation, _) = half_isolate(&namespace, &before[0]);

    // When it is interrupted
    isolation.interrupt();
    let finished = isolation.finish().failure(1);

    // Then it says that all is as before, and so it is
    expect_words(&finished.stderr, &["error: ", "interrupted", "put back"]);
    assert_eq!(finished.stdout, "", "nothing was isolated");
    expect_all_as_before(&namespace, &before);
    load.sent_at_least(500);
    load.finish().expect_no_failures();
}

#[test]
fn a_pod_that_is_out_of_traffic_already_stays_out() {
    // Given a pod that does harm, and a replacement that does not get ready
    let namespace = slow_shop("no-way-back", 2);
    let sick = &pods(&namespace, "app=web")[0];

    // When it is isolated, traffic first
    let said = gives_up_with(&namespace, sick, &["--traffic-first", "--timeout=2s"]);

    // Then it is not sent into traffic again, and what is missing is named
    expect_words(&said, &["no replacement in time", "is not Ready", "left Deployment/web and all traffic"]);
    expect_isolated(&namespace, sick);
}

#[test]
fn a_deletion_cost_of_its_own_is_given_back() {
    // Given a pod with a deletion cost that somebody gave it
    let namespace = shop("own-cost", 2);
    allow_no_more_than(&namespace, 2);
    let name = pods(&namespace, "app=web")[0].name().to_owned();
    let cost = "controller.kubernetes.io/pod-deletion-cost=7";
    namespace.kubectl(["annotate", "pod", &name, cost]).success();
    let before = pods(&namespace, "app=web");

    // When its isolation fails, then it has that cost again
    gives_up(&namespace, &before[0]);
    expect_all_as_before(&namespace, &before);
}

/// Given the only pod of a Deployment.
fn no_node_takes_the_replacement(test: &str, manifest: &str, reason: &str) {
    let namespace = shop_of(test, manifest, 1);
    let before = pods(&namespace, "app=web");

    // When it is isolated
    let said = gives_up(&namespace, &before[0]);

    // Then the scheduler's reason is named, and all is as before
    expect_words(&said, &["Unschedulable", reason, "put back"]);
    expect_all_as_before(&namespace, &before);
}

/// Isolates a pod whose replacement can't come. Returns the reason.
fn gives_up(namespace: &Namespace, pod: &Pod) -> String {
    gives_up_with(namespace, pod, &["--timeout=5s"])
}

/// The same with these flags.
fn gives_up_with(namespace: &Namespace, pod: &Pod, flags: &[&str]) -> String {
    let finished = namespace.kubectl([&["isolate", pod.name()], flags].concat()).failure(1);
    assert_eq!(finished.stdout, "", "a command that failed answers nothing");
    let error = finished.stderr.find("error: ").expect("the reason begins with `error: `");
    finished.stderr[error..].to_owned()
}
