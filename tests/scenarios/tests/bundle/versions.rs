//! What the stories of versions are told with.

use harness::{Namespace, Proxy, StoredBundle};
use serde_json::Value;

use crate::shop::shop;

/// The shop with the bundle `shop` of it, in version 1.
pub fn bundled(test: &str) -> Namespace {
    let namespace = shop(test);
    namespace.kubectl(["bundle", "create", "svc/web", "--name=shop"]).success();
    namespace
}

/// Records a version after a change that each number makes another one.
pub fn record(namespace: &Namespace, number: usize) {
    change(namespace, number);
    let said = namespace.kubectl(["bundle", "snapshot", "shop"]).success().stdout;
    assert!(said.contains(&format!("version {number} recorded")), "{said}");
}

/// Changes one member of the shop.
pub fn change(namespace: &Namespace, number: usize) {
    let patch = format!(r#"{{"data": {{"mode": "{number}"}}}}"#);
    namespace.kubectl(["patch", "configmap", "settings", "--type=merge", "--patch", &patch]).success();
}

pub fn stored(namespace: &Namespace) -> StoredBundle {
    StoredBundle::read(namespace, "shop")
}

/// The names of a history, in its order.
pub fn history(namespace: &Namespace) -> Vec<String> {
    let told = namespace.kubectl(["bundle", "history", "shop", "-o", "name"]).success().stdout;
    told.lines().map(str::to_owned).collect()
}

/// What `-o json` prints.
pub fn items(stdout: &str) -> Vec<Value> {
    let list: Value = serde_json::from_str(stdout).expect("`-o json` prints JSON");
    list["items"].as_array().expect("a list").clone()
}

/// `VERB RESOURCE` of each request that changed something.
pub fn writes(proxy: &Proxy) -> Vec<String> {
    let requests = proxy.recording().requests;
    let writes = requests.iter().filter(|request| {
        let asks = request.resource.ends_with("reviews") || request.dry_run;
        ["create", "patch", "update", "delete"].contains(&request.verb.as_str()) && !asks
    });
    writes.map(|request| format!("{} {}", request.verb, request.resource)).collect()
}
