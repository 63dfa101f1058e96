//! Workloads that don't come up, each behind Service `api`.

use harness::{Namespace, workloads};
use scenarios::pods::{Pod, pods};

/// A container that runs until it is told to stop, and then ends at once.
pub const RUNS: &str = "command: [sh, -c, \"trap 'exit 0' TERM; sleep 3600 & wait\"]";

/// A container that ends by itself.
pub const EXITS: &str = "command: [/bin/sh, -c, 'echo cannot open /etc/app/config >&2; exit 3']";

/// A liveness probe that kills its container after a second.
pub const KILLED: &str = "livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}";

/// A container `app` with these fields, as an item of a list in flow style.
pub fn app(fields: &str) -> String {
    format!("{{name: app, image: drover.test/box:1, {fields}}}")
}

/// Pods with these containers; deleted, they end within a second whatever they do.
pub fn spec(containers: &str) -> String {
    format!("terminationGracePeriodSeconds: 1, containers: [{containers}]")
}

/// Deployment `api` with more in its own spec, such as `strategy: {type: Recreate}`.
pub fn deployment(replicas: u32, pod_spec: &str, more: &str) -> String {
    workload("Deployment", &format!("replicas: {replicas}, {more}"), pod_spec)
}

/// A workload `api` of that kind, in flow style so that it can be composed.
pub fn workload(kind: &str, fields: &str, pod_spec: &str) -> String {
    let fields =
        if fields.is_empty() { String::new() } else { format!("{}, ", fields.trim_end_matches(", ")) };
    format!(
        "---\n{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: api}}, spec: {{{fields}\
         selector: {{matchLabels: {{app: api}}}}, \
         template: {{metadata: {{labels: {{app: api}}}}, spec: {{{pod_spec}}}}}}}}}\n"
    )
}

/// A namespace with this workload, crash-looping behind Service `api`.
pub fn crashing(test: &str, manifest: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&(manifest.to_owned() + &workloads::service("api", "app: api")));
    crashed(&namespace);
    namespace
}

/// A namespace with this workload, that many pods of which run behind Service `api`.
pub fn running(test: &str, manifest: &str, pods: usize) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&(manifest.to_owned() + &workloads::service("api", "app: api")));
    ready(&namespace, pods);
    namespace
}

/// Waits until that many pods `app=api` are Ready.
pub fn ready(namespace: &Namespace, wanted: usize) {
    namespace.watch_until("pods?labelSelector=app=api", 60, |pods| {
        (pods.values().filter(|pod| Pod((*pod).clone()).is_ready()).count() == wanted).then_some(())
    });
}

/// Waits until a container of a pod `app=api` was started again.
pub fn crashed(namespace: &Namespace) {
    namespace.watch_until("pods?labelSelector=app=api", 60, |pods| {
        pods.values().any(|pod| Pod(pod.clone()).restarts() > 0).then_some(())
    });
}

/// The workload's pods.
pub fn api_pods(namespace: &Namespace) -> Vec<Pod> {
    pods(namespace, "app=api")
}
