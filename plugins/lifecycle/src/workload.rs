//! A workload, as far as its pod template is concerned: what files and the cluster have in common.

use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, ObjectRef, PODS, REPLICA_SETS, Resource, STATEFUL_SETS,
};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::lint::IGNORE_ANNOTATION;
use crate::schedule::Pod;

/// The kinds that have pods.
pub const KINDS: [Resource; 7] =
    [PODS, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, REPLICA_SETS, JOBS, CRON_JOBS];

/// Where the pod template of a kind is, as a JSON pointer; a pod is its own.
pub fn template_pointer(kind: Resource) -> &'static str {
    match kind {
        PODS => "",
        CRON_JOBS => "/spec/jobTemplate/spec/template",
        _ => "/spec/template",
    }
}

/// A workload with its pod template.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    pub kind: Resource,
    pub name: String,
    /// None where a manifest does not say.
    pub namespace: Option<String>,
    /// The kind of what makes it, and would undo what is changed here.
    pub controller: Option<String>,
    /// Rules that its own annotation silences.
    pub ignore: Option<String>,
    template: Value,
}

impl Workload {
    pub fn new(kind: Resource, mut object: Value) -> Self {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let ignore = object["metadata"]["annotations"][IGNORE_ANNOTATION].as_str().map(str::to_owned);
        Self {
            kind,
            name: text("/metadata/name").unwrap_or_default(),
            namespace: text("/metadata/namespace"),
            controller: controller(&object),
            ignore,
            template: object.pointer_mut(template_pointer(kind)).map(Value::take).unwrap_or_default(),
        }
    }

    /// Such as `deployment.apps/web`.
    pub fn object(&self) -> String {
        let namespace = self.namespace.clone().unwrap_or_default();
        ObjectRef::namespaced(self.kind, namespace, &self.name).to_string()
    }

    /// Whether it is made by a workload that has the same template.
    pub fn is_copy(&self) -> bool {
        self.controller.as_ref().is_some_and(|kind| KINDS.iter().any(|known| known.kind == kind))
    }

    /// What its template says.
    ///
    /// # Errors
    /// When the template is none.
    pub fn pod(&self) -> Result<Pod, serde_json::Error> {
        Ok(Pod::new(self.kind, PodTemplateSpec::deserialize(&self.template)?))
    }

    pub fn spec(&self) -> &Value {
        &self.template["spec"]
    }

    /// The same with another pod spec.
    pub fn with_spec(&self, spec: &Value) -> Self {
        let mut changed = self.clone();
        changed.template["spec"] = spec.clone();
        changed
    }

    /// A patch of the pod's spec as one of the whole object, which names it.
    pub fn patch(&self, spec: Value) -> Value {
        let pointer = template_pointer(self.kind).trim_start_matches('/');
        let folders = pointer.split('/').filter(|folder| !folder.is_empty());
        let mut patch = folders.rev().fold(json!({ "spec": spec }), |inner, folder| json!({ folder: inner }));
        patch["apiVersion"] = json!(self.kind.api_version());
        patch["kind"] = json!(self.kind.kind);
        patch["metadata"] = json!({"name": self.name});
        if let Some(namespace) = &self.namespace {
            patch["metadata"]["namespace"] = json!(namespace);
        }
        patch
    }
}

fn controller(object: &Value) -> Option<String> {
    let mut owners = object["metadata"]["ownerReferences"].as_array()?.iter();
    owners.find(|owner| owner["controller"] == true)?["kind"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_what_a_workload_makes() {
        let owned = |kind: &str, is_controller: bool| {
            let owners = json!([{"kind": kind, "controller": is_controller}]);
            Workload::new(JOBS, json!({"metadata": {"name": "a", "ownerReferences": owners}}))
        };
        assert!(owned("CronJob", true).is_copy());
        assert!(!owned("CronJob", false).is_copy());
        let of_operator = owned("Backup", true);
        assert!(!of_operator.is_copy(), "nobody else looks at what an operator makes");
        assert_eq!(of_operator.controller.as_deref(), Some("Backup"));
    }

    #[test]
    fn a_patch_names_the_object_and_leads_to_its_template() {
        let workload = |kind, namespace: Value| {
            Workload::new(kind, json!({"metadata": {"name": "web", "namespace": namespace}}))
        };
        let patch = workload(CRON_JOBS, json!("shop")).patch(json!({"a": 1}));
        let expected = json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"jobTemplate": {"spec": {"template": {"spec": {"a": 1}}}}},
        });
        assert_eq!(patch, expected);
        let patch = workload(PODS, Value::Null).patch(json!({"a": 1}));
        let expected =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"a": 1}});
        assert_eq!(patch, expected);
    }
}
