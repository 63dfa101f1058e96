//! `kubectl isolate restore`: the pod comes back as it was, without a lost request and without lost capacity.

use harness::{EndpointsMonitor, Load, workloads};

use crate::pods::{Pod, pods};
use crate::promises::{
    expect_all_as_before, expect_gone, expect_order, expect_restored, expect_words, isolate, restore_with,
};
use crate::shop::{allow_no_more_than, serving, shop, shop_of, slow_shop, web};

#[test]
fn no_request_and_no_capacity_is_lost() {
    // Given three pods without a preStop hook, under 100 requests a second, one of which was isolated
    let namespace = shop("restore", 3);
    let before = pods(&namespace, "app=web");
    let healed = &before[0];
    let mut load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");
    isolate(&namespace, healed);
    let while_away = pods(&namespace, "app=web");

    // When it is put back
    let said = restore_with(&namespace, healed, &[]).stderr;

    // Then nobody noticed
    load.sent_at_least(2000);
    let report = load.finish();
    report.expect_no_failures();
    assert!(report.sent >= 2000, "{report:?}");
    let endpoints = monitor.finish();
    assert!(endpoints.minimum_ready >= 3, "there are always three ready endpoints: {endpoints:?}");
    eprintln!("{} requests sent, 0 lost, at least {} endpoints ready", report.sent, endpoints.minimum_ready);
    // and it is as it was, while the pod that was named beforehand made room for it
    expect_restored(&namespace, &before, healed);
    let victim = named_to_make_room(&while_away, &said);
    expect_order(&said, &format!("{} leaves traffic", victim.name()), "4 drain");
    expect_gone(&namespace, victim);
    let mut expected: Vec<&str> = while_away.iter().chain([healed]).map(Pod::uid).collect();
    expected.retain(|uid| *uid != victim.uid());
    let now = pods(&namespace, "app=web");
    assert!(now.iter().all(|pod| expected.contains(&pod.uid())), "no other pod came or went");
}

#[test]
fn ten_times_in_a_row_no_request_is_lost() {
    // Given three pods under 100 requests a second
    let namespace = shop("restore-often", 3);
    let before = pods(&namespace, "app=web");
    let mut load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");

    // When one is isolated and put back again and again
    for _ in 0..10 {
        isolate(&namespace, &before[0]);
        restore_with(&namespace, &before[0], &["--drain=3s"]);
    }

    // Then nobody ever noticed
    load.sent_at_least(2000);
    let report = load.finish();
    report.expect_no_failures();
    assert!(report.sent >= 2000, "{report:?}");
    let endpoints = monitor.finish();
    assert!(endpoints.minimum_ready >= 3, "there are always three ready endpoints: {endpoints:?}");
    eprintln!("{} requests sent, 0 lost, at least {} endpoints ready", report.sent, endpoints.minimum_ready);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn a_deletion_cost_of_its_own_is_given_back() {
    // Given an isolated pod to which somebody had given a deletion cost
    let namespace = shop("restore-cost", 2);
    let name = pods(&namespace, "app=web")[0].name().to_owned();
    let cost = "controller.kubernetes.io/pod-deletion-cost=7";
    namespace.kubectl(["annotate", "pod", &name, cost]).success();
    let before = pods(&namespace, "app=web");
    isolate(&namespace, &before[0]);

    // When it is put back, then it has that cost again
    restore_with(&namespace, &before[0], &["--drain=1s"]);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn where_a_pod_is_missing_none_has_to_make_room() {
    // Given a pod that does harm, and a quota that leaves no room for its replacement
    let namespace = shop("restore-quota", 2);
    allow_no_more_than(&namespace, 2);
    let before = pods(&namespace, "app=web");
    let command = ["isolate", before[0].name(), "--traffic-first", "--timeout=2s"];
    let said = namespace.kubectl(command).failure(1).stderr;
    expect_words(&said, &["exceeded quota: full", "left Deployment/web and all traffic"]);

    // When it is put back
    let said = restore_with(&namespace, &before[0], &[]).stderr;

    // Then it takes the place that is free
    expect_words(&said, &["no Ready pod has to go"]);
    expect_all_as_before(&namespace, &before);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn two_pods_come_back_one_after_the_other() {
    // Given three pods under 100 requests a second, two of which were isolated
    let namespace = shop("restore-two", 3);
    let before = pods(&namespace, "app=web");
    let mut load = Load::start(&namespace, "web", 100);
    let monitor = EndpointsMonitor::start(&namespace, "web");
    let [one, other, _] = &before[..] else { panic!("three pods were made") };
    isolate(&namespace, one);
    isolate(&namespace, other);

    // When both are put back with one command
    let command = ["isolate", "restore", other.name(), one.name(), "--drain=3s"];
    let answer = namespace.kubectl(command).success().stdout;

    // Then both are back, in the order they were named, and nobody noticed
    assert_eq!(answer, format!("pod/{} restored\npod/{} restored\n", other.name(), one.name()));
    for healed in [one, other] {
        expect_restored(&namespace, &before, healed);
    }
    load.sent_at_least(500);
    load.finish().expect_no_failures();
    let endpoints = monitor.finish();
    assert!(endpoints.minimum_ready >= 3, "there are always three ready endpoints: {endpoints:?}");
}

#[test]
fn an_unfinished_replacement_goes_rather_than_a_pod_that_serves() {
    // Given a pod that was isolated, traffic first, and whose replacement never got ready
    let namespace = slow_shop("restore-unfinished", 2);
    let before = pods(&namespace, "app=web");
    let command = ["isolate", before[0].name(), "--traffic-first", "--timeout=2s"];
    namespace.kubectl(command).failure(1);

    // When it is put back
    let said = restore_with(&namespace, &before[0], &[]).stderr;

    // Then the others serve as before
    expect_words(&said, &["no Ready pod has to go"]);
    expect_all_as_before(&namespace, &before);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn a_pod_of_a_bare_replica_set() {
    // Given a controller that selects by the Service's only label, so that the pod can't serve before it rejoins
    let namespace = shop_of("restore-bare", &web(1).replace("kind: Deployment", "kind: ReplicaSet"), 1);
    let before = pods(&namespace, "app=web");
    isolate(&namespace, &before[0]);

    // When it is put back
    let said = restore_with(&namespace, &before[0], &["--drain=1s"]).stderr;

    // Then it is as it was, and it was said beforehand that the Service has one pod less for a moment
    expect_all_as_before(&namespace, &before);
    expect_order(&said, "warning: Service web selects on app", "1 take traffic again");
}

#[test]
fn a_service_that_selects_on_the_template_hash() {
    // Given a Service that is pinned to one ReplicaSet by the label that comes back last
    let namespace = shop("restore-pinned", 1);
    let before = pods(&namespace, "app=web");
    let hash = before[0].label("pod-template-hash").expect("a Deployment's pods carry their template's hash");
    namespace.apply(&workloads::service("pinned", &format!("pod-template-hash: {hash}")));
    serving(&namespace, "pinned", 1);
    isolate(&namespace, &before[0]);

    // When the pod is put back
    let said = restore_with(&namespace, &before[0], &["--drain=1s"]).stderr;

    // Then it is in that Service again, and it was said beforehand that it has one pod less for a moment
    serving(&namespace, "pinned", 1);
    expect_all_as_before(&namespace, &before);
    expect_order(&said, "warning: Service pinned selects on pod-template-hash", "1 take traffic again");
}

#[test]
fn it_is_told_what_became_of_the_other_pod() {
    // Given an isolated pod
    let namespace = shop("restore-told", 2);
    let before = pods(&namespace, "app=web");
    isolate(&namespace, &before[0]);
    let while_away = pods(&namespace, "app=web");

    // When it is put back
    let said = restore_with(&namespace, &before[0], &["--drain=1s"]).stderr;

    // Then people read which pod left traffic, and later that it was deleted
    let victim = named_to_make_room(&while_away, &said).name();
    expect_order(&said, &format!("{victim} leaves traffic"), &format!("{victim} is deleted"));
}

/// The pod of which a restore said that it makes room.
fn named_to_make_room<'pods>(pods: &'pods [Pod], said: &str) -> &'pods Pod {
    let line = said.lines().find(|line| line.contains("2 make room"));
    let line = line.unwrap_or_else(|| panic!("who makes room is told in\n{said}"));
    let named = pods.iter().find(|pod| line.split_whitespace().any(|word| word == pod.name()));
    named.unwrap_or_else(|| panic!("a pod of the Deployment is named in {line:?}"))
}
