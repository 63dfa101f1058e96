//! 10,000 objects that have nothing to do with what is measured, as a namespace that many share has them.

use std::time::Duration;

use harness::{Namespace, Running};
use serde_json::{Value, json};

pub const PODS: usize = 4000;

/// Of each other kind.
const OTHERS: usize = 1200;

/// More at once does not help: the API server is busy with these.
const CONNECTIONS: usize = 8;

const CREATION: Duration = Duration::from_secs(600);

/// How long the controllers may take to look at all of it.
const SETTLING_SECONDS: u64 = 600;

/// Creates them all.
pub fn create(namespace: &Namespace) {
    let mut shares: [Vec<Value>; CONNECTIONS] = Default::default();
    for (number, object) in all().into_iter().enumerate() {
        shares[number % CONNECTIONS].push(object);
    }
    let running = shares.map(|items| {
        // Validation would fetch the API's whole description first, eight times.
        let create = namespace.command(["create", "--filename=-", "--validate=false", "--output=name"]);
        create
            .input(json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())
            .deadline(CREATION)
            .start()
    });
    for creation in running.map(Running::finish) {
        creation.success();
    }
}

/// Waits until the controllers have looked at every one of them: before that, they would be slow to look at ours.
pub fn settle(namespace: &Namespace) {
    for resource in ["apps/v1/replicasets", "policy/v1/poddisruptionbudgets"] {
        namespace.watch_until(resource, SETTLING_SECONDS, |objects| {
            objects.values().all(|object| object["status"]["observedGeneration"] == 1).then_some(())
        });
    }
    // The controller makes a slice for each Service, with no endpoints, beside ours.
    let slices = "discovery.k8s.io/v1/endpointslices\
                  ?labelSelector=endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io";
    namespace.watch_until(slices, SETTLING_SECONDS, |slices| (slices.len() == OTHERS).then_some(()));
}

fn all() -> Vec<Value> {
    let others = [config_map, service, replica_set, budget, slice];
    let pods = (0..PODS).map(pod);
    pods.chain((0..OTHERS).flat_map(|number| others.map(|other| other(number)))).collect()
}

/// Stays Pending, and costs the node nothing: no scheduler has that name.
fn pod(number: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name(number), "labels": {"stranger": "pod"}},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "none", "image": "drover.test/none"}]},
    })
}

fn config_map(number: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name(number)},
        "data": {"settings": "colour=blue\n"},
    })
}

/// Headless: an address for each is more than the cluster has.
fn service(number: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name(number)},
        "spec": {"clusterIP": "None", "selector": labels(number), "ports": [{"port": 80}]},
    })
}

fn replica_set(number: usize) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name(number), "labels": labels(number)},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels(number)},
            "template": {
                "metadata": {"labels": labels(number)},
                "spec": {"containers": [{"name": "none", "image": "drover.test/none"}]},
            },
        },
    })
}

fn budget(number: usize) -> Value {
    json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name(number)},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(number)}},
    })
}

/// Of a controller that nobody runs, with an address for documentation (RFC 5737).
fn slice(number: usize) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{}-by-hand", name(number)),
            "labels": {
                "kubernetes.io/service-name": name(number),
                "endpointslice.kubernetes.io/managed-by": "stranger.test",
                // kube-proxy leaves it alone.
                "service.kubernetes.io/headless": "",
            },
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [format!("192.0.2.{}", 1 + number % 254)], "conditions": {"ready": true}}],
        "ports": [{"port": 80}],
    })
}

fn name(number: usize) -> String {
    format!("stranger-{number}")
}

/// No pod has these.
fn labels(number: usize) -> Value {
    json!({"stranger": name(number)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_ten_thousand() {
        assert_eq!(all().len(), 10_000);
    }
}
