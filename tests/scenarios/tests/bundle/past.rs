//! A bundle knows from its first moment what the cluster still knows of the past.

use harness::{Namespace, Proxy};
use scenarios::words::expect_words;

use crate::shop::{PASSWORD, shop};
use crate::versions::{history, items, stored};

#[test]
fn create_records_what_is_and_what_was() {
    // Given a Deployment that was rolled out three times, and a StatefulSet twice
    let namespace = shop("bundle-past");
    let first = "kubernetes.io/change-cause=first";
    namespace.kubectl(["annotate", "deployment", "web", first]).success();
    wait_for_revision(&namespace, "replicasets", "web", "first");
    for cause in ["second", "third"] {
        roll_out(&namespace, "deployment", "web", cause);
        wait_for_revision(&namespace, "replicasets", "web", cause);
    }
    wait_for_revision(&namespace, "controllerrevisions", "db", "");
    roll_out(&namespace, "statefulset", "db", "two disks");
    wait_for_revision(&namespace, "controllerrevisions", "db", "two disks");

    // When a bundle is made of them
    let create = ["bundle", "create", "svc/web", "sts/db", "--name=shop", "-m", "as it was handed over"];
    let said = namespace.kubectl(create).success().stdout;

    // Then its history begins with what they were, in their own words
    expect_words(&said, &["bundle.drover.dev/shop created, version 1", "and 3 versions of the past"]);
    let proxy = Proxy::start();
    let told = namespace.through(&proxy).kubectl(["bundle", "history", "shop", "-o", "json"]).success();
    let told: Vec<_> = items(&told.stdout)
        .iter()
        .map(|item| {
            let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}: {}", text("version"), text("origin"), item["objects"], text("message"))
        })
        .collect();
    let mut past = told[..3].to_vec();
    past.sort();
    assert_eq!(past, ["db@1 partial 1: ", "web@1 partial 1: first", "web@2 partial 1: second"]);
    assert!(told[3].starts_with("1 recorded ") && told[3].ends_with(": as it was handed over"), "{told:?}");

    // read in one list and one ConfigMap, and nothing of what the Secrets hold
    let asked = proxy.recording().requests;
    let mut asked: Vec<_> = asked.iter().map(|one| format!("{} {}", one.verb, one.resource)).collect();
    asked.sort();
    assert_eq!(asked, ["get configmaps", "list secrets"]);

    // and each is what it says
    let versions = stored(&namespace).versions();
    let at = |version: &str, object: &str| {
        let body = &versions[version].objects[object];
        body["spec"]["template"]["spec"]["containers"][0]["env"].to_string()
    };
    assert!(!at("web@1", "deployments/web").contains("CAUSE"));
    assert!(at("web@2", "deployments/web").contains(r#""value":"second""#));
    assert_eq!(at("db@1", "statefulsets/db"), "null");
    assert!(at("1", "deployments/web").contains(r#""value":"third""#));
    assert_eq!(versions["1"].objects["secrets/db"]["kind"], "Secret");
    for machinery in ["serviceaccounts/default", "replicasets/web"] {
        assert!(!versions["1"].objects.contains_key(machinery));
    }
}

#[test]
fn create_goes_on_after_a_kill_and_refuses_a_name_that_is_taken() {
    // Given a bundle whose first version was never written
    let namespace = shop("bundle-create-again");
    let create = ["bundle", "create", "svc/web", "--name=shop"];
    let proxy = Proxy::start();
    proxy.break_request(harness::Select::nth(1, "create", "secrets"), harness::Fault::Status(403));
    let said = namespace.through(&proxy).kubectl(create).failure(1).stderr;
    expect_words(&said, &["bundle/shop", "go on with:  kubectl bundle create svc/web --name shop"]);
    assert_eq!(history(&namespace), [""; 0]);

    // When it is created once more, then it is whole
    namespace.kubectl(create).success();
    assert_eq!(stored(&namespace).names(), ["1"]);

    // and after that, the name is taken
    let said = namespace.kubectl(create).failure(1).stderr;
    expect_words(&said, &["bundle/shop exists already", "kubectl bundle snapshot shop", "--name"]);
    assert!(!said.contains(PASSWORD));
}

fn roll_out(namespace: &Namespace, kind: &str, name: &str, cause: &str) {
    let environment = format!(r#"[{{"name": "CAUSE", "value": "{cause}"}}]"#);
    let patch = format!(
        r#"{{"metadata": {{"annotations": {{"kubernetes.io/change-cause": "{cause}"}}}}, "spec": {{"template":
        {{"spec": {{"containers": [{{"name": "{name}", "env": {environment}}}]}}}}}}}}"#
    );
    namespace.kubectl(["patch", kind, name, "--patch", &patch]).success();
}

/// Waits until the controller of a workload has taken note of it as it is.
fn wait_for_revision(namespace: &Namespace, revisions: &str, workload: &str, cause: &str) {
    namespace.watch_until(&format!("apps/v1/{revisions}"), 60, |revisions| {
        let mut of_workload = revisions.values().map(|revision| &revision["metadata"]);
        let is_it = |metadata: &serde_json::Value| {
            let words = metadata["annotations"]["kubernetes.io/change-cause"].as_str().unwrap_or_default();
            metadata["ownerReferences"][0]["name"] == workload && words == cause
        };
        of_workload.any(is_it).then_some(())
    });
}
