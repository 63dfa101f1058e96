//! Members that came after the version: they stay, unless they are to go and nobody else needs them.

use harness::Namespace;
use scenarios::words::expect_words;
use serde_json::json;

use super::{item, kept, patch, rollback, told};

/// A Deployment outside the bundle that uses a ConfigMap.
const OTHER: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: other},
 spec: {replicas: 0, selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}},
 spec: {containers: [{name: other, image: 'drover.test/box:1', envFrom: [{configMapRef: {name: extra}}]}]}}}}
";

/// Times of creation are whole seconds: what is created in the version's own second may be older than it.
pub fn next_second(namespace: &Namespace) {
    let now = || {
        let time = ["--dry-run=server", "--output=jsonpath={.metadata.creationTimestamp}"];
        namespace.kubectl([&["create", "configmap", "now"], &time[..]].concat()).success().stdout
    };
    let first = now();
    while now() == first {}
}

fn reason(namespace: &Namespace, object: &str, arguments: &[&str]) -> (String, String) {
    let json = rollback(namespace, &[&["1", "--yes", "-o", "json"], arguments].concat()).success().stdout;
    let told = told(&json);
    let item = item(&told, object);
    let text = |field: &str| item[field].as_str().unwrap_or("-").to_owned();
    (text("reason"), text("flag"))
}

#[test]
fn what_came_since_stays_until_it_is_to_go() {
    // Given a ConfigMap that came since
    let namespace = kept("rollback-extra");
    next_second(&namespace);
    namespace.kubectl(["create", "configmap", "extra", "--from-literal=a=1"]).success();
    let said = rollback(&namespace, &["1", "--dry-run=client"]).success().stderr;
    expect_words(&said, &["configmap/extra", "added", "to delete it too: --prune"]);

    assert_eq!(reason(&namespace, "configmap/extra", &[]), ("notInVersion".to_owned(), "--prune".to_owned()));
    assert_eq!(namespace.get("cm/extra")["data"]["a"], "1");

    rollback(&namespace, &["1", "--yes", "--prune"]).success();
    namespace.kubectl(["get", "cm/extra"]).failure(1);
}

#[test]
fn what_is_older_than_the_version_stays() {
    // Given a ConfigMap that was there before the version, and became a member later
    let namespace = kept("rollback-older");
    let volumes = json!({"spec": {"template": {"spec": {"volumes": [{"name": "files", "configMap": {"name": "unrelated"}}]}}}});
    patch(&namespace, "deploy/web", &volumes.to_string());

    let told = reason(&namespace, "configmap/unrelated", &["--prune"]);

    assert_eq!(told, ("olderThanVersion".to_owned(), "-".to_owned()));
    assert_eq!(namespace.get("cm/unrelated")["data"]["a"], "1");
}

#[test]
fn what_others_use_stays() {
    // Given a ConfigMap that came since, and that a Deployment outside the bundle uses too
    let namespace = kept("rollback-used");
    next_second(&namespace);
    namespace.kubectl(["create", "configmap", "extra", "--from-literal=a=1"]).success();
    namespace.apply(OTHER);

    assert_eq!(
        reason(&namespace, "configmap/extra", &["--prune"]),
        ("usedByOthers".to_owned(), "-".to_owned())
    );
    assert_eq!(namespace.get("cm/extra")["data"]["a"], "1");
    let said = rollback(&namespace, &["1", "--dry-run=client", "--prune"]).success().stderr;
    expect_words(&said, &["used by deployment.apps/other, which is no member"]);

    // and when that is gone, it goes
    namespace.kubectl(["delete", "deploy/other"]).success();
    rollback(&namespace, &["1", "--yes", "--prune"]).success();
    namespace.kubectl(["get", "cm/extra"]).failure(1);
}

#[test]
fn a_new_secret_and_a_new_claim_take_more_than_that() {
    // Given a Secret and a claim that came since
    let namespace = kept("rollback-extra-data");
    next_second(&namespace);
    namespace.kubectl(["create", "secret", "generic", "tls", "--from-literal=a=b"]).success();
    let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-1}, spec: {accessModes: \
                 [ReadWriteOnce], storageClassName: '', resources: {requests: {storage: 1Gi}}}}";
    namespace.apply(claim);

    assert_eq!(reason(&namespace, "secret/tls", &["--prune"]), ("secret".to_owned(), "--secrets".to_owned()));
    let told = reason(&namespace, "persistentvolumeclaim/data-db-1", &["--prune"]);
    assert_eq!(told, ("losesData".to_owned(), "--allow pvc/data-db-1".to_owned()));
    for object in ["secret/tls", "pvc/data-db-1"] {
        namespace.get(object);
    }

    let all = ["1", "--yes", "--prune", "--secrets", "--allow", "pvc/data-db-1"];
    rollback(&namespace, &all).success();
    for object in ["secret/tls", "pvc/data-db-1"] {
        namespace.kubectl(["get", object]).failure(1);
    }
}
