//! The nightly snapshot runs in a pod, as its own ServiceAccount, with the rights it is given and no others.

use harness::search_path;
use scenarios::roles::{ClusterRole, role_of_the_readme};
use scenarios::shop::shop;
use serde_json::{Value, json};

use crate::repository::read;

#[test]
fn a_version_is_recorded_where_something_changed() {
    // Given a bundle, and the CronJob with the minimal rights
    let namespace = shop("nightly", 1);
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    let role = ClusterRole::create(&namespace, &role_of_the_readme("bundle"));
    let manifests = read("docs/bundle-snapshot-cronjob.yaml");
    for text in manifests.split("\n---\n") {
        let mut object: Value = serde_saphyr::from_str(text).expect("kubectl reads YAML");
        match object["kind"].as_str() {
            Some("RoleBinding") => object["roleRef"]["name"] = json!(role.name),
            Some("CronJob") => at_home(&mut object["spec"]["jobTemplate"]["spec"]["template"]["spec"]),
            _ => {}
        }
        namespace.apply(&object.to_string());
    }

    // When something changed, and it is night
    namespace.kubectl(["label", "service", "web", "tier=front"]).success();
    namespace.kubectl(["create", "job", "--from=cronjob/bundle-snapshot", "tonight"]).success();
    namespace.wait("job/tonight", "condition=Complete", 60);

    // Then there is a version more, which says who recorded it and why
    let history = namespace.kubectl(["bundle", "history", "shop", "-o", "json"]).success().stdout;
    let history: Value = serde_json::from_str(&history).expect("-o json prints JSON");
    let versions = history["items"].as_array().expect("a list has items");
    let second = versions.iter().find(|version| version["version"] == "2").expect("version 2 is there");
    assert_eq!(second["message"], "nightly");
    assert_eq!(second["by"], format!("system:serviceaccount:{}:bundle-snapshot", namespace.name()));

    // and none more where nothing changed
    namespace.kubectl(["create", "job", "--from=cronjob/bundle-snapshot", "tomorrow"]).success();
    namespace.wait("job/tomorrow", "condition=Complete", 60);
    let names = namespace.kubectl(["bundle", "history", "shop", "-o", "name"]).success().stdout;
    assert!(!names.lines().any(|name| name == "3"), "{names}");
}

/// What stands in the tests' cluster for an image and for Service `kubernetes`: the machine's own folders with the
/// plugin and the libraries it was built for, and the node's network, where the API server listens.
fn at_home(pod: &mut Value) {
    let plugins = std::env::split_paths(&search_path()).next().expect("the plugins come first");
    let folders = [
        (plugins.to_str().expect("a plain path"), "/plugins"),
        ("/usr", "/usr"),
        ("/lib", "/lib"),
        ("/lib64", "/lib64"),
    ];
    let names = ["plugins", "usr", "lib", "lib64"];
    let each = || names.iter().zip(folders);
    pod["hostNetwork"] = json!(true);
    pod["volumes"] =
        each().map(|(name, (path, _))| json!({"name": name, "hostPath": {"path": path}})).collect();
    let container = &mut pod["containers"][0];
    container["image"] = json!("drover.test/box:1");
    container["volumeMounts"] =
        each().map(|(name, (_, path))| json!({"name": name, "mountPath": path, "readOnly": true})).collect();
    container["env"] = json!([
        {"name": "PATH", "value": "/plugins"},
        {"name": "KUBERNETES_SERVICE_HOST", "value": "127.0.0.1"},
        {"name": "KUBERNETES_SERVICE_PORT", "value": "6443"},
    ]);
}
