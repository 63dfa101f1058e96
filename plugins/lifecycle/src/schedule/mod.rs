//! Pure: from a pod template to what the kubelet will run, when, and how much of the grace period it leaves.

mod action;
mod container;
mod findings;
mod hook;
mod ledger;
mod probe;
#[cfg(test)]
pub mod testing;

use drover::model::object::{CRON_JOBS, JOBS, ObjectRef};
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use serde::Serialize;

pub use action::Action;
pub use container::{Container, Role};
pub use findings::{Finding, Severity};
pub use hook::{Hook, Length};
pub use ledger::{Cause, Entry, Range};
pub use probe::{Probe, ProbeKind};

/// What the API server writes where nothing is said (k8s.io/api: `DefaultTerminationGracePeriodSeconds`).
const DEFAULT_GRACE_PERIOD: i64 = 30;

/// What runs when in the pods of one object. This is the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Such as `deployment.apps/web`.
    pub object: String,
    pub namespace: String,
    pub context: String,
    /// `terminationGracePeriodSeconds`.
    pub grace_period_seconds: u64,
    /// In the order in which the kubelet starts them.
    pub containers: Vec<Container>,
    /// What becomes of the grace period, container by container: at the deletion of the pod, and below that
    /// where a probe has a grace period of its own.
    pub ledger: Vec<Entry>,
    /// What is wrong, then what is worth knowing.
    pub findings: Vec<Finding>,
}

impl Schedule {
    /// What a pod template says.
    pub fn new(context: &str, object: &ObjectRef, template: PodTemplateSpec) -> Self {
        let ends_by_itself = ends_by_itself(object, &template);
        let spec = template.spec.unwrap_or_default();
        let grace = spec.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_PERIOD);
        // A negative one counts as 1 (registry/core/pod/strategy.go: `CheckGracefulDelete`).
        let grace = u64::try_from(grace).unwrap_or(1);
        let host_network = spec.host_network.unwrap_or_default();
        let containers = containers(spec);
        let findings =
            findings::of(&findings::Pod { containers: &containers, grace, host_network, ends_by_itself });
        Self {
            object: object.to_string(),
            namespace: object.namespace.clone().unwrap_or_default(),
            context: context.to_owned(),
            grace_period_seconds: grace,
            ledger: ledger::of(&containers, grace),
            findings,
            containers,
        }
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

/// Whether the pods are of a Job, and so end when their work is done.
pub fn ends_by_itself(object: &ObjectRef, template: &PodTemplateSpec) -> bool {
    let metadata = template.metadata.as_ref();
    let mut owners = metadata.and_then(|metadata| metadata.owner_references.as_ref()).into_iter().flatten();
    [JOBS, CRON_JOBS].contains(&object.resource)
        || owners.any(|owner| owner.kind == JOBS.kind && owner.controller == Some(true))
}

#[cfg(test)]
mod tests {
    use super::testing::schedule;
    use super::*;

    #[test]
    fn containers_are_in_the_order_in_which_they_start() {
        let schedule = schedule(
            "{initContainers: [{name: migrate}, {name: proxy, restartPolicy: Always}, {name: warm}], \
             containers: [{name: web}, {name: log}]}",
        );
        let order: Vec<_> = schedule.containers.iter().map(|one| (one.name.as_str(), one.role)).collect();
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
        let grace =
            |text: &str| schedule(&format!("{{{text} containers: [{{name: web}}]}}")).grace_period_seconds;
        assert_eq!(grace(""), 30);
        assert_eq!(grace("terminationGracePeriodSeconds: 0,"), 0);
        assert_eq!(grace("terminationGracePeriodSeconds: -1,"), 1);
    }
}
