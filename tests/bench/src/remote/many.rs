//! 50 ConfigMaps of one workload, of which some changed since they were saved.

use harness::Namespace;
use serde_json::{Value, json};

/// The workload, and the bundle.
pub const NAME: &str = "many";

const COUNT: usize = 50;

/// How many of the ConfigMaps change: the first.
pub const CHANGED: usize = 5;

/// Saves them as a bundle, and changes some.
pub fn open(namespace: &Namespace) {
    namespace.apply(&list(&config_maps(NAME)).to_string());
    namespace.apply(&workload(NAME).to_string());
    namespace.kubectl(["bundle", "create", &format!("deploy/{NAME}")]).success();
    change(namespace);
}

/// Changes some of them.
pub fn change(namespace: &Namespace) {
    let mut changed = config_maps(NAME);
    changed.truncate(CHANGED);
    changed.iter_mut().for_each(|map| map["data"]["settings"] = json!("colour=red"));
    namespace.apply(&list(&changed).to_string());
}

/// All ConfigMaps of a workload of that name.
pub fn config_maps(name: &str) -> Vec<Value> {
    let one = |number| {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": format!("{name}-{number}")},
            "data": {"settings": "colour=blue"},
        })
    };
    (0..COUNT).map(one).collect()
}

pub fn list(objects: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": objects})
}

/// Runs no pod: what it refers to is what counts.
pub fn workload(name: &str) -> Value {
    let sources: Vec<_> =
        (0..COUNT).map(|number| json!({"configMapRef": {"name": format!("{name}-{number}")}})).collect();
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": "drover.test/none", "envFrom": sources}]},
            },
        },
    })
}
