//! What an operator makes is left out, and what the operator was asked for stands for it.

use harness::{Namespace, Proxy};
use scenarios::words::expect_words;

use crate::shop::members;

/// The part of a definition that serving it takes.
const VAULTS: &str = "
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: vaults.bundle.drover.test},
 spec: {group: bundle.drover.test, scope: Namespaced, names: {kind: Vault, plural: vaults},
 versions: [{name: v1, served: true, storage: true,
 schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}
";

const BY_HAND: &str = "
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {a: b}}
";

/// As an operator makes it: a Deployment of its own, and a ConfigMap that it only shares.
const MADE: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, ownerReferences: [OWNER]}, data: {a: '1'}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, ownerReferences: [CONTROLLER]},
 spec: {replicas: 0, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}},
 spec: {containers: [{name: web, image: 'drover.test/box:1',
 envFrom: [{secretRef: {name: token}}, {configMapRef: {name: settings}}]}]}}}}
";

fn make(namespace: &Namespace, api_version: &str, uid: &str) {
    let owner = format!("apiVersion: {api_version}, kind: Vault, name: safe, uid: {uid}");
    let made = MADE.replace("OWNER", &format!("{{{owner}}}"));
    namespace.apply(
        &(BY_HAND.to_owned()
            + "---"
            + &made.replace("CONTROLLER", &format!("{{{owner}, controller: true}}"))),
    );
}

#[test]
fn a_custom_resource_stands_for_its_deployment() {
    // Given a Service whose Deployment was made for a custom resource
    let namespace = Namespace::new("bundle-owners");
    namespace.apply(VAULTS);
    namespace.wait("crd/vaults.bundle.drover.test", "condition=Established", 30);
    namespace.apply("{apiVersion: bundle.drover.test/v1, kind: Vault, metadata: {name: safe}}");
    let vault = namespace.get("vaults.bundle.drover.test/safe");
    let uid = vault["metadata"]["uid"].as_str().expect("every object has a uid");
    make(&namespace, "bundle.drover.test/v1", uid);

    // When it is asked what belongs to the Service
    let proxy = Proxy::start();
    let told = namespace.through(&proxy).kubectl(["bundle", "show", "svc/web", "-o", "json"]).success();

    // Then the custom resource is a member, and what the Deployment needs that nobody made
    assert_eq!(
        members(&told.stdout),
        [
            "service/web: present; ",
            "deployment.apps/web: made by Vault/safe; selector of service/web",
            "secret/token: present; containers[web].envFrom of deployment.apps/web",
            "configmap/settings: present; containers[web].envFrom of deployment.apps/web",
            "vault.bundle.drover.test/safe: present; \
             ownerReferences of deployment.apps/web, ownerReferences of configmap/settings",
        ]
    );
    assert_eq!(told.stderr, "");
    let recording = proxy.recording();
    assert!(recording.waves() <= 3, "{}", recording.table());

    // and so it is where the Deployment itself is the root
    let told = namespace.kubectl(["bundle", "show", "deploy/web"]).success();
    expect_words(&told.stdout, &["made by Vault/safe", "vault/safe"]);
}

#[test]
fn an_owner_of_a_kind_no_longer_served_is_named() {
    let namespace = Namespace::new("bundle-owner-gone");
    make(&namespace, "gone.drover.test/v1", "11111111-2222-3333-4444-555555555555");

    let told = namespace.kubectl(["bundle", "show", "svc/web", "-o", "name"]).success();

    assert_eq!(told.stdout, "service/web\ndeployment.apps/web\nsecret/token\nconfigmap/settings\n");
    expect_words(
        &told.stderr,
        &["deployment.apps/web is owned by Vault/safe", "does not serve that kind of gone.drover.test/v1"],
    );
}
