//! A Deployment behind a Service, that serves.

use harness::{Namespace, workloads};

use crate::pods::ready_endpoints;

/// A namespace with Deployment `web` of that many pods, all of them ready endpoints of Service `web`.
pub fn shop(test: &str, replicas: u32) -> Namespace {
    shop_of(test, &web(replicas), replicas)
}

/// The same with another manifest for the pods; they carry the label `app=web`.
pub fn shop_of(test: &str, manifest: &str, replicas: u32) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&(manifest.to_owned() + &workloads::service("web", "app: web")));
    serving(&namespace, "web", replicas);
    namespace
}

/// Deployment `web`.
pub fn web(replicas: u32) -> String {
    workloads::web_deployment("web", replicas)
}

/// Deployment `web` with more in its spec, such as `minReadySeconds: 4`.
pub fn web_with(replicas: u32, field: &str) -> String {
    web(replicas).replacen("spec:", &format!("spec:\n  {field}"), 1)
}

/// Deployment `web` with more in the spec of its pods, such as `hostNetwork: true`.
pub fn web_with_pod(replicas: u32, field: &str) -> String {
    web(replicas).replace("      containers:", &format!("      {field}\n      containers:"))
}

/// Waits until that many pods are ready endpoints of a Service.
pub fn serving(namespace: &Namespace, service: &str, replicas: u32) {
    namespace.watch_until("discovery.k8s.io/v1/endpointslices", 60, |slices| {
        (ready_endpoints(slices, service).len() == replicas as usize).then_some(())
    });
}
