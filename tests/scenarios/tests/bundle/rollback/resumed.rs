//! What a rollback that was killed had begun is done as it was agreed to, or undone, to the end.

use std::sync::mpsc;

use harness::{Fault, Namespace, Proxy, Select, workloads};
use scenarios::pods::pods;
use scenarios::words::expect_words;
use serde_json::json;

use super::look::{Look, expect_same};
use super::{item, kept, other_selector, patch, rollback, told};
use crate::shop::shop;

/// Kills a rollback to version 1 right before the server hears of this request, and frees what it held.
pub fn kill_before(namespace: &Namespace, request: Select, arguments: &[&str]) {
    let proxy = Proxy::start();
    let (reached, is_reached) = mpsc::channel();
    let (dead, is_dead) = mpsc::channel::<()>();
    let wait = move || {
        reached.send(()).expect("the test waits");
        let _ = is_dead.recv();
    };
    proxy.break_request(request, Fault::before(wait));
    let command = [&["bundle", "rollback", "shop", "1", "--yes"], arguments].concat();
    let mut running = namespace.through(&proxy).command(command).start();
    is_reached.recv().expect("it comes to that request");
    running.kill();
    running.finish().failure(128 + 9);
    drop(proxy);
    drop(dead);
    // It would expire by itself half a minute later.
    namespace.kubectl(["delete", "lease/drover-bundle-shop"]).success();
}

#[test]
fn consumers_are_restarted_though_what_they_load_is_written() {
    // Given a rollback that was killed between a ConfigMap and the restart of who loads it
    let namespace = shop("rollback-killed-restart");
    let load = "      - name: web\n        envFrom: [{configMapRef: {name: settings}}]\n";
    let front = workloads::web_deployment("front", 1).replace("      - name: web\n", load);
    namespace.apply(&(front + &workloads::service("front", "app: front")));
    namespace.wait("deployment/front", "condition=Available", 60);
    namespace.kubectl(["bundle", "create", "svc/front", "--name=shop"]).success();
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    let pod = pods(&namespace, "app=front").remove(0);
    kill_before(&namespace, Select::nth(2, "update", "deployments"), &["--restart-consumers"]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");

    // When it goes on, then its pods are new, and no newer when it is done again
    rollback(&namespace, &["--continue"]).success();
    let generation = namespace.get("deploy/front")["metadata"]["generation"].clone();
    assert_eq!(generation, 2);
    assert!(pods(&namespace, "app=front").iter().all(|now| now.uid() != pod.uid()));
}

#[test]
fn what_is_held_does_not_keep_the_rest_from_going_back() {
    // Given a CronJob of which all but the suspension was written when the rollback was killed
    let namespace = kept("rollback-killed-held");
    patch(&namespace, "cj/report", r#"{"spec": {"suspend": true, "schedule": "0 1 1 1 *"}}"#);
    namespace.kubectl(["delete", "ingress/web"]).success();
    let before = Look::at(&namespace);
    kill_before(&namespace, Select::nth(2, "create", "ingresses"), &[]);
    assert_eq!(namespace.get("cj/report")["spec"]["schedule"], "0 0 1 1 *");

    rollback(&namespace, &["--abort"]).success();

    let after = Look::at(&namespace);
    expect_same(&before.wanted(), &after.wanted());
    expect_same(&before.owners(), &after.owners());
}

#[test]
fn a_replacement_that_is_deleted_only_comes_back_one_way_or_the_other() {
    for (how, value) in [("--continue", "1"), ("--abort", "2")] {
        // Given a rollback that was killed between the deletion of a sealed ConfigMap and its creation
        let namespace = kept(&format!("rollback-killed{how}"));
        patch(&namespace, "cm/files", r#"{"immutable": true, "data": {"a": "2"}}"#);
        kill_before(&namespace, Select::nth(1, "create", "configmaps"), &["--replace", "cm/files"]);
        namespace.kubectl(["get", "cm/files"]).failure(1);

        rollback(&namespace, &[how]).success();

        assert_eq!(namespace.get("cm/files")["data"]["a"], value);
    }
}

#[test]
fn a_replacement_that_is_deleted_only_stays_stopped() {
    // Given a paused Deployment of another selector, when the rollback was killed after its deletion
    let namespace = kept("rollback-killed-paused");
    other_selector(&namespace);
    patch(&namespace, "deploy/web", r#"{"spec": {"paused": true}}"#);
    kill_before(&namespace, Select::nth(1, "create", "deployments"), &["--replace", "deploy/web"]);
    namespace.kubectl(["get", "deploy/web"]).failure(1);

    let said = rollback(&namespace, &["--continue"]).success().stderr;

    expect_words(&said, &["spec.paused", "--allow deploy/web"]);
    let spec = &namespace.get("deploy/web")["spec"];
    assert_eq!((&spec["selector"]["matchLabels"], &spec["paused"]), (&json!({"app": "web"}), &json!(true)));
}

#[test]
fn a_claim_that_is_made_anew_comes_back_though_it_will_be_empty() {
    // Given a claim that was named to be replaced, when the rollback was killed after its deletion
    let namespace = kept("rollback-killed-claim");
    namespace.kubectl(["delete", "pvc/data-db-0"]).success();
    namespace.apply(
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-0}, spec: {accessModes: \
         [ReadWriteOnce], storageClassName: '', resources: {requests: {storage: 2Gi}}}}",
    );
    let create = Select::nth(1, "create", "persistentvolumeclaims");
    kill_before(&namespace, create, &["--replace", "pvc/data-db-0"]);
    namespace.kubectl(["get", "pvc/data-db-0"]).failure(1);

    let json = rollback(&namespace, &["--continue", "-o", "json"]).success().stdout;

    assert_eq!(item(&told(&json), "persistentvolumeclaim/data-db-0")["action"], "create");
    let size = &namespace.get("pvc/data-db-0")["spec"]["resources"]["requests"]["storage"];
    assert_eq!(*size, json!("1Gi"));
}

#[test]
fn what_is_no_member_any_more_goes_back_to_what_it_was() {
    // Given a ConfigMap that was changed, and that nothing of the bundle refers to any more
    let namespace = kept("rollback-killed-stranger");
    patch(&namespace, "cm/files", r#"{"data": {"a": "2"}}"#);
    let volumes = json!({"spec": {"template": {"spec": {"volumes": [{"name": "files", "emptyDir": {}}]}}}});
    patch(&namespace, "deploy/web", &volumes.to_string());
    let before = Look::at(&namespace);

    // When a rollback that has written it is killed, and put back
    kill_before(&namespace, Select::nth(2, "update", "deployments"), &[]);
    assert_eq!(namespace.get("cm/files")["data"]["a"], "1");
    rollback(&namespace, &["--abort"]).success();
    expect_same(&before.wanted(), &Look::at(&namespace).wanted());

    // and when one comes to its end, and is taken back
    rollback(&namespace, &["1", "--yes"]).success();
    assert_eq!(namespace.get("cm/files")["data"]["a"], "1");
    rollback(&namespace, &["3", "--yes"]).success();
    expect_same(&before.wanted(), &Look::at(&namespace).wanted());
}
