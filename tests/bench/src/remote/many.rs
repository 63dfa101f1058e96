//! 50 ConfigMaps of one workload, of which some changed since they were saved as a bundle.

use harness::Namespace;
use serde_json::{Value, json};

const COUNT: usize = 50;

const CHANGED: usize = 5;

pub fn open(namespace: &Namespace) {
    namespace.apply(&config_maps().to_string());
    namespace.apply(&workload().to_string());
    namespace.kubectl(["bundle", "create", "deploy/many"]).success();
    for number in 0..CHANGED {
        let object = format!("configmap/{}", name(number));
        namespace.kubectl(["patch", &object, "--patch", r#"{"data": {"settings": "colour=red"}}"#]).success();
    }
}

pub fn config_maps() -> Value {
    let one = |number| {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name(number)},
            "data": {"settings": "colour=blue"},
        })
    };
    json!({"apiVersion": "v1", "kind": "List", "items": (0..COUNT).map(one).collect::<Vec<_>>()})
}

/// Runs no pod: what it refers to is what counts.
fn workload() -> Value {
    let sources: Vec<_> = (0..COUNT).map(|number| json!({"configMapRef": {"name": name(number)}})).collect();
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "many"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "many"}},
            "template": {
                "metadata": {"labels": {"app": "many"}},
                "spec": {"containers": [{"name": "many", "image": "drover.test/none", "envFrom": sources}]},
            },
        },
    })
}

fn name(number: usize) -> String {
    format!("many-{number}")
}
