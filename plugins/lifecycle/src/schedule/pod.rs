//! What a pod template says of the lifecycle of its containers.

use drover::model::object::{CRON_JOBS, JOBS, Resource};
use drover::model::selector::Labels;
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use serde::Serialize;

use super::{Container, Role};

/// What the API server writes where nothing is said (k8s.io/api: `DefaultTerminationGracePeriodSeconds`).
const DEFAULT_GRACE_PERIOD: i64 = 30;

/// What a pod template says of the lifecycle of its containers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    /// `terminationGracePeriodSeconds`.
    pub grace_period_seconds: u64,
    /// In the order in which the kubelet starts them.
    pub containers: Vec<Container>,
    #[serde(skip)]
    pub host_network: bool,
    /// It is of a Job, and so ends when its work is done.
    #[serde(skip)]
    pub ends_by_itself: bool,
    #[serde(skip)]
    pub labels: Labels,
    #[serde(skip)]
    pub annotations: Labels,
}

impl Pod {
    /// What a template of that kind of workload says; a pod looks like its own template.
    pub fn new(kind: Resource, template: PodTemplateSpec) -> Self {
        let metadata = template.metadata.unwrap_or_default();
        let mut owners = metadata.owner_references.iter().flatten();
        let is_of_job = owners.any(|owner| owner.kind == JOBS.kind && owner.controller == Some(true));
        let spec = template.spec.unwrap_or_default();
        let grace = spec.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_PERIOD);
        Self {
            // A negative one counts as 1 (registry/core/pod/strategy.go: `CheckGracefulDelete`).
            grace_period_seconds: u64::try_from(grace).unwrap_or(1),
            host_network: spec.host_network.unwrap_or_default(),
            ends_by_itself: is_of_job || [JOBS, CRON_JOBS].contains(&kind),
            labels: metadata.labels.unwrap_or_default(),
            annotations: metadata.annotations.unwrap_or_default(),
            containers: containers(spec),
        }
    }

    /// Those that are there from the start of the pod to its end.
    pub fn main_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.role == Role::Main)
    }
}

/// Init containers in their order, native sidecars among them, then all others in theirs
/// (kuberuntime_manager.go: `SyncPod`).
fn containers(spec: PodSpec) -> Vec<Container> {
    let init = spec.init_containers.unwrap_or_default().into_iter().map(|container| {
        let stays = container.restart_policy.as_deref() == Some("Always");
        Container::new(if stays { Role::Sidecar } else { Role::Init }, container)
    });
    let main = spec.containers.into_iter().map(|container| Container::new(Role::Main, container));
    init.chain(main).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::pod;
    use super::*;

    #[test]
    fn containers_are_in_the_order_in_which_they_start() {
        let pod =
            pod("{initContainers: [{name: migrate}, {name: proxy, restartPolicy: Always}, {name: warm}], \
             containers: [{name: web}, {name: log}]}");
        let order: Vec<_> = pod.containers.iter().map(|one| (one.name.as_str(), one.role)).collect();
        let expected = [
            ("migrate", Role::Init),
            ("proxy", Role::Sidecar),
            ("warm", Role::Init),
            ("web", Role::Main),
            ("log", Role::Main),
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn the_grace_period_is_what_the_server_makes_of_it() {
        let grace = |text: &str| pod(&format!("{{{text} containers: [{{name: web}}]}}")).grace_period_seconds;
        assert_eq!(grace(""), 30);
        assert_eq!(grace("terminationGracePeriodSeconds: 0,"), 0);
        assert_eq!(grace("terminationGracePeriodSeconds: -1,"), 1);
    }
}
