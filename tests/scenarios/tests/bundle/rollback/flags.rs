//! What is asked for, what is asked back, and what is told without doing anything.

use harness::{Namespace, Proxy, workloads};
use scenarios::pods::pods;
use scenarios::words::{expect_words, refused};
use serde_json::json;

use super::{item, kept, patch, rollback, told, writes};
use crate::shop::{PASSWORD, shop};
use crate::versions::history;

/// `aHVudGVyMi1jb3JyZWN0LWhvcnNl` is the password as it stands in a Secret's data, and the other one too.
const VALUES: [&str; 4] = [PASSWORD, "aHVudGVyMi1jb3JyZWN0LWhvcnNl", "s3cret-staple", "czNjcmV0LXN0YXBsZQ"];

fn changed(test: &str) -> Namespace {
    let namespace = kept(test);
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    patch(&namespace, "cm/files", r#"{"data": {"b": "2"}}"#);
    patch(&namespace, "secret/db", r#"{"stringData": {"password": "s3cret-staple"}}"#);
    namespace
}

#[test]
fn without_a_version_the_history_is_shown() {
    let namespace = changed("rollback-history");

    let finished = rollback(&namespace, &[]).failure(1);

    expect_words(&finished.stdout, &["VERSION", "1 "]);
    expect_words(&finished.stderr, &["give the version to roll back to", "kubectl bundle diff shop VERSION"]);
    let said = refused(rollback(&namespace, &["7", "--yes"]));
    expect_words(&said, &["bundle/shop has no version \"7\"", "there are: 1"]);
    for wrong in [&["1", "--continue"][..], &["--continue", "--abort"], &["--continue", "--secrets"]] {
        refused(rollback(&namespace, wrong));
    }
    let said = refused(rollback(&namespace, &["--continue"]));
    expect_words(&said, &["no rollback is unfinished"]);
}

#[test]
fn where_nobody_can_answer_it_takes_yes() {
    let namespace = changed("rollback-asks");
    let proxy = Proxy::start();

    let finished = namespace.through(&proxy).kubectl(["bundle", "rollback", "shop", "1"]).failure(1);

    assert_eq!(finished.stdout, "");
    expect_words(&finished.stderr, &["to version 1?", "kept as version 2 first", "--yes"]);
    assert_eq!(writes(&proxy), [""; 0]);
    assert_eq!(history(&namespace), ["1"]);
}

#[test]
fn a_dry_run_tells_the_plan_and_writes_nothing() {
    let namespace = changed("rollback-dry-run");
    for mode in ["--dry-run=client", "--dry-run=server"] {
        let proxy = Proxy::start();
        let command = ["bundle", "rollback", "shop", "1", "--secrets", mode];

        let finished = namespace.through(&proxy).kubectl(command).success();
        expect_words(&finished.stdout, &["rolled back to version 1", "dry run"]);
        expect_words(&finished.stderr, &["update    configmap/files", "update    secret/db"]);
        let json = namespace.through(&proxy).kubectl([&command[..], &["-o", "json"]].concat()).success();

        let told = told(&json.stdout);
        assert_eq!((&told["to"], &told["written"], &told["undo"]), (&json!("1"), &json!(0), &json!(null)));
        let settings = item(&told, "configmap/settings");
        let change = &settings["changes"][0];
        assert_eq!((&settings["action"], &settings["state"]), (&json!("update"), &json!("changed")));
        assert_eq!(
            (&change["path"], &change["before"], &change["after"]),
            (&json!("data.mode"), &json!("slow"), &json!("fast"))
        );
        assert_eq!(writes(&proxy), [""; 0]);
        assert_eq!(history(&namespace), ["1"]);
        namespace.kubectl(["get", "lease/drover-bundle-shop"]).failure(1);
        for output in [&finished.stdout, &finished.stderr, &json.stdout, &json.stderr] {
            for value in VALUES {
                assert!(!output.contains(value), "no value of a Secret is shown: {output}");
            }
        }
    }
}

#[test]
fn no_value_of_a_secret_is_told() {
    let namespace = changed("rollback-values");

    for form in [&["-o", "json"][..], &["-o", "yaml"], &["-o", "name"], &[]] {
        for version in ["1", "2"] {
            let arguments = [&[version, "--secrets", "--yes"], form].concat();
            let finished = rollback(&namespace, &arguments).success();
            for value in VALUES {
                let is_shown =
                    [&finished.stdout, &finished.stderr].iter().any(|output| output.contains(value));
                assert!(!is_shown, "no value of a Secret is shown: {}{}", finished.stdout, finished.stderr);
            }
        }
    }
    // Nor by what a rollback leaves in the bundle's own ConfigMap and Lease.
    let kept = namespace.kubectl(["get", "configmap/drover-bundle-shop", "-o", "yaml"]).success().stdout;
    assert!(VALUES.iter().all(|value| !kept.contains(value)), "{kept}");
}

#[test]
fn it_can_be_about_some_objects() {
    let namespace = changed("rollback-only");

    let finished = rollback(&namespace, &["1", "--yes", "--only", "cm/files"]).success();
    let values = || {
        let [settings, files] =
            ["cm/settings", "cm/files"].map(|object| namespace.get(object)["data"].clone());
        (settings["mode"].clone(), files["b"].clone())
    };
    assert_eq!(values(), (json!("slow"), json!(null)));
    expect_words(&finished.stderr, &["leave     2 objects", "not asked for"]);

    patch(&namespace, "cm/files", r#"{"data": {"b": "2"}}"#);
    rollback(&namespace, &["1", "--yes", "--except", "cm/files"]).success();
    assert_eq!(values(), (json!("fast"), json!("2")));
}

#[test]
fn consumers_are_restarted_when_asked_for() {
    // Given a Deployment that has read a ConfigMap which changed since
    let namespace = shop("rollback-consumers");
    let load = "      - name: web\n        envFrom: [{configMapRef: {name: settings}}]\n";
    let front = workloads::web_deployment("front", 1).replace("      - name: web\n", load);
    namespace.apply(&(front + &workloads::service("front", "app: front")));
    namespace.wait("deployment/front", "condition=Available", 60);
    namespace.kubectl(["bundle", "create", "svc/front", "--name=shop"]).success();
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    namespace.kubectl(["rollout", "restart", "deploy/front"]).success();
    namespace.kubectl(["rollout", "status", "deploy/front"]).success();
    let before = pods(&namespace, "app=front").remove(0);

    // When it is rolled back so, then its pods are new, and have the value
    let json = rollback(&namespace, &["1", "--yes", "--restart-consumers", "-o", "json"]).success().stdout;
    let told = told(&json);
    let front = item(&told, "deployment.apps/front");
    assert_eq!(front["action"], "update");
    assert!(front["consequences"].to_string().contains("restartsToLoad"), "{front}");
    assert_eq!(told["proven"], told["of"]);
    let after = pods(&namespace, "app=front").into_iter().find(|pod| pod.uid() != before.uid());
    let after = after.expect("its pods are new");
    let mode = ["exec", after.name(), "--", "sh", "-c", "echo $mode"];
    assert_eq!(namespace.kubectl(mode).success().stdout, "fast\n");
}

#[test]
fn images_that_can_not_be_pinned_are_named() {
    // Given a Deployment whose image was never pulled from anywhere
    let namespace = Namespace::new("rollback-pin");
    namespace.apply(&(workloads::web_deployment("front", 1) + &workloads::service("front", "app: front")));
    namespace.wait("deployment/front", "condition=Available", 60);
    namespace.kubectl(["bundle", "create", "svc/front", "--name=shop"]).success();
    patch(&namespace, "deploy/front", r#"{"metadata": {"labels": {"team": "a"}}}"#);

    // What runs as it ran is not replaced for it
    let uid = pods(&namespace, "app=front")[0].uid().to_owned();
    rollback(&namespace, &["1", "--pin-images", "--yes"]).success();
    assert_eq!(pods(&namespace, "app=front")[0].uid(), uid);

    // and where pods are replaced anyway, it is said that the tag decides what they run
    namespace.kubectl(["set", "env", "deploy/front", "A=1"]).success();
    let said = rollback(&namespace, &["1", "--pin-images", "--dry-run=client"]).success().stderr;
    expect_words(
        &said,
        &["1 pod is replaced", "web's image can't be pinned: what ran came from no registry"],
    );
}
