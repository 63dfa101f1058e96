//! No rollback costs data that was not named: claims, and what would delete them.

use std::collections::BTreeMap;

use harness::Namespace;
use scenarios::words::expect_words;
use serde_json::{Value, json};

use super::{item, kept, patch, rollback, told};

/// Its pods stay pending, since no volume is there for their claims; the claims are there all the same.
const STORE: &str = "
{apiVersion: v1, kind: Service, metadata: {name: store}, spec: {selector: {app: store}, clusterIP: None, ports: [{port: 80}]}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: store},
 spec: {replicas: 2, serviceName: SERVICE, podManagementPolicy: Parallel, selector: {matchLabels: {app: store}},
 persistentVolumeClaimRetentionPolicy: {whenScaled: SCALED, whenDeleted: DELETED},
 template: {metadata: {labels: {app: store}}, spec: {containers: [{name: store, image: 'drover.test/box:1'}]}},
 volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: none,
 resources: {requests: {storage: 1Gi}}}}]}}
";

fn store(service: &str, scaled: &str, deleted: &str) -> String {
    STORE.replace("SERVICE", service).replace("SCALED", scaled).replace("DELETED", deleted)
}

/// Waits for so many claims of the StatefulSet; their uids by name.
fn claims(namespace: &Namespace, count: usize) -> BTreeMap<String, Value> {
    namespace.watch_until("persistentvolumeclaims", 60, |claims| {
        let of_set = claims.values().filter(|claim| {
            let name = claim["metadata"]["name"].as_str().expect("a name");
            name.starts_with("data-store-") && claim["metadata"]["deletionTimestamp"].is_null()
        });
        let uids: BTreeMap<_, _> = of_set
            .map(|claim| (claim["metadata"]["name"].to_string(), claim["metadata"]["uid"].clone()))
            .collect();
        (uids.len() == count).then_some(uids)
    })
}

/// Without waiting for pods that never get ready.
fn to_1(namespace: &Namespace, arguments: &[&str]) -> (Value, String) {
    let finished =
        rollback(namespace, &[&["1", "--yes", "--wait=false", "-o", "json"], arguments].concat()).success();
    (told(&finished.stdout), finished.stderr)
}

#[test]
fn a_loosened_retention_does_not_come_back_and_delete() {
    // Given a StatefulSet whose claims went with its pods, until somebody made them stay, and scaled it up
    let namespace = Namespace::new("rollback-retention");
    namespace.apply(&store("store", "Delete", "Retain"));
    claims(&namespace, 2);
    namespace.kubectl(["bundle", "create", "sts/store", "--name=shop"]).success();
    let retain =
        r#"{"spec": {"replicas": 3, "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Retain"}}}"#;
    patch(&namespace, "sts/store", retain);
    patch(&namespace, "sts/store", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    let before = claims(&namespace, 3);

    // When it is rolled back, then the claims and what keeps them stay
    let said = rollback(&namespace, &["1", "--dry-run=server"]).success().stderr;
    expect_words(
        &said,
        &["whenScaled stays Retain (was Delete): claims could be deleted", "--allow sts/store"],
    );
    expect_words(&said, &["spec.replicas stays 3 (was 2)"]);
    let (told, _) = to_1(&namespace, &[]);
    let held = item(&told, "statefulset.apps/store")["held"].as_array().expect("a list").clone();
    assert_eq!(held.len(), 2, "{held:?}");
    let spec = namespace.get("sts/store")["spec"].clone();
    assert_eq!(
        (&spec["replicas"], &spec["persistentVolumeClaimRetentionPolicy"]["whenScaled"]),
        (&json!(3), &json!("Retain"))
    );
    assert!(namespace.get("sts/store")["metadata"]["labels"].is_null());
    assert_eq!(claims(&namespace, 3), before);

    // and with the flag all is as it was, which costs the third claim: that is said before
    let said = rollback(&namespace, &["1", "--dry-run=client", "--allow", "sts/store"]).success().stderr;
    expect_words(&said, &["its data is lost for good"]);
    to_1(&namespace, &["--allow", "sts/store"]);
    let after = claims(&namespace, 2);
    assert!(after.iter().all(|(name, uid)| before[name] == *uid));
}

#[test]
fn a_set_whose_claims_go_with_it_is_not_made_anew() {
    // Given a StatefulSet of another Service since, whose claims go with it
    let namespace = Namespace::new("rollback-set-anew");
    namespace.apply(&store("store", "Retain", "Retain"));
    claims(&namespace, 2);
    namespace.kubectl(["bundle", "create", "sts/store", "--name=shop"]).success();
    namespace.kubectl(["delete", "sts/store", "--cascade=orphan"]).success();
    namespace.apply(&store("other", "Retain", "Delete"));
    namespace.watch_until("persistentvolumeclaims", 60, |claims| {
        let is_owned = |claim: &Value| !claim["metadata"]["ownerReferences"].is_null();
        (claims.len() == 2 && claims.values().all(is_owned)).then_some(())
    });
    let before = claims(&namespace, 2);

    // When it is rolled back, then it stays, and it stays when only the replacement was named
    let (first, _) = to_1(&namespace, &[]);
    let told = item(&first, "statefulset.apps/store");
    assert_eq!((&told["reason"], &told["flag"]), (&json!("immutable"), &json!("--replace sts/store")));
    let (second, _) = to_1(&namespace, &["--replace", "sts/store"]);
    let told = item(&second, "statefulset.apps/store");
    assert_eq!((&told["reason"], &told["flag"]), (&json!("losesData"), &json!("--allow sts/store")));
    assert_eq!(claims(&namespace, 2), before);

    // and both flags do it
    to_1(&namespace, &["--replace", "sts/store", "--allow", "sts/store"]);
    assert_eq!(namespace.get("sts/store")["spec"]["serviceName"], "store");
}

#[test]
fn of_a_claim_only_the_labels_come_back() {
    // Given a claim that was labelled, and another that was made anew with more room
    let namespace = kept("rollback-claim");
    let claim = |size: &str| {
        format!(
            "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: data-db-0, labels: {{team: a}}}}, \
             spec: {{accessModes: [ReadWriteOnce], storageClassName: '', resources: {{requests: {{storage: {size}}}}}}}}}"
        )
    };
    namespace.kubectl(["delete", "pvc/data-db-0"]).success();
    namespace.apply(&claim("2Gi"));
    let uid = namespace.get("pvc/data-db-0")["metadata"]["uid"].clone();
    let said = rollback(&namespace, &["1", "--dry-run=client"]).success().stderr;
    expect_words(&said, &["spec.resources.requests.storage stays 2Gi (was 1Gi)", "--replace pvc/data-db-0"]);

    // When it is rolled back, also with what allows all that has no flag of its own
    to_1(&namespace, &["--allow", "pvc/data-db-0"]);

    // Then the claim is the same, with the labels it had
    let now = namespace.get("pvc/data-db-0");
    assert_eq!((&now["metadata"]["uid"], &now["metadata"]["labels"]), (&uid, &Value::Null));
    assert_eq!(now["spec"]["resources"]["requests"]["storage"], "2Gi");

    // and it is made anew, and empty, only when it is named for that
    to_1(&namespace, &["--replace", "pvc/data-db-0"]);
    let now = namespace.get("pvc/data-db-0");
    assert_ne!(now["metadata"]["uid"], uid);
    assert_eq!(now["spec"]["resources"]["requests"]["storage"], "1Gi");
}

#[test]
fn a_claim_that_is_gone_is_not_made_empty() {
    let namespace = kept("rollback-claim-gone");
    namespace.kubectl(["delete", "pvc/data-db-0"]).success();

    let (told, _) = to_1(&namespace, &[]);
    let told = item(&told, "persistentvolumeclaim/data-db-0");
    assert_eq!((&told["reason"], &told["flag"]), (&json!("emptyVolume"), &json!("--allow pvc/data-db-0")));
    namespace.kubectl(["get", "pvc/data-db-0"]).failure(1);

    to_1(&namespace, &["--allow", "pvc/data-db-0"]);
    namespace.get("pvc/data-db-0");
}
