//! EndpointSlices that somebody else keeps follow no labels.

use harness::Namespace;

use crate::pods::{Pod, pods};
use crate::promises::{expect_isolated, expect_refusal, expect_words, isolate};
use crate::shop::shop;

#[test]
fn a_hand_made_slice_with_the_pods_address_stands_in_the_way() {
    // Given a slice made by hand that sends traffic to the pod's address
    let namespace = shop("slice-by-hand", 2);
    let sick = &pods(&namespace, "app=web")[0];
    hand_made_slice(&namespace, sick, "");

    // When the pod is to be isolated, then that is refused before anything is written
    let said = expect_refusal(&namespace, sick);
    expect_words(&said, &["would stay in traffic", "EndpointSlice/by-hand", "kubectl edit endpointslice"]);
}

#[test]
fn a_hand_made_slice_that_names_another_pod_does_not() {
    // Given a slice with the pod's address that says it means another pod (as pods on the host's network share one)
    let namespace = shop("slice-of-other", 2);
    let [sick, other] = &pods(&namespace, "app=web")[..] else { panic!("two pods were made") };
    let target = format!(", targetRef: {{kind: Pod, name: {}, uid: {}}}", other.name(), other.uid());
    hand_made_slice(&namespace, sick, &target);

    // When the pod is isolated
    isolate(&namespace, sick);

    // Then it is out
    expect_isolated(&namespace, sick);
}

fn hand_made_slice(namespace: &Namespace, pod: &Pod, target: &str) {
    let address = pod.address();
    namespace.apply(&format!(
        "{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, ports: [{{port: 8080}}], \
         metadata: {{name: by-hand, labels: {{kubernetes.io/service-name: legacy}}}}, \
         endpoints: [{{addresses: [{address}]{target}}}]}}"
    ));
}
