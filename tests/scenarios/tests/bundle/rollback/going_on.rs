//! The owner of the manifests goes on after a rollback as if nothing had been.

use harness::{Finished, Namespace};
use scenarios::words::expect_words;

use super::look::{Look, expect_same};
use super::{patch, rollback};
use crate::shop::{manifests, shop};

/// `ci` applies by the server's side, as CI does.
fn apply_by_ci(namespace: &Namespace, manifests: &str) -> Finished {
    let apply = ["apply", "--server-side", "--field-manager=ci", "--filename=-"];
    namespace.command(apply).input(manifests).run()
}

const MAP: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: fast, kept: yes}}";
const WITHOUT: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: fast}}";

fn edit(namespace: &Namespace) {
    patch(namespace, "cm/settings", r#"{"data": {"mode": "slow", "kept": "no", "more": "1"}}"#);
    patch(namespace, "hpa/web", r#"{"spec": {"maxReplicas": 5}}"#);
    patch(namespace, "svc/web", r#"{"spec": {"ports": [{"port": 81}]}}"#);
    namespace.kubectl(["set", "image", "deploy/web", "web=drover.test/box:2"]).success();
    namespace.kubectl(["delete", "ingress/web"]).success();
    namespace.kubectl(["delete", "cm/files"]).success();
}

#[test]
fn kubectl_apply_changes_nothing_and_prunes_what_is_dropped() {
    // Given a shop that was applied, changed by others and rolled back
    let namespace = shop("rollback-apply");
    namespace.apply(&MAP.replace("yes", "'yes'"));
    namespace.kubectl(["bundle", "create", "svc/web", "sts/db", "cj/report", "--name=shop"]).success();
    edit(&namespace);
    rollback(&namespace, &["1", "--yes"]).success();
    let before = Look::at(&namespace);

    // When its owner applies the same again, then nothing changes
    namespace.apply(&format!("{}---\n{}", without_settings(), MAP.replace("yes", "'yes'")));
    assert_eq!(before.touched(&Look::at(&namespace)).into_iter().collect::<Vec<_>>(), [""; 0]);

    // and a key that is dropped from the manifest goes
    namespace.apply(WITHOUT);
    assert_eq!(namespace.get("cm/settings")["data"], serde_json::json!({"mode": "fast"}));
}

#[test]
fn kubectl_apply_by_the_server_has_no_conflict() {
    // Given a shop that CI applied by the server's side, changed by others and rolled back
    let namespace = Namespace::new("rollback-server-side");
    let all = format!("{}---\n{}", without_settings(), MAP.replace("yes", "'yes'"));
    apply_by_ci(&namespace, &all).success();
    namespace.kubectl(["bundle", "create", "svc/web", "sts/db", "cj/report", "--name=shop"]).success();
    let owners = Look::at(&namespace).owners();
    edit(&namespace);
    rollback(&namespace, &["1", "--yes"]).success();
    let before = Look::at(&namespace);
    expect_same(&owners, &before.owners());

    // When CI applies the same again, then there is no conflict, and nothing changes
    apply_by_ci(&namespace, &all).success();
    let touched = before.touched(&Look::at(&namespace));
    assert_eq!(touched.into_iter().collect::<Vec<_>>(), [""; 0]);

    // and a key that is dropped from the manifest goes
    apply_by_ci(&namespace, WITHOUT).success();
    assert_eq!(namespace.get("cm/settings")["data"], serde_json::json!({"mode": "fast"}));
}

#[test]
fn a_colleague_who_owns_a_field_still_does() {
    // Given a field that a colleague took over from CI, recorded so
    let namespace = Namespace::new("rollback-two-owners");
    apply_by_ci(&namespace, &manifests()).success();
    let take = ["apply", "--server-side", "--field-manager=colleague", "--force-conflicts", "--filename=-"];
    namespace.command(take).input(WITHOUT.replace("fast", "theirs")).run().success();
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    rollback(&namespace, &["1", "--yes"]).success();

    // When CI applies its own again, then it is told of the colleague as before
    let said = apply_by_ci(&namespace, WITHOUT).failure(1).stderr;
    expect_words(&said, &["conflict with \"colleague\"", ".data.mode"]);
    assert!(!said.contains("kubectl-bundle") && !said.contains("tester"), "{said}");
}

/// The shop's manifests but that of the ConfigMap `settings`.
fn without_settings() -> String {
    let all = manifests();
    let others = all.split("---").filter(|one| !one.contains("kind: ConfigMap, metadata: {name: settings}"));
    others.collect::<Vec<_>>().join("---")
}
