//! Changes that a merge can't take back: one field in place of another, kind by kind.

use harness::Namespace;
use scenarios::words::expect_words;
use serde_json::{Value, json};

use super::look::{Look, expect_same};
use super::{item, kept, other_selector, patch, rollback, told};

/// What only the cluster gives a Service.
fn without_addresses(look: &Look, service: &str) -> std::collections::BTreeMap<String, Value> {
    let mut all = look.wanted();
    let spec = all.get_mut(service).expect("it is there")["spec"].as_object_mut().expect("a spec");
    spec.retain(|field, _| !["clusterIP", "clusterIPs"].contains(&field.as_str()));
    all
}

/// There and back again, with nothing but the usual.
fn there_and_back(namespace: &Namespace, changed: &Look, before: &Look) {
    rollback(namespace, &["1", "--yes"]).success();
    let after = Look::at(namespace);
    expect_same(&without_addresses(before, "Service/web"), &without_addresses(&after, "Service/web"));
    expect_same(&before.owners(), &after.owners());
    rollback(namespace, &["2", "--yes"]).success();
    let future = Look::at(namespace);
    expect_same(&without_addresses(changed, "Service/web"), &without_addresses(&future, "Service/web"));
    expect_same(&changed.owners(), &future.owners());
}

#[test]
fn one_field_in_place_of_another() {
    // Given fields that exclude each other, each changed for the other
    let namespace = kept("rollback-exclusive");
    let before = Look::at(&namespace);
    patch(&namespace, "pdb/web", r#"{"spec": {"minAvailable": null, "maxUnavailable": 1}}"#);
    patch(&namespace, "deploy/web", r#"{"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}"#);
    patch(&namespace, "svc/web", r#"{"spec": {"type": "NodePort"}}"#);
    let volumes = json!({"spec": {"template": {"spec": {"volumes": [{"name": "files", "emptyDir": {}}]}}}});
    patch(&namespace, "deploy/web", &volumes.to_string());
    patch(&namespace, "cm/files", r#"{"data": null, "binaryData": {"a": "AAEC"}}"#);
    let metrics = r#"{"spec": {"metrics": [{"type": "Resource", "resource": {"name": "memory", "target":
        {"type": "Utilization", "averageUtilization": 50}}}]}}"#;
    patch(&namespace, "hpa/web", metrics);
    patch(
        &namespace,
        "sts/db",
        r#"{"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}"#,
    );
    let changed = Look::at(&namespace);

    there_and_back(&namespace, &changed, &before);
}

#[test]
fn a_service_that_became_a_name_gets_an_address_again() {
    let namespace = kept("rollback-external-name");
    let before = Look::at(&namespace);
    let name = r#"{"spec": {"type": "ExternalName", "externalName": "shop.test", "clusterIP": null, "clusterIPs": null}}"#;
    patch(&namespace, "svc/web", name);
    let changed = Look::at(&namespace);

    there_and_back(&namespace, &changed, &before);
}

#[test]
fn a_headless_service_and_the_type_of_a_secret_take_a_replacement() {
    // Given a Service that got an address, and a Secret of another type
    let namespace = kept("rollback-anew");
    namespace.kubectl(["delete", "svc/db", "secret/registry"]).success();
    namespace.kubectl(["create", "service", "clusterip", "db", "--tcp=80:80"]).success();
    let secret =
        ["create", "secret", "generic", "registry", "--type=drover.test/other", "--from-literal=a=b"];
    namespace.kubectl(secret).success();

    let json = rollback(&namespace, &["1", "--yes", "--secrets", "-o", "json"]).success().stdout;
    let first = told(&json);
    let left = |object: &str| (item(&first, object)["reason"].clone(), item(&first, object)["flag"].clone());
    assert_eq!(left("service/db"), (json!("immutable"), json!("--replace svc/db")));
    assert_eq!(left("secret/registry"), (json!("immutable"), json!("--replace secret/registry")));

    let both = ["--replace", "svc/db", "--replace", "secret/registry"];
    rollback(&namespace, &[&["1", "--yes", "--secrets"], &both[..]].concat()).success();
    assert_eq!(namespace.get("svc/db")["spec"]["clusterIP"], "None");
    assert_eq!(namespace.get("secret/registry")["type"], "Opaque");
    let said = rollback(&namespace, &["1", "--yes", "--secrets"]).success().stdout;
    expect_words(&said, &["unchanged: it is at version 1"]);
}

#[test]
fn a_deployment_of_another_selector_takes_a_replacement_and_runs_again() {
    // Given a Deployment that was made anew for other labels
    let namespace = kept("rollback-selector");
    other_selector(&namespace);
    let uid = namespace.get("deploy/web")["metadata"]["uid"].clone();

    let said = rollback(&namespace, &["1", "--yes"]).success().stderr;
    expect_words(&said, &["spec.selector", "can't be changed", "--replace deploy/web"]);
    assert_eq!(namespace.get("deploy/web")["metadata"]["uid"], uid);

    rollback(&namespace, &["1", "--yes", "--replace", "deploy/web"]).success();
    let now = namespace.get("deploy/web");
    assert_ne!(now["metadata"]["uid"], uid);
    assert_eq!(now["spec"]["selector"]["matchLabels"], json!({"app": "web"}));
}
