//! Controllers of pods: which pods they claim, and how a ReplicaSet is doing.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::{Deserialize, Serialize};

use super::object::{Metadata, Owner};
use super::selector::{Labels, Selector};

/// A controller that adopts every pod its selector matches and that no other controller manages
/// (pkg/controller/controller_ref_manager.go: `ClaimPods`).
#[derive(Debug, Clone, PartialEq)]
pub struct Claimant {
    /// What and which it is.
    pub owner: Owner,
    /// Which pods it claims.
    pub selector: Selector,
}

/// A StatefulSet or DaemonSet (or any object whose selector lies in `spec.selector`) as listed.
#[derive(Debug, Deserialize)]
pub struct Listed {
    metadata: Metadata,
    spec: ListedSpec,
}

#[derive(Debug, Deserialize)]
struct ListedSpec {
    selector: LabelSelector,
}

impl Claimant {
    /// The claimant that a listed object of this kind is.
    #[must_use]
    pub fn from_listed(kind: &str, listed: Listed) -> Self {
        let Metadata { name, uid, .. } = listed.metadata;
        Self {
            owner: Owner { kind: kind.to_owned(), name, uid },
            selector: Selector::from(&listed.spec.selector),
        }
    }
}

/// A ReplicaSet or ReplicationController.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaSet {
    /// What and which it is; the kind says whether it is a ReplicationController.
    pub owner: Owner,
    /// The controller above it, such as a Deployment.
    pub controller: Option<Owner>,
    /// Which pods it claims.
    pub selector: Selector,
    /// The labels its new pods get.
    pub template_labels: Labels,
    /// How many pods it wants.
    pub desired: usize,
    /// How many of its pods have been Ready for `minReadySeconds`, as it last counted.
    pub available: usize,
    /// Seconds that a pod must be Ready before it counts as Available.
    pub min_ready_seconds: i64,
    /// The revision its Deployment gave it; the highest is the current one.
    pub revision: Option<i64>,
    /// Why it can't create or delete pods (its `ReplicaFailure` condition), in the server's words.
    pub failure: Option<String>,
    /// Deletion was asked for: it makes no more pods.
    pub terminating: bool,
}

/// A ReplicaSet as the API server lists it.
#[derive(Debug, Clone, Deserialize)]
pub struct ListedReplicaSet {
    metadata: Metadata,
    spec: ReplicaSetSpec<LabelSelector>,
    #[serde(default)]
    status: ReplicaSetStatus,
}

/// A ReplicationController as the API server lists it: its selector is a map, and its template may
/// be absent.
#[derive(Debug, Clone, Deserialize)]
pub struct ListedReplicationController {
    metadata: Metadata,
    spec: ReplicaSetSpec<Labels>,
    #[serde(default)]
    status: ReplicaSetStatus,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplicaSetSpec<S> {
    replicas: Option<usize>,
    #[serde(default)]
    min_ready_seconds: i64,
    selector: S,
    #[serde(default)]
    template: Template,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: Metadata,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct ReplicaSetStatus {
    available_replicas: usize,
    conditions: Vec<super::pod::Condition>,
}

impl From<ListedReplicaSet> for ReplicaSet {
    fn from(listed: ListedReplicaSet) -> Self {
        let selector = Selector::from(&listed.spec.selector);
        Self::new("ReplicaSet", listed.metadata, listed.spec, selector, listed.status)
    }
}

impl From<ListedReplicationController> for ReplicaSet {
    fn from(listed: ListedReplicationController) -> Self {
        let selector = Selector::from(&listed.spec.selector);
        Self::new("ReplicationController", listed.metadata, listed.spec, selector, listed.status)
    }
}

impl ReplicaSet {
    fn new<S>(
        kind: &str,
        metadata: Metadata,
        spec: ReplicaSetSpec<S>,
        selector: Selector,
        status: ReplicaSetStatus,
    ) -> Self {
        let failure = status
            .conditions
            .iter()
            .find(|condition| condition.r#type == "ReplicaFailure" && condition.status == "True")
            .map(|condition| condition.message.clone());
        Self {
            controller: metadata.controller(),
            revision: metadata
                .annotation("deployment.kubernetes.io/revision")
                .and_then(|revision| revision.parse().ok()),
            terminating: metadata.deletion_timestamp.is_some(),
            owner: Owner { kind: kind.to_owned(), name: metadata.name, uid: metadata.uid },
            selector,
            template_labels: spec.template.metadata.labels,
            desired: spec.replicas.unwrap_or(1),
            available: status.available_replicas,
            min_ready_seconds: spec.min_ready_seconds,
            failure,
        }
    }

    /// Who claims pods by this ReplicaSet's selector.
    #[must_use]
    pub fn claimant(&self) -> Claimant {
        Claimant { owner: self.owner.clone(), selector: self.selector.clone() }
    }
}

/// A Deployment: only what is not also in its ReplicaSets.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// What and which it is.
    pub owner: Owner,
    /// Which pods count as its own for budgets and autoscalers.
    pub selector: Selector,
    /// Seconds after which a rollout without progress counts as failed.
    pub progress_deadline_seconds: u64,
    /// Its strategy is `Recreate`: it never wants two of its pods at once.
    pub recreates: bool,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

/// A Deployment as the API server returns it.
#[derive(Debug, Deserialize)]
pub struct FetchedDeployment {
    metadata: Metadata,
    spec: DeploymentSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentSpec {
    selector: LabelSelector,
    progress_deadline_seconds: Option<u64>,
    #[serde(default)]
    strategy: DeploymentStrategy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DeploymentStrategy {
    r#type: String,
}

/// What Kubernetes sets when a Deployment names no deadline (pkg/apis/apps/v1/defaults.go).
pub const DEFAULT_PROGRESS_DEADLINE_SECONDS: u64 = 600;

impl From<FetchedDeployment> for Deployment {
    fn from(fetched: FetchedDeployment) -> Self {
        let Metadata { name, uid, annotations, .. } = fetched.metadata;
        Self {
            annotations: annotations.unwrap_or_default(),
            recreates: fetched.spec.strategy.r#type == "Recreate",
            owner: Owner { kind: "Deployment".to_owned(), name, uid },
            selector: Selector::from(&fetched.spec.selector),
            progress_deadline_seconds: fetched
                .spec
                .progress_deadline_seconds
                .unwrap_or(DEFAULT_PROGRESS_DEADLINE_SECONDS),
        }
    }
}
