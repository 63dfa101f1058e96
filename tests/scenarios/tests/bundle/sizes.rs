//! What is large, and what is many.

use std::fs::{self, File};
use std::io::Read;
use std::time::Instant;

use harness::{Namespace, Proxy, StoredBundle};
use scenarios::words::expect_words;
use serde_json::{Value, json};

use crate::versions::{bundled, history, stored};

/// What a Secret may hold is 1 MiB; kept compressed, some of it must lie elsewhere.
const LARGEST: usize = 900 << 10;

/// A Deployment of no pods with the environment of these objects.
fn deployment(sources: &[Value]) -> Value {
    let container = json!({"name": "web", "image": "drover.test/box:1", "envFrom": sources});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]},
        }},
    })
}

#[test]
fn objects_as_large_as_they_may_be_are_kept() {
    // Given a Secret and a ConfigMap close to their limit, of what can't be compressed
    let namespace = Namespace::new("bundle-large");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("noise");
    let mut noise = vec![0; (1 << 20) - 100];
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut noise)).expect("noise");
    fs::write(&file, &noise).expect("a file can be written");
    let from = format!("--from-file=noise={}", file.display());
    namespace.kubectl(["create", "secret", "generic", "large", &from]).success();
    namespace.kubectl(["create", "configmap", "large", &from]).success();
    let sources = [json!({"secretRef": {"name": "large"}}), json!({"configMapRef": {"name": "large"}})];
    namespace.apply(&deployment(&sources).to_string());

    // When a bundle is made of them, and both come to another version
    namespace.kubectl(["bundle", "create", "deploy/web", "--name=shop"]).success();
    namespace.kubectl(["annotate", "secret/large", "configmap/large", "a=b"]).success();
    namespace.kubectl(["bundle", "snapshot", "shop"]).success();

    // Then all of it is there, in parts that a Secret can hold
    let stored = stored(&namespace);
    let versions = stored.versions();
    for version in ["1", "2"] {
        let objects = &versions[version].objects;
        assert_eq!(objects["secrets/large"]["data"], namespace.get("secret/large")["data"]);
        assert_eq!(objects["configmaps/large"]["binaryData"], namespace.get("configmap/large")["binaryData"]);
    }
    assert!(stored.chunks.values().all(|chunk| chunk.len() <= LARGEST));
    let unchanged = namespace.kubectl(["bundle", "snapshot", "shop"]).success().stdout;
    expect_words(&unchanged, &["unchanged since version 2"]);
}

#[test]
fn five_hundred_members_are_kept() {
    let namespace = Namespace::new("bundle-many-members");
    let name = |number: usize| format!("settings-{number}");
    let maps: Vec<_> = (0..500)
        .map(|number| {
            let metadata = json!({"name": name(number)});
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b".repeat(2_000)}})
        })
        .collect();
    create(&namespace, maps);
    let sources: Vec<_> = (0..500).map(|number| json!({"configMapRef": {"name": name(number)}})).collect();
    namespace.apply(&deployment(&sources).to_string());

    let started = Instant::now();
    let said = namespace.kubectl(["bundle", "create", "deploy/web", "--name=shop"]).success().stdout;
    println!("created in {:?}", started.elapsed());
    expect_words(&said, &["501 objects"]);
    namespace.kubectl(["patch", "configmap", &name(7), "--patch", r#"{"data": {"a": "c"}}"#]).success();
    let proxy = Proxy::start();
    let started = Instant::now();
    namespace.through(&proxy).kubectl(["bundle", "snapshot", "shop"]).success();
    println!("recorded in {:?}", started.elapsed());

    let stored = stored(&namespace);
    assert_eq!(stored.versions()["2"].objects.len(), 501);
    // What did not change is shared.
    let requests = proxy.recording().requests;
    let is_creation = |verb: &str, resource: &str| verb == "create" && resource == "secrets";
    let created = requests.iter().filter(|one| is_creation(&one.verb, &one.resource)).count();
    assert_eq!((created, stored.chunks.len()), (2, 3), "a chunk and the index");
}

#[test]
fn two_hundred_versions_are_listed_and_pruned() {
    // Given a bundle of 200 versions, each a copy of the first under another number
    let namespace = bundled("bundle-many-versions");
    let first = namespace.get("secret/drover-bundle-shop-v1");
    let copies: Vec<_> = (2..=200)
        .map(|number| {
            let mut copy = first.clone();
            let metadata = &mut copy["metadata"];
            let summary = metadata["annotations"]["drover.dev/bundle-version"].as_str().expect("text");
            let mut summary: Value = serde_json::from_str(summary).expect("JSON");
            summary["version"] = json!(number.to_string());
            metadata["annotations"]["drover.dev/bundle-version"] = json!(summary.to_string());
            metadata["name"] = json!(format!("drover-bundle-shop-v{number}"));
            let metadata = metadata.as_object_mut().expect("an object");
            metadata.retain(|key, _| ["name", "labels", "annotations"].contains(&key.as_str()));
            copy
        })
        .collect();
    create(&namespace, copies);

    let started = Instant::now();
    assert_eq!(history(&namespace).len(), 200);
    println!("listed in {:?}", started.elapsed());
    let started = Instant::now();
    namespace.kubectl(["bundle", "prune", "shop", "--keep=3"]).success();
    println!("pruned in {:?}", started.elapsed());
    assert_eq!(history(&namespace), ["198", "199", "200"]);
    assert_eq!(StoredBundle::read(&namespace, "shop").names().len(), 3);
}

fn create(namespace: &Namespace, objects: Vec<Value>) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    namespace.command(["create", "--filename=-"]).input(list.to_string()).run().success();
}
