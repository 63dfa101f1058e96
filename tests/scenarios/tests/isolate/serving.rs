//! A pod that serves leaves without a lost request and without lost capacity.

use harness::{EndpointsMonitor, Load, workloads};

use crate::pods::{moment, pods, replica_sets_since, versions_since};
use crate::promises::{
    expect_each_stage_once, expect_isolated, expect_replaced, expect_words, isolate, isolate_with,
};
use crate::shop::{serving, shop, shop_of, web_with};

#[test]
fn no_request_and_no_capacity_is_lost() {
    // Given three pods without a preStop hook in two Services, under 100 requests a second
    let namespace = shop("serving", 3);
    namespace.apply(&workloads::service("web-metrics", "app: web, tier: front"));
    serving(&namespace, "web-metrics", 3);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let mut load = Load::start(&namespace, "web", 100);
    let monitors =
        ["web", "web-metrics"].map(|service| (service, EndpointsMonitor::start(&namespace, service)));
    load.sent_at_least(100);

    // When one is isolated
    let said = isolate(&namespace, sick).stderr;

    // Then nobody noticed
    load.sent_at_least(500);
    let report = load.finish();
    report.expect_no_failures();
    assert!(report.sent >= 500, "{report:?}");
    for (service, monitor) in monitors {
        let endpoints = monitor.finish();
        assert!(
            endpoints.minimum_ready >= 3,
            "{service} always has its three ready endpoints: {endpoints:?}"
        );
    }
    // and the pod is out, and replaced everywhere
    expect_isolated(&namespace, sick);
    expect_replaced(&namespace, &before, sick, &["web", "web-metrics"]);
    let mut load = Load::start(&namespace, "web", 100);
    load.sent_at_least(100);
    let answers = load.finish().answers;
    assert!(!answers.contains_key(sick.name()), "the isolated pod answers nobody any more: {answers:?}");
    assert_eq!(answers.len(), 3, "the three others do: {answers:?}");
    // and the way was told, below a line that says where and what
    expect_each_stage_once(&said);
    let first_line = said.lines().next().expect("something was said");
    let place = format!("drover/{}", namespace.name());
    let pod = format!("pod/{}", sick.name());
    expect_words(first_line, &[&place, &pod, "Deployment/web", "in Service web, web-metrics"]);
}

#[test]
fn a_replacement_counts_only_once_it_is_available() {
    // Given pods that are Available only after they have been Ready for five seconds
    let namespace = shop_of("min-ready", &web_with(2, "minReadySeconds: 5"), 2);
    namespace.wait("deployment/web", "condition=Available", 30);
    let sick = &pods(&namespace, "app=web")[0];
    let monitor = EndpointsMonitor::start(&namespace, "web");

    // When one is isolated
    isolate(&namespace, sick);

    // Then it stayed in traffic beside its replacement for those seconds
    let endpoints = monitor.finish();
    let [(_, 2), (_, 3), (_, 2)] = endpoints.history[..] else {
        panic!("expected one endpoint to come and then one to go: {endpoints:?}");
    };
    // By the order of the writes, since the times of it depend on the machine.
    let sets = replica_sets_since(&namespace, sick);
    let left = sets.iter().position(|set| set["status"]["availableReplicas"] == 1).expect("one pod left");
    let again = sets[left..].iter().find(|set| set["status"]["availableReplicas"] == 2);
    let available = again.expect("the replacement is Available");
    let versions = versions_since(&namespace, sick);
    let out = versions.iter().find(|pod| pod.label("app").is_none()).expect("the pod left traffic");
    assert!(moment(available) < moment(&out.0), "minReadySeconds is respected");
    expect_isolated(&namespace, sick);
}

#[test]
fn traffic_first_takes_a_pod_that_does_harm_out_at_once() {
    // Given two healthy pods
    let namespace = shop("traffic-first", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let monitor = EndpointsMonitor::start(&namespace, "web");

    // When one is isolated, traffic first
    isolate_with(&namespace, sick, &["--traffic-first"]);

    // Then it was out before its replacement was there
    let endpoints = monitor.finish();
    let counts: Vec<usize> = endpoints.history.iter().map(|(_, ready)| *ready).collect();
    assert_eq!(counts, [2, 1, 2], "first traffic ends, then the replacement comes: {endpoints:?}");
    expect_isolated(&namespace, sick);
    expect_replaced(&namespace, &before, sick, &["web"]);
}
