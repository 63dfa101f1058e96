//! Pure knowledge of Kubernetes: what objects are called, which selectors match, what a pod's state
//! means. Nothing here talks to a cluster.

pub mod busybox;
pub mod clone;
pub mod controller;
pub mod deletion;
pub mod difference;
pub mod endpoints;
pub mod event;
pub mod gitops;
pub mod label_edit;
pub mod lease;
pub mod managed_fields;
pub mod name;
pub mod network_plugin;
pub mod object;
pub mod placement;
pub mod pod;
pub mod policy;
pub mod quantity;
pub mod quota;
pub mod ranking;
pub mod rollout;
pub mod selector;
pub mod service;
pub mod volumes;

/// The label that marks an isolated pod; its value is always `true`.
pub const ISOLATED_LABEL: &str = "drover.dev/isolated";

/// The label by which a Deployment's ReplicaSets tell their pods apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// Labels of pods that a controller of Kubernetes writes itself. Without `controller-revision-hash` a
/// StatefulSet deletes the pod, and it puts `statefulset.kubernetes.io/pod-name` back (observed on 1.35).
pub const CONTROLLER_WRITTEN_LABELS: [&str; 10] = [
    POD_TEMPLATE_HASH,
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "job-name",
    "controller-uid",
];

/// What a ReplicaSet looks at when it must choose which of its pods to delete: lower goes first.
pub const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
