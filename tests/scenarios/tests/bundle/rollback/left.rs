//! What is never done unless somebody asks for it by hand: it stays as it is, is named, and comes with the flag.

use harness::{Namespace, workloads};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use scenarios::words::expect_words;
use serde_json::{Value, json};

use super::{item, keep, kept, patch, rollback, told};
use crate::shop::shop;

/// Rolls back to version 1 with more than is wanted here by default; what is told of one object, and to people.
fn rolled_back(namespace: &Namespace, object: &str, arguments: &[&str]) -> (Value, String) {
    let finished = rollback(namespace, &[&["1", "--yes", "-o", "json"], arguments].concat()).success();
    let json = item(&told(&finished.stdout), object).clone();
    (json, finished.stderr)
}

/// What people are told of a rollback that is not done.
fn foreseen(namespace: &Namespace) -> String {
    rollback(namespace, &["1", "--dry-run=client"]).success().stderr
}

#[test]
fn a_rotated_secret_stays() {
    // Given a password that was rotated since, and another change
    let namespace = kept("rollback-secret");
    patch(&namespace, "secret/db", r#"{"stringData": {"password": "rotated"}}"#);
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    let rotated = namespace.get("secret/db");
    expect_words(&foreseen(&namespace), &["leave     secret/db", "to restore it too: --secrets"]);

    // When it is rolled back, then it stays to the last byte
    let (told, _) = rolled_back(&namespace, "secret/db", &[]);
    assert_eq!(
        (&told["action"], &told["reason"], &told["flag"]),
        (&"leave".into(), &"secret".into(), &"--secrets".into())
    );
    assert_eq!(namespace.get("secret/db"), rotated);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");

    // and with the flag it comes back
    let (told, _) = rolled_back(&namespace, "secret/db", &["--secrets"]);
    assert_eq!(told["action"], "update");
    assert_ne!(namespace.get("secret/db")["data"], rotated["data"]);
}

#[test]
fn a_secret_that_is_gone_stays_gone() {
    let namespace = kept("rollback-secret-gone");
    namespace.kubectl(["delete", "secret/registry"]).success();

    let (told, _) = rolled_back(&namespace, "secret/registry", &[]);
    assert_eq!((&told["action"], &told["flag"]), (&"leave".into(), &"--secrets".into()));
    namespace.kubectl(["get", "secret/registry"]).failure(1);

    let (told, _) = rolled_back(&namespace, "secret/registry", &["--secrets"]);
    assert_eq!(told["action"], "create");
    namespace.get("secret/registry");
}

#[test]
fn pods_that_serve_are_not_taken_away() {
    // Given a Deployment that was scaled up since
    let namespace = shop("rollback-replicas");
    namespace.apply(&(workloads::web_deployment("front", 1) + &workloads::service("front", "app: front")));
    namespace.kubectl(["bundle", "create", "svc/front", "--name=shop"]).success();
    patch(&namespace, "deploy/front", r#"{"spec": {"replicas": 2}, "metadata": {"labels": {"team": "a"}}}"#);
    expect_words(
        &foreseen(&namespace),
        &["spec.replicas stays 2 (was 1): pods would go", "to change it too: --allow deploy/front"],
    );

    // When it is rolled back, then all but the number of its pods is
    let (told, _) = rolled_back(&namespace, "deployment.apps/front", &[]);
    let held = &told["held"][0];
    assert_eq!((&held["because"], &held["flag"]), (&"lowersReplicas".into(), &"--allow deploy/front".into()));
    let now = namespace.get("deploy/front");
    assert_eq!((&now["spec"]["replicas"], &now["metadata"]["labels"]), (&json!(2), &Value::Null));

    // and the number too when it is named
    rolled_back(&namespace, "deployment.apps/front", &["--allow", "deploy/front"]);
    assert_eq!(namespace.get("deploy/front")["spec"]["replicas"], 1);

    // but pods come back without being asked for
    namespace.kubectl(["scale", "deploy/front", "--replicas=0"]).success();
    rolled_back(&namespace, "deployment.apps/front", &[]);
    assert_eq!(namespace.get("deploy/front")["spec"]["replicas"], 1);
}

#[test]
fn an_autoscaler_goes_on_deciding() {
    // Given a Deployment that an autoscaler scaled since, and that was changed otherwise too
    let namespace = kept("rollback-autoscaled");
    let scale = r#"{"spec": {"replicas": 1}}"#;
    let as_autoscaler = "--field-manager=kube-controller-manager";
    namespace.kubectl(["patch", "deploy/web", "--subresource=scale", as_autoscaler, "-p", scale]).success();
    patch(&namespace, "deploy/web", r#"{"metadata": {"labels": {"team": "a"}}}"#);

    // When it is rolled back, with all that could be allowed
    let (told, _) =
        rolled_back(&namespace, "deployment.apps/web", &["--allow", "deploy/web", "--wait=false"]);

    assert_eq!(told["action"], "update");
    let now = namespace.get("deploy/web");
    assert_eq!((&now["spec"]["replicas"], &now["metadata"]["labels"]), (&json!(1), &Value::Null));
}

#[test]
fn an_expired_certificate_does_not_come_back() {
    // Given a version with a certificate that is over by now, and its renewal
    let namespace = shop("rollback-certificate");
    namespace.apply(&certificate(2020));
    keep(&namespace);
    namespace.apply(&certificate(2093));
    let renewed = namespace.get("secret/tls")["data"].clone();

    // When it is rolled back with all that could be allowed
    let all = ["--secrets", "--allow", "secret/tls", "--replace", "secret/tls"];
    let (told, _) = rolled_back(&namespace, "secret/tls", &all);

    assert_eq!((&told["action"], &told["reason"]), (&"leave".into(), &"certificateExpired".into()));
    assert_eq!(namespace.get("secret/tls")["data"], renewed);
    let said = rollback(&namespace, &["1", "--secrets", "--dry-run=client"]).success().stderr;
    expect_words(&said, &["secret/tls", "the version's certificate ended at 2020-12-31"]);
}

/// A Secret with a certificate that is good to the end of that year.
fn certificate(year: i32) -> String {
    let mut parameters = CertificateParams::new(["shop.test".to_owned()]).expect("a name");
    parameters.not_before = date_time_ymd(2019, 1, 1);
    parameters.not_after = date_time_ymd(year, 12, 31);
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters.self_signed(&key).expect("a certificate").pem();
    let data = json!({"tls.crt": certificate, "tls.key": key.serialize_pem()});
    let metadata = json!({"name": "tls"});
    json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "stringData": data})
        .to_string()
}

#[test]
fn what_somebody_stopped_stays_stopped() {
    // Given a CronJob that was suspended, and a Deployment that was paused
    let namespace = kept("rollback-stopped");
    patch(&namespace, "cj/report", r#"{"spec": {"suspend": true, "schedule": "0 1 1 1 *"}}"#);
    patch(&namespace, "deploy/web", r#"{"spec": {"paused": true}}"#);
    let said = foreseen(&namespace);
    expect_words(
        &said,
        &["spec.suspend stays true (was false)", "at once; to change it too: --allow cj/report"],
    );
    expect_words(&said, &["leave     deployment.apps/web", "spec.paused stays true", "--allow deploy/web"]);

    // When it is rolled back, then both stay so, and what else changed does not
    rolled_back(&namespace, "cronjob.batch/report", &[]);
    let [job, web] = ["cj/report", "deploy/web"].map(|object| namespace.get(object));
    assert_eq!((&job["spec"]["suspend"], &job["spec"]["schedule"]), (&json!(true), &json!("0 0 1 1 *")));
    assert_eq!(web["spec"]["paused"], true);

    // and they go on when they are named
    rolled_back(&namespace, "cronjob.batch/report", &["--allow", "cj/report", "--allow", "deploy/web"]);
    let [job, web] = ["cj/report", "deploy/web"].map(|object| namespace.get(object));
    assert_eq!(job["spec"]["suspend"], false);
    assert!(web["spec"]["paused"].is_null(), "{web}");
}

#[test]
fn a_job_does_not_run_again() {
    // Given a Job that ran and was cleaned up
    let namespace = shop("rollback-job");
    let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: {suspend: true, template: {spec: \
               {restartPolicy: Never, containers: [{name: a, image: 'drover.test/box:1', command: ['true']}]}}}}";
    namespace.apply(job);
    namespace.kubectl(["bundle", "create", "job/migrate", "svc/web", "--name=shop"]).success();
    namespace.kubectl(["delete", "job/migrate"]).success();
    expect_words(
        &foreseen(&namespace),
        &["it would run again; to create it all the same: --allow job.batch/migrate"],
    );

    let (told, _) = rolled_back(&namespace, "job.batch/migrate", &[]);
    assert_eq!((&told["action"], &told["reason"]), (&"leave".into(), &"runsAgain".into()));
    namespace.kubectl(["get", "job/migrate"]).failure(1);

    rolled_back(&namespace, "job.batch/migrate", &["--allow", "job/migrate"]);
    namespace.get("job/migrate");
}

#[test]
fn what_can_not_be_changed_is_not_deleted() {
    // Given a ConfigMap that was sealed with other data since, and a binding to another role
    let namespace = shop("rollback-immutable");
    keep(&namespace);
    patch(&namespace, "cm/settings", r#"{"immutable": true, "data": {"mode": "slow"}}"#);
    namespace.kubectl(["delete", "rolebinding/reader"]).success();
    let binding = ["create", "rolebinding", "reader", "--clusterrole=view", "--serviceaccount=default:web"];
    namespace.kubectl(binding).success();
    let uids = || {
        ["cm/settings", "rolebinding/reader"].map(|object| namespace.get(object)["metadata"]["uid"].clone())
    };
    let before = uids();
    let said = foreseen(&namespace);
    expect_words(
        &said,
        &["data.mode", "can't be changed; to delete and create it all the same: --replace cm/settings"],
    );
    expect_words(&said, &["roleRef", "--replace rolebinding"]);

    // When it is rolled back, then both stay
    let (told, _) = rolled_back(&namespace, "configmap/settings", &[]);
    assert_eq!((&told["action"], &told["reason"]), (&"leave".into(), &"immutable".into()));
    assert_eq!((uids(), &namespace.get("cm/settings")["data"]["mode"]), (before.clone(), &json!("slow")));

    // and are made anew when they are named
    let both = ["--replace", "cm/settings", "--replace", "rolebinding/reader"];
    let (told, _) = rolled_back(&namespace, "configmap/settings", &both);
    assert_eq!(told["action"], "replace");
    let [map, binding] = ["cm/settings", "rolebinding/reader"].map(|object| namespace.get(object));
    assert_eq!((&map["data"]["mode"], &map["immutable"]), (&json!("fast"), &Value::Null));
    assert_eq!(
        (&binding["roleRef"]["kind"], &binding["subjects"][0]["name"]),
        (&json!("Role"), &json!("web"))
    );
    assert!(uids().iter().zip(&before).all(|(now, before)| now != before));
    let applied = "kubectl.kubernetes.io/last-applied-configuration";
    assert!(map["metadata"]["annotations"][applied].is_string(), "its owner can go on: {map}");
}
