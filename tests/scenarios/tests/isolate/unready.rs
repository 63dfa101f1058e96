//! A pod that is not Ready serves nobody, so nothing has to be waited for.

use crate::pods::{ISOLATED_LABEL, Pod, pod, pods, versions_since};
use crate::promises::{expect_each_stage_once, expect_isolated, expect_replaced, expect_words, isolate};
use crate::shop::{half_isolate, let_in, make_unready, shop, slow_shop};

#[test]
fn a_pod_that_is_not_ready_leaves_everything_in_one_request() {
    // Given two pods, one of which fails its readiness probe
    let namespace = shop("unready", 2);
    let before = pods(&namespace, "app=web");
    make_unready(&namespace, &before[0]);
    let sick = pod(&namespace, before[0].name());

    // When it is isolated
    let said = isolate(&namespace, &sick).stderr;

    // Then the labels of its controller and of traffic went together
    let versions = versions_since(&namespace, &sick);
    let first = versions.iter().find(|pod| pod.label(ISOLATED_LABEL).is_some());
    let first = first.expect("the pod was marked as isolated");
    assert_eq!(first.label("pod-template-hash"), None, "the first write takes it out of its ReplicaSet");
    assert_eq!(first.label("app"), None, "the same write takes it out of traffic");
    // and its Deployment is whole again
    expect_isolated(&namespace, &sick);
    expect_replaced(&namespace, &before, &sick, &["web"]);
    expect_words(&said, &["in no ready endpoint"]);
    expect_each_stage_once(&said);
}

#[test]
fn a_pod_that_stops_being_ready_half_way_leaves_traffic_without_its_replacement() {
    // Given a pod that waits, still serving, for a slow replacement
    let namespace = slow_shop("unready-half-way", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let (isolation, replacement) = half_isolate(&namespace, sick);
    assert_eq!(pod(&namespace, sick.name()).label("app"), Some("web"), "it waits in traffic");

    // When it gets worse
    make_unready(&namespace, sick);

    // Then it is taken out for good, so that it does not come back when it recovers for a moment
    namespace.watch_until("pods", 30, |pods| {
        let sick = Pod(pods.get(sick.uid())?.clone());
        sick.label("app").is_none().then_some(())
    });
    // and the command ends once its Deployment is whole again
    let_in(&namespace, &replacement);
    let said = isolation.finish().success().stderr;
    expect_each_stage_once(&said);
    expect_isolated(&namespace, sick);
    expect_replaced(&namespace, &before, sick, &["web"]);
}
