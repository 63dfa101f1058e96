//! What is measured, by turns.

use std::fs;
use std::path::Path;

use harness::{Cluster, Namespace};
use serde_json::Value;

use super::Subject;
use super::client::Client;
use super::cost::Cost;
use super::fleet::{self, Fleet};
use super::helm::{Helm, RELEASE};
use super::many;
use super::shop::Shop;

const RUNS: usize = 3;

/// All runs in one namespace: first the recipe with kubectl alone, as a person would do it.
pub struct Runs(pub Vec<(&'static str, Vec<Cost>)>);

impl Runs {
    pub fn of(subject: Subject, plugin: &Path, namespace: Namespace) -> Self {
        let shop = Shop::open(namespace);
        let names: &[_] = match subject {
            Subject::Isolate => &["the recipe", "isolate", "restore"],
            Subject::DebugMode => &["the recipe", "on", "off"],
            Subject::Bundle => &["the recipe", "show"],
            Subject::BundleDiff => &["kubectl diff", "diff"],
            Subject::BundleRollback => &["helm rollback", "rollback"],
            Subject::LifecycleRollout => &["kubectl rollout", "trace"],
        };
        if [Subject::BundleDiff, Subject::BundleRollback].contains(&subject) {
            many::open(&shop.namespace);
        }
        let helm = (subject == Subject::BundleRollback).then(|| Helm::open(&shop.namespace));
        let fleet = (subject == Subject::LifecycleRollout).then(|| Fleet::open(&shop.namespace));
        let mut runs: Vec<_> = names.iter().map(|name| (*name, Vec::new())).collect();
        for _ in 0..RUNS {
            let costs: Vec<_> = match subject {
                Subject::Isolate => isolate(&shop, plugin).into(),
                Subject::DebugMode => debug_mode(&shop, plugin).into(),
                Subject::Bundle => bundle(&shop, plugin).into(),
                Subject::BundleDiff => bundle_diff(&shop, plugin).into(),
                Subject::BundleRollback => {
                    bundle_rollback(&shop, plugin, helm.as_ref().expect("it was opened")).into()
                }
                Subject::LifecycleRollout => {
                    lifecycle_rollout(&shop, plugin, fleet.as_ref().expect("it was opened")).into()
                }
            };
            for ((_, all), cost) in runs.iter_mut().zip(costs) {
                all.push(cost);
            }
        }
        Self(runs)
    }
}

/// Without kubectl in front of it: kubectl becomes the plugin, and what it took before that would count as the plugin's
/// memory.
fn alone(shop: &Shop, plugin: &Path, arguments: &[&str]) -> Cost {
    Client::new(&shop.namespace).measure(plugin, &[arguments])
}

fn isolate(shop: &Shop, plugin: &Path) -> [Cost; 3] {
    let pod = shop.pod_when_in_order();
    let client = Client::new(&shop.namespace);
    client.warm();
    let recipe = client.measure(
        &Cluster::get().kubectl,
        &[
            &["label", "pod", &pod, "pod-template-hash-"],
            &["rollout", "status", "deployment/web", "--timeout=60s"],
            &["label", "pod", &pod, "app-"],
            &["get", "endpointslices", "--selector=kubernetes.io/service-name=web", "--output=yaml"],
        ],
    );
    shop.namespace.kubectl(["delete", "pod", &pod]).success();
    let pod = shop.pod_when_in_order();
    let isolated = alone(shop, plugin, &[&pod]);
    [recipe, isolated, alone(shop, plugin, &["restore", &pod, "--drain=1s"])]
}

/// The recipe is `kubectl get --output=json`, an editor, `kubectl replace`, and waiting for the rollout.
fn debug_mode(shop: &Shop, plugin: &Path) -> [Cost; 3] {
    shop.pod_when_in_order();
    let mut deployment: Value = shop.namespace.get("deployment/web");
    // Without its version: status moves on while somebody edits.
    deployment["metadata"].as_object_mut().expect("an object has metadata").remove("resourceVersion");
    let before = deployment.to_string();
    for container in deployment["spec"]["template"]["spec"]["containers"].as_array_mut().into_iter().flatten()
    {
        container.as_object_mut().expect("a container is an object").remove("readinessProbe");
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let edited = folder.path().join("edited.json");
    fs::write(&edited, deployment.to_string()).expect("a file can be written in a new temporary folder");
    let edited = edited.to_str().expect("a temporary folder's name is text");
    let client = Client::new(&shop.namespace);
    client.warm();
    let recipe = client.measure(
        &Cluster::get().kubectl,
        &[
            &["get", "deployment/web", "--output=json"],
            &["replace", "--filename", edited],
            &["rollout", "status", "deployment/web", "--timeout=60s"],
        ],
    );
    shop.namespace.command(["replace", "--filename=-"]).input(before).run().success();
    shop.pod_when_in_order();
    let on = alone(shop, plugin, &["on", "deploy/web"]);
    [recipe, on, alone(shop, plugin, &["off", "deploy/web"])]
}

/// The recipe lists every kind of the namespace that can be listed.
fn bundle(shop: &Shop, plugin: &Path) -> [Cost; 2] {
    let client = Client::new(&shop.namespace);
    client.warm();
    let resources = ["api-resources", "--verbs=list", "--namespaced", "--output=name"];
    let kinds = shop.namespace.kubectl(resources).success().stdout.lines().collect::<Vec<_>>().join(",");
    let recipe = client.measure(&Cluster::get().kubectl, &[&["get", &kinds, "--ignore-not-found"]]);
    [recipe, alone(shop, plugin, &["show", "svc/web"])]
}

/// The recipe compares the same ConfigMaps, from a file.
fn bundle_diff(shop: &Shop, plugin: &Path) -> [Cost; 2] {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let file = folder.path().join("many.json");
    fs::write(&file, many::list(&many::config_maps(many::NAME)).to_string())
        .expect("a file can be written in a new temporary folder");
    let file = file.to_str().expect("a temporary folder's name is text");
    let client = Client::new(&shop.namespace);
    client.warm();
    let recipe = client.measure(&Cluster::get().kubectl, &[&["diff", "--filename", file]]);
    [recipe, alone(shop, plugin, &["diff", many::NAME])]
}

/// The recipe is Helm, with a release of the same objects.
fn bundle_rollback(shop: &Shop, plugin: &Path, helm: &Helm) -> [Cost; 2] {
    helm.change(&shop.namespace);
    many::change(&shop.namespace);
    let client = Client::new(&shop.namespace);
    client.warm();
    let recipe = client.measure(helm.program, &[&["rollback", RELEASE, "1"]]);
    [recipe, alone(shop, plugin, &["rollback", many::NAME, "1", "--yes"])]
}

/// The recipe is `kubectl rollout restart`, and `kubectl rollout status`.
fn lifecycle_rollout(shop: &Shop, plugin: &Path, fleet: &Fleet) -> [Cost; 2] {
    let workload = format!("deployment/{}", fleet::NAME);
    let client = Client::new(&shop.namespace);
    client.warm();
    let recipe = fleet.while_replaced(|| {
        client.measure(
            &Cluster::get().kubectl,
            &[&["rollout", "restart", &workload], &["rollout", "status", &workload, "--timeout=120s"]],
        )
    });
    let trace = ["trace", &workload, "--restart", "--timeout=120s"];
    [recipe, fleet.while_replaced(|| alone(shop, plugin, &trace))]
}
