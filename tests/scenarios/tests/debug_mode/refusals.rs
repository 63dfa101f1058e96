//! Where debug mode would be wrong or impossible: the reason, the way out, and nothing changed.

use harness::Namespace;
use scenarios::words::expect_words;

use crate::debugging::expect_refused;
use crate::sick::{RUNS, api_pods, app, deployment, running, spec, workload};

#[test]
fn a_replica_set_of_a_deployment() {
    let namespace = running("owned", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let hash = api_pods(&namespace)[0].label("pod-template-hash").expect("its ReplicaSet's hash").to_owned();

    let owned = format!("rs/api-{hash}");
    let there = format!("kubectl debug-mode on -n {} deploy/api", namespace.name());
    for flags in [&["on", &owned][..], &["on", &owned, "--in-place", "--yes"]] {
        expect_refused(&namespace, flags, &["belongs to Deployment/api", &there]);
    }
}

#[test]
fn one_that_makes_no_pods() {
    let namespace = Namespace::new("no-pods");
    namespace.apply(&idle("paused", "paused: true"));
    namespace.apply(&idle("none", "").replace("replicas: 1", "replicas: 0"));
    let name = namespace.name();

    let resume = format!("kubectl rollout resume -n {name} deploy/paused");
    expect_refused(&namespace, &["on", "deploy/paused"], &["is paused", &resume]);
    let copy = format!("kubectl debug-mode on -n {name} deploy/none --copy");
    expect_refused(&namespace, &["on", "deploy/none"], &["scaled to 0", &copy]);
}

#[test]
fn a_service_that_publishes_pods_that_are_not_ready() {
    let namespace = Namespace::new("publishes");
    namespace.apply(&idle("api", ""));
    namespace.apply(
        "{apiVersion: v1, kind: Service, metadata: {name: peers}, spec: {clusterIP: None, \
         publishNotReadyAddresses: true, selector: {app: api}, ports: [{port: 80}]}}",
    );

    let words = ["Service peers", "publishNotReadyAddresses", "--copy", "--allow-traffic"];
    expect_refused(&namespace, &["on", "deploy/api", "--yes"], &words);
}

#[test]
fn what_must_be_asked_first() {
    let namespace = Namespace::new("questions");
    namespace.apply(&idle("recreate", "strategy: {type: Recreate}"));
    for (name, metadata) in [
        ("argo", "annotations: {argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:x/argo'}"),
        ("flux", "labels: {kustomize.toolkit.fluxcd.io/name: shop}"),
    ] {
        let with_owner = format!("metadata: {{name: {name}, {metadata}}}");
        namespace.apply(&idle(name, "").replacen(&format!("metadata: {{name: {name}}}"), &with_owner, 1));
    }

    for (target, words) in [
        ("deploy/recreate", ["Recreate", "all its pods stop"]),
        ("deploy/argo", ["Argo CD application shop", "skip-reconcile=true"]),
        ("deploy/flux", ["Flux Kustomization shop", "reconcile=disabled"]),
    ] {
        let said = expect_refused(&namespace, &["on", target], &words);
        expect_words(&said, &["--yes"]);
    }
}

#[test]
fn containers_that_are_not_named_or_not_there() {
    let namespace = Namespace::new("containers");
    let two = spec(&format!("{}, {}", app(RUNS), app(RUNS).replace("name: app", "name: log")));
    namespace.apply(&workload("Deployment", "", &format!("{two}, schedulerName: nobody")));

    let which = ["say which one with -c", "app, log"];
    expect_refused(&namespace, &["on", "deploy/api", "--hold"], &which);
    expect_refused(&namespace, &["on", "deploy/api", "--", "sh"], &which);
    let unknown = ["no container \"web\"", "app, log"];
    expect_refused(&namespace, &["on", "deploy/api", "-c", "web"], &unknown);
    expect_refused(&namespace, &["on", "deploy/api", "--set-image", "web=drover.test/box:1"], &unknown);
}

#[test]
fn what_the_server_does_not_take() {
    // Given a quota that leaves no room for the record
    let namespace = Namespace::new("quota");
    namespace.apply(&idle("api", ""));
    namespace.apply(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: full}, spec: {hard: {count/configmaps: '1'}}}",
    );
    namespace.wait("resourcequota/full", "jsonpath={.status.used.count/configmaps}=1", 30);

    // When a Deployment is to go into debug mode, then the server's words are told
    expect_refused(&namespace, &["on", "deploy/api"], &["exceeded quota: full"]);
    let maps = namespace.kubectl(["get", "configmaps", "--output=name"]).success().stdout;
    assert_eq!(maps, "configmap/kube-root-ca.crt\n", "no record is left");
}

/// A Deployment whose pods nobody schedules.
fn idle(name: &str, more: &str) -> String {
    let pod = spec(&app(RUNS)) + ", schedulerName: nobody";
    deployment(1, &pod, more)
        .replace("name: api", &format!("name: {name}"))
        .replace("app: api", &format!("app: {name}"))
}
