//! Pure: from a pod template to what the kubelet will run, when, and how much of the grace period it leaves.

mod action;
mod container;
mod hook;
mod ledger;
mod pod;
mod probe;
pub mod shell;
#[cfg(test)]
pub mod testing;

use drover::model::object::ObjectRef;
use serde::Serialize;

pub use action::{Action, number_or_name};
pub use container::{Container, Role};
pub use hook::{Hook, Length};
pub use ledger::{Cause, Entry, FLOOR, Range};
pub use pod::Pod;
pub use probe::{Probe, ProbeKind};

/// What runs when in the pods of one object. With what is found in it, this is the schema of `-o json`, described in
/// the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Such as `deployment.apps/web`.
    pub object: String,
    pub namespace: String,
    pub context: String,
    #[serde(flatten)]
    pub pod: Pod,
    /// What becomes of the grace period, container by container: at the deletion of the pod, and below that
    /// where a probe has a grace period of its own.
    pub ledger: Vec<Entry>,
}

impl Schedule {
    /// What becomes of an object's pods.
    pub fn new(context: &str, object: &ObjectRef, pod: Pod) -> Self {
        Self {
            object: object.to_string(),
            namespace: object.namespace.clone().unwrap_or_default(),
            context: context.to_owned(),
            ledger: ledger::of(&pod.containers, pod.grace_period_seconds),
            pod,
        }
    }
}
