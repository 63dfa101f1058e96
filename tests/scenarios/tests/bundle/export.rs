//! Manifests of what is there, or was.

use std::fs;

use harness::Namespace;
use scenarios::words::{expect_words, refused};
use serde_json::{Value, json};

use crate::shop::{PASSWORD, shop};

/// Texts that YAML would take for something else.
fn odd_texts() -> Value {
    json!({"a": "yes", "b": "1e3", "c": "line\nline\n", "d": "  lead\ttab\n\n\n", "e": "null", "f": "x: y # c",
           "g": "", "h": "012", "i": "\r\n", "j": "---\n...\n", "k": "trailing  \n ", "l": "é日本\u{7}", "m": "- a"})
}

#[test]
fn applying_them_changes_nothing() {
    // Given a saved shop with odd texts, a Service with a port of its own choice and one without
    let namespace = shop("bundle-export");
    for object in [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd"}, "data": odd_texts()}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "open"},
               "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}]}}),
    ] {
        namespace.apply(&object.to_string());
    }
    let create = ["bundle", "create", "svc/web", "sts/db", "cj/report", "--name", "shop"];
    namespace.kubectl(create).success();
    namespace.kubectl(["bundle", "add", "shop", "cm/odd"]).success();

    // When it is exported, with its Secrets
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let path = folder.path().join("shop");
    let path = path.to_str().expect("its name is text");
    namespace.kubectl(["bundle", "export", "shop", path, "--secrets"]).success();

    // Then applying it would change nothing but who applied what
    let apply = ["apply", "--server-side", "--dry-run=server", "--output=json", "--kustomize", path];
    let applied: Value =
        serde_json::from_str(&namespace.kubectl(apply).success().stdout).expect("`-o json` prints JSON");
    let applied = applied["items"].as_array().expect("several objects");
    assert_eq!(applied.len(), 19, "all members, and no other object");
    for object in applied {
        let name = format!(
            "{}/{}",
            object["kind"].as_str().expect("a kind"),
            object["metadata"]["name"].as_str().expect("a name")
        );
        assert_eq!(decided(object), decided(&namespace.get(&name)), "{name}");
    }
    let service = fs::read_to_string(format!("{path}/service-open.yaml")).expect("a file for each object");
    assert!(!service.contains("nodePort") && !service.contains("clusterIP"), "{service}");
}

/// All but what the server, and kubectl for itself, notes.
fn decided(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().expect("an object").remove("status");
    let metadata = object["metadata"].as_object_mut().expect("it has metadata");
    metadata.retain(|key, _| ["name", "namespace", "labels", "finalizers"].contains(&key.as_str()));
    object
}

#[test]
fn a_version_is_written_as_it_was() {
    // Given a shop that changed since it was saved
    let namespace = saved("bundle-export-version");
    namespace.kubectl(["patch", "cm/settings", "-p", r#"{"data": {"mode": "slow"}}"#]).success();

    // When its first version is written to stdout
    let finished = namespace.kubectl(["bundle", "export", "shop@1", "-"]).success();

    // Then that is what it was, without Secrets
    expect_words(&finished.stdout, &["mode: fast"]);
    expect_words(&finished.stderr, &["2 Secrets left out"]);
    assert!(!finished.stdout.contains("kind: Secret") && !finished.stdout.contains("managedFields"));
    let (out, err) = (finished.stdout, finished.stderr);
    assert!(![out, err].concat().contains(PASSWORD));
}

#[test]
fn what_is_there_is_not_overwritten_unasked() {
    let namespace = saved("bundle-export-folder");
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    fs::write(folder.path().join("mine"), "").expect("a file can be written there");
    let path = folder.path().to_str().expect("its name is text");
    let export = ["bundle", "export", "shop", path];

    expect_words(&refused(namespace.kubectl(export)), &["the folder is not empty", "--force"]);
    namespace.kubectl([&export[..], &["--force"]].concat()).success();
    assert!(folder.path().join("mine").exists());
}

fn saved(test: &str) -> Namespace {
    let namespace = shop(test);
    namespace.kubectl(["bundle", "create", "svc/web", "--name", "shop"]).success();
    namespace
}
