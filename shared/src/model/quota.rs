//! ResourceQuotas: how much more a namespace may hold.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use serde::Deserialize;

use super::object::Metadata;
use super::quantity::Quantity;

/// A ResourceQuota.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResourceQuota {
    metadata: Metadata,
    spec: Spec,
    status: Status,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    scopes: Vec<String>,
    scope_selector: ScopeSelector,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScopeSelector {
    match_expressions: Vec<ScopeRequirement>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScopeRequirement {
    scope_name: String,
    operator: String,
    values: Vec<String>,
}

/// What the quota controller counted last.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Status {
    hard: BTreeMap<String, String>,
    used: BTreeMap<String, String>,
}

impl ResourceQuota {
    /// Why it leaves no room for one more pod like this, one sentence for each resource that lacks.
    #[must_use]
    pub fn shortages(&self, spec: &PodSpec) -> Vec<String> {
        if !self.counts(spec) {
            return Vec::new();
        }
        let name = &self.metadata.name;
        let limits = self.status.hard.iter().filter_map(|(resource, hard)| {
            let needed = needed(spec, resource)?;
            let used = self.status.used.get(resource)?;
            let exceeds = Quantity::parse(used)? + needed > Quantity::parse(hard)?;
            exceeds.then(|| {
                format!("ResourceQuota {name} allows {hard} {resource}, {used} are used, and it needs {needed} more")
            })
        });
        limits.collect()
    }

    /// Whether pods like this count (pkg/quota/v1/evaluator/core/pods.go: `podMatchesScopeFunc`).
    fn counts(&self, spec: &PodSpec) -> bool {
        let Spec { scopes, scope_selector } = &self.spec;
        scopes.iter().all(|scope| is_in_scope(spec, scope))
            && scope_selector.match_expressions.iter().all(|requirement| requirement.holds(spec))
    }
}

impl ScopeRequirement {
    fn holds(&self, spec: &PodSpec) -> bool {
        if self.scope_name != "PriorityClass" {
            return is_in_scope(spec, &self.scope_name);
        }
        let class = spec.priority_class_name.as_ref().filter(|class| !class.is_empty());
        match self.operator.as_str() {
            "In" => class.is_some_and(|class| self.values.contains(class)),
            "NotIn" => class.is_none_or(|class| !self.values.contains(class)),
            "Exists" => class.is_some(),
            "DoesNotExist" => class.is_none(),
            _ => false,
        }
    }
}

fn is_in_scope(spec: &PodSpec, scope: &str) -> bool {
    let best_effort = || {
        containers(spec).all(|container| {
            container.resources.as_ref().is_none_or(|resources| {
                resources.requests.as_ref().is_none_or(BTreeMap::is_empty)
                    && resources.limits.as_ref().is_none_or(BTreeMap::is_empty)
            })
        })
    };
    match scope {
        "Terminating" => spec.active_deadline_seconds.is_some(),
        "NotTerminating" => spec.active_deadline_seconds.is_none(),
        "BestEffort" => best_effort(),
        "NotBestEffort" => !best_effort(),
        // Whatever else there is, such as CrossNamespacePodAffinity: nothing is said that is not known.
        _ => false,
    }
}

fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

/// What one more pod takes of a resource that a quota limits; none where pods take nothing of it.
fn needed(spec: &PodSpec, resource: &str) -> Option<Quantity> {
    match resource {
        "pods" | "count/pods" => return Some(Quantity::ONE),
        _ => {}
    }
    let (limits, name) = match resource.split_once('.') {
        Some(("requests", name)) => (false, name),
        Some(("limits", name)) => (true, name),
        _ if matches!(resource, "cpu" | "memory" | "ephemeral-storage") => (false, resource),
        _ => return None,
    };
    let amount = |container: &Container| {
        let resources = container.resources.as_ref()?;
        let amounts = if limits { &resources.limits } else { &resources.requests };
        Quantity::parse(&amounts.as_ref()?.get(name)?.0)
    };
    Some(together(spec, amount) + overhead(spec, name)).filter(|needed| *needed > Quantity::default())
}

/// Containers run side by side, and before them one init container after the other, each beside the
/// sidecars that were started before it (component-helpers/resource: `PodRequests`).
fn together(spec: &PodSpec, amount: impl Fn(&Container) -> Option<Quantity>) -> Quantity {
    let (mut sidecars, mut highest) = (Quantity::default(), Quantity::default());
    for container in spec.init_containers.iter().flatten() {
        let own = amount(container).unwrap_or_default();
        highest = highest.max(sidecars + own);
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars = sidecars + own;
        }
    }
    highest.max(spec.containers.iter().filter_map(amount).sum::<Quantity>() + sidecars)
}

fn overhead(spec: &PodSpec, name: &str) -> Quantity {
    let amount = spec.overhead.as_ref().and_then(|overhead| overhead.get(name));
    amount.and_then(|amount| Quantity::parse(&amount.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn quota(spec: Value, hard: Value, used: Value) -> ResourceQuota {
        let quota = json!({"metadata": {"name": "q"}, "spec": spec, "status": {"hard": hard, "used": used}});
        serde_json::from_value(quota).unwrap()
    }

    fn pod() -> PodSpec {
        serde_json::from_value(json!({
            "initContainers": [
                {"name": "setup", "resources": {"requests": {"cpu": "1"}}},
                {"name": "sidecar", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}},
            ],
            "containers": [
                {"name": "a", "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}},
                {"name": "b", "resources": {"requests": {"cpu": "300m"}}},
            ],
            "overhead": {"cpu": "50m"},
        }))
        .unwrap()
    }

    #[test]
    fn each_resource_that_lacks_is_named() {
        let hard = json!({"pods": "3", "count/pods": "4", "requests.cpu": "4", "limits.memory": "4Gi", "services": "0"});
        let used = json!({"pods": "3", "count/pods": "3", "requests.cpu": "2960m", "limits.memory": "2Gi", "services": "0"});
        assert_eq!(
            quota(json!({}), hard, used).shortages(&pod()),
            [
                "ResourceQuota q allows 3 pods, 3 are used, and it needs 1 more",
                "ResourceQuota q allows 4 requests.cpu, 2960m are used, and it needs 1050m more",
            ]
        );
    }

    #[test]
    fn what_is_exactly_filled_is_not_exceeded_and_what_was_not_counted_yet_is_unknown() {
        let full = quota(json!({}), json!({"memory": "2Gi"}), json!({"memory": "1Gi"}));
        assert_eq!(full.shortages(&pod()), [""; 0]);
        assert_eq!(quota(json!({}), json!({"pods": "1"}), json!({})).shortages(&pod()), [""; 0]);
    }

    #[test]
    fn only_the_quotas_in_whose_scope_the_pod_is_count() {
        let shortages = |spec: Value| {
            let quota = quota(spec, json!({"pods": "1"}), json!({"pods": "1"}));
            quota.shortages(&pod()).len()
        };
        assert_eq!(shortages(json!({"scopes": ["NotTerminating", "NotBestEffort"]})), 1);
        assert_eq!(shortages(json!({"scopes": ["BestEffort"]})), 0);
        let classes = |operator: &str| {
            json!({"scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": operator, "values": ["high"]},
            ]}})
        };
        assert_eq!(shortages(classes("In")), 0);
        assert_eq!(shortages(classes("NotIn")), 1);
    }
}
