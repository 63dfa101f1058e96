//! Controllers without a Deployment above them: the label they select by may be the Service's too.

use harness::{EndpointsMonitor, Namespace};

use crate::pods::{Pod, pods};
use crate::promises::{expect_each_stage_once, expect_isolated, expect_order, expect_words, isolate};
use crate::shop::{serving, shop_of, web};

#[test]
fn a_pod_of_a_bare_replica_set_leaves_traffic_with_it() {
    let manifest = web(2).replace("kind: Deployment", "kind: ReplicaSet");
    leaves_traffic_with_its_controller("replica-set", &manifest, "ReplicaSet/web");
}

#[test]
fn a_pod_of_a_replication_controller_leaves_traffic_with_it() {
    let manifest = web(2)
        .replace("apiVersion: apps/v1", "apiVersion: v1")
        .replace("kind: Deployment", "kind: ReplicationController")
        .replace("matchLabels: {app: web}", "app: web");
    leaves_traffic_with_its_controller("replication", &manifest, "ReplicationController/web");
}

/// Given two pods of a controller that selects by the Service's only label.
fn leaves_traffic_with_its_controller(test: &str, manifest: &str, owner: &str) {
    let namespace = shop_of(test, manifest, 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let monitor = EndpointsMonitor::start(&namespace, "web");

    // When one is isolated
    let said = isolate(&namespace, sick).stderr;

    // Then it was said beforehand that the Service loses it at once
    expect_words(&said, &[owner]);
    expect_order(&said, "warning: Service web selects on app", "  1 leave");
    assert_eq!(monitor.finish().minimum_ready, 1, "there was no way to wait for the replacement");
    // and every stage was told once, the replacement too
    expect_each_stage_once(&said);
    // and it is out and replaced
    expect_isolated(&namespace, sick);
    expect_new_pod(&namespace, &before);
}

fn expect_new_pod(namespace: &Namespace, before: &[Pod]) {
    serving(namespace, "web", 2);
    let now = pods(namespace, "app=web");
    let new = now.iter().filter(|pod| !before.iter().any(|known| known.uid() == pod.uid()));
    assert_eq!((now.len(), new.count()), (2, 1), "its controller replaced it");
}
