//! A version brought back: all of it or nothing, only what is safe, and proven.

mod claims;
mod cut_off;
mod flags;
mod going_on;
mod kinds;
mod left;
mod look;
mod named;
mod pruning;
mod released;
mod resumed;
mod rights;
mod together;
mod whole;

use harness::{Finished, Namespace, Proxy, Recorded};
use serde_json::Value;

use crate::shop::shop;

/// The shop with the bundle `shop` of most of it, in version 1.
fn kept(test: &str) -> Namespace {
    let namespace = shop(test);
    keep(&namespace);
    namespace
}

/// Keeps the shop as version 1.
fn keep(namespace: &Namespace) {
    namespace.kubectl(["bundle", "create", "svc/web", "sts/db", "cj/report", "--name=shop"]).success();
}

/// Somebody changes an object.
fn patch(namespace: &Namespace, object: &str, patch: &str) {
    namespace.kubectl(["patch", object, "--type=merge", "--field-manager=tester", "-p", patch]).success();
}

/// Somebody makes the shop's Deployment anew for other labels.
fn other_selector(namespace: &Namespace) {
    namespace.kubectl(["delete", "deploy/web"]).success();
    let manifest = crate::shop::manifests();
    let web =
        manifest.split("---").find(|one| one.contains("kind: Deployment, metadata")).expect("it is there");
    namespace.apply(&web.replace("app: web}", "app: web, tier: front}"));
}

/// Rolls the shop back.
fn rollback(namespace: &Namespace, arguments: &[&str]) -> Finished {
    namespace.kubectl([&["bundle", "rollback", "shop"], arguments].concat())
}

/// What `-o json` prints of each object, and of the rollback as a whole.
fn told(stdout: &str) -> Value {
    let list: Value = serde_json::from_str(stdout).expect("`-o json` prints JSON");
    list["items"][0].clone()
}

/// What is told of one object.
fn item<'told>(told: &'told Value, object: &str) -> &'told Value {
    let mut items = told["items"].as_array().expect("a list").iter();
    items.find(|item| item["object"] == object).unwrap_or_else(|| panic!("{object} is not in {told}"))
}

/// `VERB RESOURCE/NAME` of each request that changed an object which is not the bundle's own storage, in order.
fn writes(proxy: &Proxy) -> Vec<String> {
    let requests = proxy.recording().requests;
    // Whether a deletion is a dry run stands in its body, which is not recorded; all of them come before the lock.
    let locked = requests.iter().position(|request| request.resource == "leases").unwrap_or(requests.len());
    let is_write = |(index, request): &(usize, &Recorded)| {
        let name = request.name.as_deref().unwrap_or_default();
        let creates_storage = request.verb == "create" && request.resource == "secrets";
        ["create", "patch", "update", "delete"].contains(&request.verb.as_str())
            && !request.resource.ends_with("reviews")
            && !(request.dry_run || request.verb == "delete" && *index < locked)
            && !(request.resource == "leases" || name.starts_with("drover-bundle-") || creates_storage)
    };
    let told = |(_, request): (usize, &Recorded)| {
        format!("{} {}/{}", request.verb, request.resource, request.name.as_deref().unwrap_or("?"))
    };
    requests.iter().enumerate().filter(is_write).map(told).collect()
}
