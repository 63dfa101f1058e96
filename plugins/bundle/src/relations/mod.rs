//! What one object says of others: which it uses, which it is there for, and which pods it selects.

mod fields;
mod references;
mod template;

use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, Metadata, NETWORK_POLICIES, ObjectRef,
    POD_DISRUPTION_BUDGETS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS,
};
use drover::model::selector::{Labels, Selector};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use serde::Deserialize;
use serde_json::Value;

use crate::kinds::{POD_MONITORS, ROLLOUTS, SECRETS, SERVICE_ACCOUNTS, SERVICE_MONITORS, is_cluster_scoped};

/// Which of two objects needs the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The one that says it needs the other: a workload its ConfigMap.
    Uses,
    /// It is there for the other: an autoscaler for its workload.
    Serves,
}

/// One reference from an object to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub to: ObjectRef,
    /// Where it is written, such as `containers[web].envFrom`.
    pub path: String,
    pub direction: Direction,
    /// The object that refers does without it.
    pub optional: bool,
}

/// What matters about one object, small enough to keep for every object of a namespace.
#[derive(Debug, Clone)]
pub struct Related {
    pub object: ObjectRef,
    pub owners: Vec<OwnerReference>,
    pub is_being_deleted: bool,
    /// The labels of the pods that it makes.
    pub template_labels: Option<Labels>,
    /// Which pods it selects.
    pub selector: Option<Selector>,
    /// Which Services it selects.
    pub service_selector: Option<Selector>,
    /// Of a Service: others select it by them.
    pub labels: Option<Labels>,
    /// The claims that it makes for its pods: their names begin so, and end with the ordinal.
    pub claim_prefixes: Vec<String>,
    pub relations: Vec<Relation>,
    /// The object is the cluster's own affair, and never a member.
    pub is_machinery: bool,
}

impl Related {
    /// Reads all of it from an object; none when that has no name.
    pub fn of(resource: Resource, object: &Value) -> Option<Self> {
        let metadata = Metadata::deserialize(&object["metadata"]).ok()?;
        let namespace = (!metadata.namespace.is_empty()).then(|| metadata.namespace.clone());
        let mut relations = Relations { namespace: namespace.clone(), found: Vec::new() };
        let template = template_of(resource, object);
        if let Some(template) = template {
            template::read(template, &mut relations);
        }
        references::read(resource, &object["spec"], &mut relations);
        relations.read_fields(resource, object);
        Some(Self {
            template_labels: template
                .map(|template| Labels::deserialize(&template["metadata"]["labels"]).unwrap_or_default()),
            selector: selector_of(resource, &object["spec"]),
            claim_prefixes: claim_prefixes(resource, object, &metadata.name),
            relations: relations.found,
            is_machinery: is_machinery(resource, &metadata),
            is_being_deleted: metadata.deletion_timestamp.is_some(),
            service_selector: service_selector(resource, &object["spec"], &metadata.namespace),
            labels: (resource == SERVICES).then_some(metadata.labels),
            owners: metadata.owner_references,
            object: ObjectRef { resource, namespace, name: metadata.name },
        })
    }

    /// The owner that makes it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owners.iter().find(|owner| owner.controller == Some(true))
    }
}

/// The template of the pods that an object makes.
fn template_of(resource: Resource, object: &Value) -> Option<&Value> {
    match resource {
        DEPLOYMENTS
        | STATEFUL_SETS
        | DAEMON_SETS
        | REPLICA_SETS
        | REPLICATION_CONTROLLERS
        | JOBS
        | ROLLOUTS => object.pointer("/spec/template"),
        CRON_JOBS => object.pointer("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

fn selector_of(resource: Resource, spec: &Value) -> Option<Selector> {
    let by_labels = |field: &str| LabelSelector::deserialize(&spec[field]).ok();
    match resource {
        // A Service without a selector has hand-written endpoints.
        SERVICES => {
            let labels = Labels::deserialize(&spec["selector"]).ok()?;
            (!labels.is_empty()).then(|| Selector::from(&labels))
        }
        POD_DISRUPTION_BUDGETS | POD_MONITORS => by_labels("selector").as_ref().map(Selector::from),
        NETWORK_POLICIES => by_labels("podSelector").as_ref().map(Selector::from),
        _ => None,
    }
}

/// A ServiceMonitor looks at its own namespace, unless it says at which ones.
fn service_selector(resource: Resource, spec: &Value, namespace: &str) -> Option<Selector> {
    let elsewhere = &spec["namespaceSelector"];
    let is_here = elsewhere["any"] == true
        || elsewhere["matchNames"].as_array().is_none_or(|names| names.iter().any(|name| name == namespace));
    let selector = (resource == SERVICE_MONITORS && is_here).then_some(&spec["selector"])?;
    LabelSelector::deserialize(selector).ok().as_ref().map(Selector::from)
}

/// A StatefulSet names its claims TEMPLATE-SET-ORDINAL (pkg/controller/statefulset: `getPersistentVolumeClaimName`).
fn claim_prefixes(resource: Resource, object: &Value, name: &str) -> Vec<String> {
    let templates = object["spec"]["volumeClaimTemplates"].as_array().filter(|_| resource == STATEFUL_SETS);
    let names = templates.into_iter().flatten().filter_map(|template| template["metadata"]["name"].as_str());
    names.map(|template| format!("{template}-{name}-")).collect()
}

/// What the cluster, or a tool, makes for itself in every namespace.
fn is_machinery(resource: Resource, metadata: &Metadata) -> bool {
    match resource {
        SERVICE_ACCOUNTS => metadata.name == "default",
        CONFIG_MAPS => metadata.name == "kube-root-ca.crt" || metadata.name.starts_with("drover-"),
        SECRETS => {
            metadata.annotation("kubernetes.io/service-account.name").is_some()
                || metadata.name.starts_with("sh.helm.release.v1.")
                || metadata.name.starts_with("drover-")
        }
        _ => false,
    }
}

/// The relations of one object, as they are found.
struct Relations {
    namespace: Option<String>,
    found: Vec<Relation>,
}

impl Relations {
    fn uses(&mut self, resource: Resource, name: &Value, path: impl Into<String>) {
        self.add(Direction::Uses, resource, name, path, false);
    }

    fn serves(&mut self, resource: Resource, name: &Value, path: impl Into<String>) {
        self.add(Direction::Serves, resource, name, path, false);
    }

    fn add(
        &mut self,
        direction: Direction,
        resource: Resource,
        name: &Value,
        path: impl Into<String>,
        optional: bool,
    ) {
        let Some(name) = name.as_str().filter(|name| !name.is_empty()) else { return };
        let namespace = if is_cluster_scoped(resource) { None } else { self.namespace.clone() };
        let to = ObjectRef { resource, namespace, name: name.to_owned() };
        self.found.push(Relation { to, path: path.into(), direction, optional });
    }
}

/// The items of a list, none where there is no list.
fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_every_namespace_has_is_machinery() {
        let of = |resource, metadata: Value| {
            Related::of(resource, &json!({"metadata": metadata})).unwrap().is_machinery
        };
        assert!(of(SERVICE_ACCOUNTS, json!({"name": "default"})));
        assert!(of(CONFIG_MAPS, json!({"name": "kube-root-ca.crt"})));
        assert!(of(
            SECRETS,
            json!({"name": "a", "annotations": {"kubernetes.io/service-account.name": "web"}})
        ));
        assert!(!of(SECRETS, json!({"name": "db"})));
    }

    #[test]
    fn a_service_monitor_selects_services_of_its_own_namespace_unless_it_says_more() {
        let selects = |namespaces: Value| {
            let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "namespaceSelector": namespaces});
            let monitor = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
            Related::of(SERVICE_MONITORS, &monitor).unwrap().service_selector.is_some()
        };
        assert!(selects(json!(null)));
        assert!(selects(json!({"any": true})));
        assert!(selects(json!({"matchNames": ["other", "shop"]})));
        assert!(!selects(json!({"matchNames": ["other"]})));
    }
}
