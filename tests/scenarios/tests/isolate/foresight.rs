//! What may keep the replacement from coming, or from serving, is said before anything is done.

use std::process;

use harness::Namespace;

use crate::pods::pods;
use crate::promises::{expect_order, expect_untouched};
use crate::shop::{allow_no_more_than, shop_of, web, web_with_pod};

#[test]
fn anti_affinity_that_keeps_the_replacement_from_the_pods_node() {
    let manifest = web_with_pod(
        1,
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
         [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}",
    );
    is_foreseen("see-affinity", &manifest, &["anti-affinity", "kubernetes.io/hostname"]);
}

#[test]
fn a_port_of_the_node() {
    // A port that nobody else has, nor another run of this test.
    let port = 30_000 + process::id() % 10_000;
    let ports = format!("- {{containerPort: 8080, hostPort: {port}}}");
    let manifest = web(1).replace("- containerPort: 8080", &ports);
    is_foreseen("see-port", &manifest, &["hostPort", &port.to_string()]);
}

#[test]
fn a_spread_over_nodes() {
    let manifest = web_with_pod(
        1,
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, \
         whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]",
    );
    is_foreseen("see-spread", &manifest, &["spread", "kubernetes.io/hostname"]);
}

#[test]
fn a_service_that_keeps_traffic_on_the_node() {
    let local = "---
apiVersion: v1
kind: Service
metadata: {name: near}
spec: {internalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
";
    is_foreseen("see-local", &(web(1) + local), &["Service near", "Local"]);
}

#[test]
fn a_quota_that_is_full() {
    let namespace = shop_of("see-quota", &web(1), 1);
    allow_no_more_than(&namespace, 1);
    is_foreseen_in(&namespace, &["ResourceQuota full allows 1 pods, 1 are used"]);
}

#[test]
fn a_quota_of_computing_power() {
    let resources = "resources: {requests: {cpu: 20m}}\n        ports:";
    let namespace = shop_of("see-power", &web(1).replace("ports:", resources), 1);
    namespace.apply(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: power}, spec: {hard: {requests.cpu: 30m}}}",
    );
    namespace.wait("resourcequota/power", r"jsonpath={.status.used.requests\.cpu}=20m", 30);
    is_foreseen_in(
        &namespace,
        &["ResourceQuota power allows 30m requests.cpu, 20m are used, and it needs 20m"],
    );
}

/// Given a shop of one pod, when it is rehearsed to isolate it, then these words warn of it first, and nothing changes.
fn is_foreseen(test: &str, manifest: &str, words: &[&str]) {
    is_foreseen_in(&shop_of(test, manifest, 1), words);
}

fn is_foreseen_in(namespace: &Namespace, words: &[&str]) {
    let sick = &pods(namespace, "app=web")[0];

    let said = namespace.kubectl(["isolate", sick.name(), "--dry-run=client"]).success().stderr;

    let warnings = said.lines().filter(|line| line.starts_with("warning: "));
    let all = |line: &&str| words.iter().all(|word| line.contains(word));
    let warning = warnings.clone().find(all);
    let warning = warning.unwrap_or_else(|| panic!("expected a warning with {words:?} in:\n{said}"));
    assert_eq!(warnings.count(), 1, "there is nothing else to warn of:\n{said}");
    expect_order(&said, warning, "1 leave the Deployment");
    expect_untouched(namespace, sick);
    assert_eq!(pods(namespace, "app=web").len(), 1, "no replacement was made");
}
