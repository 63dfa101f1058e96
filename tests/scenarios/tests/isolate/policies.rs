//! NetworkPolicies go on protecting the pod where that is possible; budgets stop counting it.

use harness::Namespace;

use crate::pods::{pod, pods};
use crate::promises::{expect_isolated, expect_order, expect_words, isolate};
use crate::shop::{shop, shop_of, web};

const BEGINNING: &str = "1 leave the Deployment";

#[test]
fn of_two_labels_that_would_do_the_one_a_network_policy_needs_stays() {
    // Given a Deployment and a Service that select by app and tier: without either label the pod is out
    let both = "{app: web, tier: front}";
    let manifest = web(3).replace("matchLabels: {app: web}", &format!("matchLabels: {both}"));
    let namespace = shop_of("policy-choice", &manifest, 3);
    let patch = format!("spec: {{selector: {both}}}");
    namespace.kubectl(["patch", "service", "web", "--patch", &patch]).success();
    let before = pods(&namespace, "app=web");

    for (sick, needed, label, dropped) in
        [(&before[0], "tier", "tier: front", "app"), (&before[1], "app", "app: web", "tier")]
    {
        // Given a NetworkPolicy that selects by one of them
        network_policy(&namespace, "front", label);

        // When a pod is isolated
        let said = isolate(&namespace, sick).stderr;

        // Then the other label went, and it is said why
        expect_words(
            &said,
            &[&format!("dropped {dropped}"), &format!("kept {needed}"), "NetworkPolicy front"],
        );
        let after = pod(&namespace, sick.name());
        assert_eq!(after.label(needed), sick.label(needed), "NetworkPolicy front still applies by {needed}");
        assert_eq!(after.label(dropped), None, "without {dropped} it is out of traffic");
        expect_isolated(&namespace, sick);
    }
}

#[test]
fn a_network_policy_that_can_not_be_kept_is_named_before_anything_is_done() {
    // Given a NetworkPolicy that selects by the Service's only label
    let namespace = shop("policy-lost", 2);
    network_policy(&namespace, "front", "app: web");
    network_policy(&namespace, "elsewhere", "app: other");
    let sick = &pods(&namespace, "app=web")[0];

    // When a pod is isolated
    let said = isolate(&namespace, sick).stderr;

    // Then that policy is named, and no other
    expect_order(&said, "warning: NetworkPolicy front will no longer apply", BEGINNING);
    assert!(!said.contains("elsewhere"), "a policy that never applied is of no concern:\n{said}");
    expect_isolated(&namespace, sick);
}

#[test]
fn a_disruption_budget_stops_counting_the_pod() {
    // Given a budget by a label that no Service asks for
    let namespace = shop("budget", 2);
    disruption_budget(&namespace, "front", "selector: {matchLabels: {tier: front}}");
    namespace.wait("pdb/front", "jsonpath={.status.currentHealthy}=2", 30);
    let before = pods(&namespace, "tier=front");

    // When a pod is isolated
    isolate(&namespace, &before[0]);

    // Then the budget's selector no longer matches it, although it is healthy
    let counted = pods(&namespace, "tier=front");
    assert_eq!(counted.len(), 2, "the budget counts the two pods of the Deployment");
    assert!(!counted.iter().any(|pod| pod.uid() == before[0].uid()), "and not the isolated one");
    expect_isolated(&namespace, &before[0]);
}

#[test]
fn a_disruption_budget_over_every_pod_is_named_and_no_obstacle() {
    // Given a budget that no pod can leave
    let namespace = shop("budget-all", 2);
    disruption_budget(&namespace, "everything", "selector: {}");
    let sick = &pods(&namespace, "app=web")[0];

    // When a pod is isolated
    let said = isolate(&namespace, sick).stderr;

    // Then it is told that the budget goes on counting it
    expect_order(&said, "warning: PodDisruptionBudget everything selects every pod", BEGINNING);
    expect_isolated(&namespace, sick);
}

fn network_policy(namespace: &Namespace, name: &str, label: &str) {
    namespace.apply(&format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}}}, \
         spec: {{podSelector: {{matchLabels: {{{label}}}}}, ingress: [{{}}]}}}}"
    ));
}

fn disruption_budget(namespace: &Namespace, name: &str, selector: &str) {
    namespace.apply(&format!(
        "{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: {name}}}, \
         spec: {{maxUnavailable: 1, {selector}}}}}"
    ));
}
