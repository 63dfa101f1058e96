//! What else acts on the pods is said before the first write.

use scenarios::words::expect_words;

use crate::debugging::{debug_mode, expect_refused};
use crate::sick::{RUNS, app, deployment, running, spec, workload};

/// The part of the VerticalPodAutoscaler's definition that serving it takes.
const VERTICAL_POD_AUTOSCALERS: &str = "---\n{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, \
    metadata: {name: verticalpodautoscalers.autoscaling.k8s.io, annotations: {api-approved.kubernetes.io: unapproved}}, \
    spec: {group: autoscaling.k8s.io, scope: Namespaced, \
    names: {kind: VerticalPodAutoscaler, plural: verticalpodautoscalers}, versions: [{name: v1, served: true, \
    storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}\n";

#[test]
fn budgets_and_vertical_autoscalers_are_named() {
    // Given a budget and a VerticalPodAutoscaler of its pods, and one of another's
    let namespace = running("foreseen", &deployment(1, &spec(&app(RUNS)), ""), 1);
    namespace.apply(VERTICAL_POD_AUTOSCALERS);
    namespace.wait("crd/verticalpodautoscalers.autoscaling.k8s.io", "condition=Established", 30);
    let vertical = |name: &str, target: &str| {
        format!(
            "---\n{{apiVersion: autoscaling.k8s.io/v1, kind: VerticalPodAutoscaler, metadata: {{name: {name}}}, \
             spec: {{targetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}}}}}\n"
        )
    };
    namespace.apply(&(vertical("sized", "api") + &vertical("others", "web")));
    namespace.apply(
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: careful}, \
         spec: {minAvailable: 1, selector: {matchLabels: {app: api}}}}",
    );

    // When it is looked at what debug mode would do
    let said = debug_mode(&namespace, &["on", "deploy/api", "--dry-run=server"]).success().stderr;

    // Then both are named, and nothing else
    expect_words(
        &said,
        &[
            "VerticalPodAutoscaler sized may evict the debug pod",
            "PodDisruptionBudget careful counts the debug pod as unhealthy",
        ],
    );
    assert!(!said.contains("others"), "{said}");
}

#[test]
fn pod_security_that_would_refuse_the_debug_pod() {
    // Given pods that were made before their namespace became restricted
    let namespace = running("restricted", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let level = "pod-security.kubernetes.io/enforce=restricted";
    namespace.kubectl(["label", "namespace", namespace.name(), level]).success();

    // When one goes into debug mode, then it is refused before anything is changed, in the server's words
    let words = [
        "its debug pod would be refused",
        "violates PodSecurity \"restricted:latest\"",
        "allowPrivilegeEscalation",
    ];
    expect_refused(&namespace, &["on", "deploy/api"], &words);
    let left = namespace.kubectl(["get", "configmap/drover-debug-mode-deployment-api"]).failure(1);
    expect_words(&left.stderr, &["NotFound"]);
}

#[test]
fn the_only_pod_that_serves_is_to_go() {
    let manifest = workload("StatefulSet", "replicas: 1, serviceName: api", &spec(&app(RUNS)));
    let namespace = running("only-one", &manifest, 1);

    let words = ["pod/api-0 (Ready, and the only one that is: nothing serves meanwhile) is deleted"];
    expect_refused(&namespace, &["on", "sts/api", "--in-place"], &words);
}
