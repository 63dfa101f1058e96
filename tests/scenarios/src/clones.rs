//! Clones of rehearsals, as `kubectl lifecycle rehearse` makes them.

use harness::Namespace;
use serde_json::{Value, json};

/// What they are listed by.
pub const SELECTOR: &str = "drover.dev/rehearsal=clone";

/// One that a rehearsal left behind which was killed, with the least that it has.
pub fn left_behind(name: &str) -> String {
    let record = json!({
        "version": 1,
        "origin": {"kind": "Deployment", "name": "web", "uid": "u"},
        "at": "2026-01-01T00:00:00Z",
        "by": "oncall",
    });
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {"drover.dev/rehearsal": "clone"},
            "annotations": {"drover.dev/rehearsal": record.to_string()},
        },
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "web", "image": "drover.test/pause:1"}],
        },
    });
    pod.to_string()
}

/// Those that there are, those on their way out among them.
pub fn clones(namespace: &Namespace) -> Vec<Value> {
    let found = namespace.kubectl(["get", "pods", "-l", SELECTOR, "-o", "json"]).success();
    let list: Value = serde_json::from_str(&found.stdout).expect("`kubectl get -o json` prints JSON");
    list["items"].as_array().expect("a list has items").clone()
}

/// Nothing remains.
pub fn expect_none(namespace: &Namespace) {
    let left = clones(namespace);
    assert!(left.is_empty(), "a clone remains: {left:#?}");
}
