//! Where it is measured: a Deployment of three pods behind a Service.

use harness::{Namespace, Objects, workloads};

pub const REPLICAS: usize = 3;

/// How long the cluster may take to have all pods ready and reachable.
const SECONDS: u64 = 120;

pub struct Shop {
    pub namespace: Namespace,
}

impl Shop {
    pub fn open(namespace: Namespace) -> Self {
        let replicas = u32::try_from(REPLICAS).expect("a handful of pods");
        namespace
            .apply(&(workloads::web_deployment("web", replicas) + &workloads::service("web", "app: web")));
        Self { namespace }
    }

    /// Waits until nothing of an earlier run goes on any more, so that every run finds the same; names one of the
    /// pods.
    pub fn pod_when_in_order(&self) -> String {
        let pod = self.namespace.watch_until("pods?labelSelector=app=web", SECONDS, |pods| {
            let is_settled = pods.len() == REPLICAS
                && pods.values().all(|pod| pod["metadata"]["deletionTimestamp"].is_null());
            let pod = is_settled.then(|| pods.values().next()).flatten()?;
            pod["metadata"]["name"].as_str().map(str::to_owned)
        });
        let slices = "discovery.k8s.io/v1/endpointslices?labelSelector=kubernetes.io/service-name=web";
        self.namespace.watch_until(slices, SECONDS, |slices| (ready(slices) == REPLICAS).then_some(()));
        self.namespace.wait("deployment/web", "condition=Available", SECONDS);
        pod
    }
}

fn ready(slices: &Objects) -> usize {
    let endpoints = slices.values().flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
    endpoints.filter(|endpoint| endpoint["conditions"]["ready"] == true).count()
}
