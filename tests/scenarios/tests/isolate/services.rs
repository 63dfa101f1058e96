//! Whatever the Services select by, the pod leaves all of them.

use harness::workloads;

use crate::pods::{pods, services_sending_to};
use crate::promises::{expect_isolated, expect_order, isolate};
use crate::shop::{make_unready, serving, shop};

#[test]
fn a_pod_leaves_services_that_share_labels_and_one_that_publishes_unready_pods() {
    // Given two Services over the same pods, the second of which sends traffic also to pods that are not Ready
    let namespace = shop("services", 2);
    let service = workloads::service("web-peers", "app: web, tier: front");
    namespace.apply(&service.replacen("spec:", "spec:\n  publishNotReadyAddresses: true", 1));
    serving(&namespace, "web-peers", 2);
    let [serving_pod, unready_pod] = &pods(&namespace, "app=web")[..] else { panic!("two pods were made") };
    make_unready(&namespace, unready_pod);
    assert_eq!(services_sending_to(&namespace, serving_pod), ["web", "web-peers"]);
    assert_eq!(services_sending_to(&namespace, unready_pod), ["web-peers"]);

    // When both kinds of pod are isolated, then each is out of both Services
    for sick in [serving_pod, unready_pod] {
        isolate(&namespace, sick);
        expect_isolated(&namespace, sick);
    }
}

#[test]
fn a_service_that_selects_on_the_template_hash_is_left_early_and_that_is_said() {
    // Given a Service that is pinned to one ReplicaSet by the label that has to go first
    let namespace = shop("pinned", 2);
    let sick = &pods(&namespace, "app=web")[0];
    let hash = sick.label("pod-template-hash").expect("a Deployment's pods carry their template's hash");
    namespace.apply(&workloads::service("pinned", &format!("pod-template-hash: {hash}")));
    serving(&namespace, "pinned", 2);

    // When one of its pods is isolated
    let said = isolate(&namespace, sick).stderr;

    // Then the gap was announced before anything was done, and the pod is out of both Services
    let warning = "warning: Service pinned selects on pod-template-hash";
    expect_order(&said, warning, "1 leave the Deployment");
    expect_isolated(&namespace, sick);
}
