//! Names of kinds and of objects, as the API server's paths and kubectl's output spell them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::{Deserialize, Serialize};

/// A kind of object that the API server serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resource {
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The version within the group.
    pub version: &'static str,
    /// The name in paths and in RBAC rules, such as `pods`.
    pub plural: &'static str,
    /// The name in manifests, such as `Pod`.
    pub kind: &'static str,
}

impl Resource {
    /// A kind by its group, version, plural and kind.
    #[must_use]
    pub const fn new(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self { group, version, plural, kind }
    }

    /// A kind that is known only at run time. Its names stay in memory to the end: there are no more of
    /// them than the cluster has kinds.
    #[must_use]
    pub fn found(group: &str, version: &str, plural: &str, kind: &str) -> Self {
        Self { group: kept(group), version: kept(version), plural: kept(plural), kind: kept(kind) }
    }

    /// The path of the collection, or of one object in it.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let Some(namespace) = namespace {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(self.plural);
        if let Some(name) = name {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    /// `group/version` as `apiVersion` spells it.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The short name that kubectl takes for it (`kubectl api-resources`), where it has one.
    #[must_use]
    pub fn short_name(&self) -> Option<&'static str> {
        Some(match self.plural {
            "pods" => "po",
            "services" => "svc",
            "deployments" => "deploy",
            "replicasets" => "rs",
            "statefulsets" => "sts",
            "daemonsets" => "ds",
            "cronjobs" => "cj",
            "configmaps" => "cm",
            "serviceaccounts" => "sa",
            "persistentvolumeclaims" => "pvc",
            "horizontalpodautoscalers" => "hpa",
            "poddisruptionbudgets" => "pdb",
            "networkpolicies" => "netpol",
            "ingresses" => "ing",
            "storageclasses" => "sc",
            "priorityclasses" => "pc",
            _ => return None,
        })
    }

    /// The shortest name that a person types for it.
    #[must_use]
    pub fn typed_name(&self) -> String {
        self.short_name().map_or_else(|| self.kind.to_lowercase(), str::to_owned)
    }

    /// Whether kubectl takes this text for it: the short name, singular or plural, with its group or without.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let name = match text.split_once('.') {
            Some((name, group)) if group == self.group && !group.is_empty() => name,
            Some(_) => return false,
            None => text.as_str(),
        };
        name == self.plural || name == self.kind.to_lowercase() || self.short_name() == Some(name)
    }

    /// `plural` or `plural.group`, as RBAC messages spell it.
    #[must_use]
    pub fn qualified_plural(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// The text for the rest of the program's life, once for all who ask for it.
fn kept(text: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    all.insert(text);
    text
}

impl Serialize for Resource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.qualified_plural())
    }
}

/// Namespaces.
pub const NAMESPACES: Resource = Resource::new("", "v1", "namespaces", "Namespace");
/// Pods.
pub const PODS: Resource = Resource::new("", "v1", "pods", "Pod");
/// What a pod's containers wrote.
pub const POD_LOGS: Resource = Resource::new("", "v1", "pods/log", "Pod");
/// Commands in a pod's containers.
pub const POD_EXECS: Resource = Resource::new("", "v1", "pods/exec", "Pod");
/// Events.
pub const EVENTS: Resource = Resource::new("", "v1", "events", "Event");
/// Services.
pub const SERVICES: Resource = Resource::new("", "v1", "services", "Service");
/// ReplicationControllers.
pub const REPLICATION_CONTROLLERS: Resource =
    Resource::new("", "v1", "replicationcontrollers", "ReplicationController");
/// Deployments.
pub const DEPLOYMENTS: Resource = Resource::new("apps", "v1", "deployments", "Deployment");
/// ReplicaSets.
pub const REPLICA_SETS: Resource = Resource::new("apps", "v1", "replicasets", "ReplicaSet");
/// StatefulSets.
pub const STATEFUL_SETS: Resource = Resource::new("apps", "v1", "statefulsets", "StatefulSet");
/// DaemonSets.
pub const DAEMON_SETS: Resource = Resource::new("apps", "v1", "daemonsets", "DaemonSet");
/// EndpointSlices.
pub const ENDPOINT_SLICES: Resource =
    Resource::new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
/// PodDisruptionBudgets.
pub const POD_DISRUPTION_BUDGETS: Resource =
    Resource::new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");
/// ResourceQuotas.
pub const RESOURCE_QUOTAS: Resource = Resource::new("", "v1", "resourcequotas", "ResourceQuota");
/// NetworkPolicies.
pub const NETWORK_POLICIES: Resource =
    Resource::new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");

/// ConfigMaps.
pub const CONFIG_MAPS: Resource = Resource::new("", "v1", "configmaps", "ConfigMap");
/// Jobs.
pub const JOBS: Resource = Resource::new("batch", "v1", "jobs", "Job");
/// CronJobs.
pub const CRON_JOBS: Resource = Resource::new("batch", "v1", "cronjobs", "CronJob");
/// HorizontalPodAutoscalers.
pub const HORIZONTAL_POD_AUTOSCALERS: Resource =
    Resource::new("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler");
/// VerticalPodAutoscalers, where their custom resource is installed.
pub const VERTICAL_POD_AUTOSCALERS: Resource =
    Resource::new("autoscaling.k8s.io", "v1", "verticalpodautoscalers", "VerticalPodAutoscaler");

/// Leases.
pub const LEASES: Resource = Resource::new("coordination.k8s.io", "v1", "leases", "Lease");

/// One object, named the way a person would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectRef {
    /// What it is.
    pub resource: Resource,
    /// Its namespace; none for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// An object in a namespace.
    pub fn namespaced(resource: Resource, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { resource, namespace: Some(namespace.into()), name: name.into() }
    }

    /// The object's path on the API server.
    #[must_use]
    pub fn path(&self) -> String {
        self.resource.path(self.namespace.as_deref(), Some(&self.name))
    }
}

/// `pod/web-1`, `deployment.apps/web`: what kubectl prints.
impl fmt::Display for ObjectRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.resource.kind.to_lowercase())?;
        if !self.resource.group.is_empty() {
            write!(formatter, ".{}", self.resource.group)?;
        }
        write!(formatter, "/{}", self.name)
    }
}

/// A controller of an object, as its ownerReference names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Such as `ReplicaSet`.
    pub kind: String,
    /// The owner's name.
    pub name: String,
    /// The owner's uid.
    pub uid: String,
}

/// `ReplicaSet/web-7d4b9`.
impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

/// The part of an object's metadata that Drover reads; `managedFields` above all are left out, since
/// they are often larger than the rest of the object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// The object's name.
    pub name: String,
    /// Its namespace, empty for cluster-scoped objects.
    pub namespace: String,
    /// Unique over the cluster's life, unlike the name.
    pub uid: String,
    /// Changes with every write to the object.
    pub resource_version: String,
    /// When the API server created it, by the server's clock.
    pub creation_timestamp: Option<Timestamp>,
    /// Set once deletion was asked for.
    pub deletion_timestamp: Option<Timestamp>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations; none and empty differ for a JSON patch.
    pub annotations: Option<BTreeMap<String, String>>,
    /// What must be done before it goes once it was deleted.
    pub finalizers: Vec<String>,
    /// Its owners.
    pub owner_references: Vec<OwnerReference>,
}

impl Metadata {
    /// The one owner that manages the object (`controller: true`), if any.
    #[must_use]
    pub fn controller(&self) -> Option<Owner> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true)).map(Owner::from)
    }

    /// The resourceVersion as a number: of one kind they can be compared (KEP-5504, and in fact with
    /// every server before it).
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.resource_version.parse().ok()
    }

    /// Whether this is an earlier state of the very object than the other.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.uid == other.uid && self.version().zip(other.version()).is_some_and(|(one, other)| one < other)
    }

    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }
}

impl From<&OwnerReference> for Owner {
    fn from(owner: &OwnerReference) -> Self {
        Self { kind: owner.kind.clone(), name: owner.name.clone(), uid: owner.uid.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_kubectl_names_them() {
        for text in ["deploy", "Deployment", "deployments", "deployment.apps", "deploy.apps"] {
            assert!(DEPLOYMENTS.is_named(text), "{text}");
        }
        for text in ["deployment.batch", "deployment.", "deployment.apps/v1", "", "ds"] {
            assert!(!DEPLOYMENTS.is_named(text), "{text}");
        }
        assert!(!PODS.is_named("pod."), "the core group has no name");
        assert_eq!([CRON_JOBS.typed_name(), JOBS.typed_name()], ["cj", "job"]);
    }

    #[test]
    fn a_kind_found_at_run_time_is_the_one_known_before() {
        assert_eq!(Resource::found("apps", "v1", "deployments", "Deployment"), DEPLOYMENTS);
    }

    #[test]
    fn paths_and_names_are_those_of_the_api_server_and_of_kubectl() {
        let pod = ObjectRef::namespaced(PODS, "shop", "web-1");
        assert_eq!(pod.path(), "/api/v1/namespaces/shop/pods/web-1");
        assert_eq!(pod.to_string(), "pod/web-1");
        let deployment = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        assert_eq!(deployment.path(), "/apis/apps/v1/namespaces/shop/deployments/web");
        assert_eq!(deployment.to_string(), "deployment.apps/web");
        assert_eq!(PODS.path(None, None), "/api/v1/pods");
    }
}
