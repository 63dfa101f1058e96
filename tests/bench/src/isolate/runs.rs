//! The three things that are measured, by turns.

use std::path::Path;

use harness::{Cluster, Namespace};

use super::client::Client;
use super::cost::Cost;
use super::shop::Shop;

const RUNS: usize = 3;

/// All runs in one namespace.
#[derive(Default)]
pub struct Runs {
    /// With kubectl alone, as a person would do it.
    pub recipe: Vec<Cost>,
    pub isolate: Vec<Cost>,
    pub restore: Vec<Cost>,
}

impl Runs {
    pub fn of(plugin: &Path, namespace: Namespace) -> Self {
        let shop = Shop::open(namespace);
        let mut runs = Self::default();
        for _ in 0..RUNS {
            runs.recipe.push(recipe(&shop));
            let pod = shop.pod_when_in_order();
            // Without kubectl in front of it: kubectl becomes the plugin, and what it took before that would count as
            // the plugin's memory.
            runs.isolate.push(Client::new(&shop.namespace).measure(plugin, &[&[&pod]]));
            let restore: &[&str] = &["restore", &pod, "--drain=1s"];
            runs.restore.push(Client::new(&shop.namespace).measure(plugin, &[restore]));
        }
        runs
    }
}

fn recipe(shop: &Shop) -> Cost {
    let pod = shop.pod_when_in_order();
    let client = Client::new(&shop.namespace);
    client.warm();
    let cost = client.measure(
        &Cluster::get().kubectl,
        &[
            &["label", "pod", &pod, "pod-template-hash-"],
            &["rollout", "status", "deployment/web", "--timeout=60s"],
            &["label", "pod", &pod, "app-"],
            &["get", "endpointslices", "--selector=kubernetes.io/service-name=web", "--output=yaml"],
        ],
    );
    shop.namespace.kubectl(["delete", "pod", &pod]).success();
    cost
}
