//! Objects that are in somebody else's hands, on their way out, or gone: each is named, and none is written by force.

use harness::{Namespace, Proxy};
use scenarios::words::expect_words;
use serde_json::{Value, json};

use super::look::{Look, expect_same};
use super::{item, kept, patch, rollback, told, writes};

/// Without its finalizers nothing of it stays when the test is over, whatever it found.
struct Held<'namespace>(&'namespace Namespace, &'static str);

impl Held<'_> {
    fn let_go(&self) {
        self.0.kubectl(["patch", self.1, "--type=merge", "--patch={\"metadata\":{\"finalizers\":null}}"]);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.let_go();
    }
}

fn rolled_back(namespace: &Namespace, object: &str, arguments: &[&str]) -> (Value, String) {
    let finished = rollback(namespace, &[&["1", "--yes", "-o", "json"], arguments].concat()).success();
    (item(&told(&finished.stdout), object).clone(), finished.stderr)
}

#[test]
fn what_is_being_deleted_is_left() {
    let namespace = kept("rollback-going");
    patch(
        &namespace,
        "cm/settings",
        r#"{"metadata": {"finalizers": ["drover.test/held"]}, "data": {"mode": "slow"}}"#,
    );
    let held = Held(&namespace, "cm/settings");
    namespace.kubectl(["delete", "cm/settings", "--wait=false"]).success();

    let (told, _) = rolled_back(&namespace, "configmap/settings", &[]);

    assert_eq!((&told["action"], &told["reason"]), (&json!("leave"), &json!("beingDeleted")));
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "slow");
    let said = rollback(&namespace, &["1", "--dry-run=client"]).success().stderr;
    expect_words(&said, &["it is being deleted: roll back again once it is gone"]);

    // and once it is gone, it comes back
    held.let_go();
    namespace.kubectl(["wait", "cm/settings", "--for=delete", "--timeout=30s"]).success();
    rolled_back(&namespace, "configmap/settings", &[]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");
}

#[test]
fn a_deletion_that_a_finalizer_holds_is_waited_for() {
    // Given a member to be deleted that something holds
    let namespace = kept("rollback-finalizer");
    super::pruning::next_second(&namespace);
    namespace.apply(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: extra, finalizers: [drover.test/held]}, data: {a: '1'}}",
    );
    let held = Held(&namespace, "cm/extra");

    let said = rollback(&namespace, &["1", "--yes", "--prune", "--timeout=2s"]).failure(1).stderr;
    expect_words(&said, &["configmap/extra being deleted still: its finalizers decide", "shop --continue"]);

    // When it lets go, then the rollback goes on to its end
    held.let_go();
    expect_words(&rollback(&namespace, &["--continue"]).success().stdout, &["rolled back to version 1"]);
    namespace.kubectl(["get", "cm/extra"]).failure(1);
}

#[test]
fn what_a_controller_makes_now_is_left_to_it() {
    let namespace = kept("rollback-controlled");
    let uid = namespace.get("svc/web")["metadata"]["uid"].clone();
    let owner = json!({"apiVersion": "v1", "kind": "Service", "name": "web", "uid": uid, "controller": true});
    let owned = json!({"metadata": {"ownerReferences": [owner]}, "data": {"mode": "slow"}});
    patch(&namespace, "cm/settings", &owned.to_string());

    let (told, _) = rolled_back(&namespace, "configmap/settings", &[]);

    assert_eq!((&told["action"], &told["reason"]), (&json!("leave"), &json!("controlled")));
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "slow");
    let said = rollback(&namespace, &["1", "--dry-run=client"]).success().stderr;
    expect_words(&said, &["configmap/settings", "Service/web makes it now"]);
}

#[test]
fn an_owner_who_controls_nothing_stays_one() {
    let namespace = kept("rollback-owner");
    let uid = namespace.get("svc/web")["metadata"]["uid"].clone();
    let owner = json!({"apiVersion": "v1", "kind": "Service", "name": "web", "uid": uid});
    let owned = json!({"metadata": {"ownerReferences": [owner]}, "data": {"mode": "slow"}});
    patch(&namespace, "cm/settings", &owned.to_string());

    rolled_back(&namespace, "configmap/settings", &[]);

    let now = namespace.get("cm/settings");
    assert_eq!((&now["data"]["mode"], &now["metadata"]["ownerReferences"][0]["uid"]), (&json!("fast"), &uid));
}

#[test]
fn who_will_undo_it_is_named_with_how_to_pause() {
    let namespace = kept("rollback-gitops");
    let id = format!("front:apps/Deployment:{}/web", namespace.name());
    namespace.kubectl(["annotate", "deploy/web", &format!("argocd.argoproj.io/tracking-id={id}")]).success();
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();
    namespace.kubectl(["set", "image", "deploy/web", "web=drover.test/box:2"]).success();

    let said = rollback(&namespace, &["2", "--dry-run=client"]).success().stderr;
    expect_words(&said, &["Argo CD application front will undo this; pause it first: "]);
    let json = rollback(&namespace, &["2", "--yes", "-o", "json"]).success().stdout;
    let told = told(&json);
    let consequences = item(&told, "deployment.apps/web")["consequences"].as_array().expect("a list").clone();
    assert!(
        consequences.iter().any(|one| one["type"] == "reverted" && one["by"] == "Argo CD application front")
    );
}

#[test]
fn a_kind_that_is_no_longer_served_is_named_and_the_rest_comes_back() {
    // Given a version with a custom resource, whose kind is gone since
    let namespace = kept("rollback-not-served");
    namespace.apply(
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: vaults.rollback.drover.test},
         spec: {group: rollback.drover.test, scope: Namespaced, names: {kind: Vault, plural: vaults},
         versions: [{name: v1, served: true, storage: true,
         schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}",
    );
    namespace.wait("crd/vaults.rollback.drover.test", "condition=Established", 30);
    namespace
        .apply("{apiVersion: rollback.drover.test/v1, kind: Vault, metadata: {name: safe}, spec: {a: '1'}}");
    namespace.kubectl(["bundle", "add", "shop", "vaults.rollback.drover.test/safe"]).success();
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();
    namespace.kubectl(["delete", "crd/vaults.rollback.drover.test"]).success();
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);

    let finished = rollback(&namespace, &["2", "--yes", "-o", "json"]).success();

    let told = told(&finished.stdout);
    let vault = item(&told, "vault.rollback.drover.test/safe");
    assert_eq!((&vault["action"], &vault["reason"]), (&json!("leave"), &json!("notServed")));
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");
    assert_eq!((told["of"].as_u64(), told["proven"].as_u64()), (Some(18), Some(17)), "{told}");
}

#[test]
fn all_that_is_gone_comes_back_at_once() {
    // Given a shop of which all kinds that hold no data are gone
    let namespace = kept("rollback-gone");
    let before = Look::at(&namespace);
    let gone = [
        "svc/web",
        "svc/db",
        "cm/settings",
        "cm/files",
        "cm/schema",
        "sa/web",
        "role/reader",
        "rolebinding/reader",
        "hpa/web",
        "pdb/web",
        "ingress/web",
        "sts/db",
        "cj/report",
        "deploy/web",
        "secret/db",
        "secret/registry",
    ];
    namespace.kubectl([&["delete"], &gone[..]].concat()).success();

    // When they are brought back
    let proxy = Proxy::start();
    let command = ["bundle", "rollback", "shop", "1", "--secrets", "--yes", "-o", "json"];
    let finished = namespace.through(&proxy).kubectl(command).success();

    // Then each is created once, and nothing else is written but whom its fields belong to
    let writes = writes(&proxy);
    let count = |verb: &str| writes.iter().filter(|write| write.starts_with(verb)).count();
    // Those of Secrets are not told from the versions' own.
    assert_eq!(["update", "create", "delete"].map(count), [0, gone.len() - 2, 0], "{writes:?}");
    let told = told(&finished.stdout);
    assert_eq!(told["proven"], told["of"]);
    // and all is as it was, but for addresses that only the cluster gives
    let mut views = [before.wanted(), Look::at(&namespace).wanted()];
    for view in &mut views {
        let service = view.get_mut("Service/web").expect("it is there");
        let spec = service["spec"].as_object_mut().expect("a spec");
        spec.retain(|field, _| !["clusterIP", "clusterIPs"].contains(&field.as_str()));
    }
    expect_same(&views[0], &views[1]);
    expect_same(&before.owners(), &Look::at(&namespace).owners());
}

#[test]
fn a_replacement_that_a_finalizer_holds_is_waited_for_too() {
    // Given a sealed ConfigMap to be made anew that something holds
    let namespace = kept("rollback-replaced-held");
    let sealed =
        r#"{"metadata": {"finalizers": ["drover.test/held"]}, "immutable": true, "data": {"a": "2"}}"#;
    patch(&namespace, "cm/files", sealed);
    let held = Held(&namespace, "cm/files");

    let replace = ["1", "--yes", "--replace", "cm/files", "--timeout=2s"];
    for arguments in [&replace[..], &["--continue", "--timeout=2s"]] {
        let said = rollback(&namespace, arguments).failure(1).stderr;
        expect_words(
            &said,
            &["configmap/files being deleted still: its finalizers decide", "shop --continue"],
        );
    }

    // When it lets go, then it is made anew
    held.let_go();
    expect_words(&rollback(&namespace, &["--continue"]).success().stdout, &["rolled back to version 1"]);
    assert_eq!(namespace.get("cm/files")["data"]["a"], "1");
}
