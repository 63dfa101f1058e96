//! A pod that its ReplicaSet would delete is not put back, and it is said what to do instead.

use harness::Namespace;

use crate::pods::{Pod, pod, pods};
use crate::promises::{
    expect_all_as_before, expect_gone, expect_isolated, expect_untouched, expect_words, isolate, refused,
};
use crate::shop::{make_unready, shop};

#[test]
fn a_pod_that_is_not_isolated() {
    let namespace = shop("not-isolated", 2);
    let before = pods(&namespace, "app=web");

    let said = refused(restore(&namespace, &before[0]));

    expect_words(&said, &[&format!("pod/{} is not isolated", before[0].name()), "kubectl isolate list"]);
    expect_all_as_before(&namespace, &before);
}

#[test]
fn a_pod_that_is_not_ready() {
    let (namespace, sick) = shop_with_an_isolated_pod("restore-unready");
    make_unready(&namespace, &sick);

    can_only_be_cleared_away(&namespace, &sick, "it is not Ready");
}

#[test]
fn a_pod_of_a_template_that_is_no_longer_current() {
    let (namespace, sick) = shop_with_an_isolated_pod("restore-stale");
    let next = "spec: {template: {metadata: {annotations: {version: two}}}}";
    namespace.kubectl(["patch", "deployment", "web", "--patch", next]).success();
    namespace.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]).success();

    can_only_be_cleared_away(&namespace, &sick, "older template");
}

#[test]
fn a_pod_of_a_deployment_that_is_scaled_to_zero() {
    let (namespace, sick) = shop_with_an_isolated_pod("restore-scaled");
    namespace.kubectl(["scale", "deployment", "web", "--replicas=0"]).success();
    namespace.watch_until("apps/v1/replicasets", 30, |sets| {
        sets.values().all(|set| set["spec"]["replicas"] == 0 && set["status"]["replicas"] == 0).then_some(())
    });

    can_only_be_cleared_away(&namespace, &sick, "scaled to 0");
}

#[test]
fn a_pod_of_a_deployment_that_is_deleted() {
    let (namespace, sick) = shop_with_an_isolated_pod("restore-deleted");
    namespace.kubectl(["delete", "deployment", "web"]).success();
    namespace.watch_until("apps/v1/replicasets", 30, |sets| sets.is_empty().then_some(()));

    can_only_be_cleared_away(&namespace, &sick, "is gone");
}

fn shop_with_an_isolated_pod(test: &str) -> (Namespace, Pod) {
    let namespace = shop(test, 2);
    let sick = pods(&namespace, "app=web").remove(0);
    isolate(&namespace, &sick);
    (namespace, sick)
}

/// Restore says why it would be deleted and names the way out, which works; and nothing but the pod goes.
fn can_only_be_cleared_away(namespace: &Namespace, sick: &Pod, reason: &str) {
    let isolated = pod(namespace, sick.name());
    let others = pods(namespace, "app=web");

    let said = refused(restore(namespace, sick));

    let way_out =
        format!("kubectl isolate cleanup -n {namespace} {}", sick.name(), namespace = namespace.name());
    expect_words(&said, &["can't be put back", reason, &way_out]);
    expect_untouched(namespace, &isolated);
    expect_isolated(namespace, sick);
    let arguments: Vec<&str> = way_out.split(' ').skip(1).collect();
    let answer = namespace.kubectl(arguments).success().stdout;
    assert_eq!(answer, format!("pod/{} deleted\n", sick.name()), "stdout is the answer alone");
    expect_gone(namespace, sick);
    for other in &others {
        expect_untouched(namespace, other);
    }
}

fn restore(namespace: &Namespace, pod: &Pod) -> harness::Finished {
    namespace.kubectl(["isolate", "restore", pod.name()])
}
