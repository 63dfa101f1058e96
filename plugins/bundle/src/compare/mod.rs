//! In what two states of an object differ, as far as somebody wanted it so, and who wrote it.
//!
//! Pure: from two objects as the server returns them to the changes that may be shown.

mod defaults;
mod equality;
mod manager;
mod masking;
mod normal;

use drover::model::difference::{self, Difference, Key};
use drover::model::object::Resource;
use serde::Serialize;
use serde_json::Value;

pub use equality::is_same;
pub use manager::Manager;
use masking::Masks;
pub use masking::{MASKED, Masking, Shown};
pub use normal::{JOB_LABELS, LAST_APPLIED, RESTARTED, normal, without_controllers_annotations};

/// One field that differs, with values that may be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Such as `spec.template.spec.containers[web].image`.
    pub path: String,
    /// The same as a JSON pointer: into the later object, or into the earlier where the field is gone.
    pub pointer: String,
    /// None where the field was absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Shown>,
    /// None where the field is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Shown>,
    /// Whether only the order of a list's items differs: `before` and `after` are their keys.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub order: bool,
    /// Who wrote it; none where no manager is recorded.
    #[serde(flatten)]
    pub by: Option<Manager>,
}

/// Two objects, or two states of one, to be compared.
pub struct Pair<'a> {
    resource: Resource,
    autoscaled: bool,
    /// As the server returned it.
    live: &'a Value,
    before: Value,
    after: Value,
    masks: Masks<'a>,
}

/// In what `after` differs from `before`. Where the workload is `autoscaled`, what its autoscaler made of
/// its replicas is no difference.
pub fn changes(
    resource: Resource,
    before: &Value,
    after: &Value,
    autoscaled: bool,
    masking: &Masking,
) -> Vec<Change> {
    Pair::new(resource, before, after, autoscaled, masking).changes()
}

impl<'a> Pair<'a> {
    pub fn new(
        resource: Resource,
        before: &Value,
        after: &'a Value,
        autoscaled: bool,
        masking: &'a Masking,
    ) -> Self {
        let (before, normal_after) = (normal(resource, before), normal(resource, after));
        let masks = masking.masks(resource, [&before, &normal_after]);
        Self { resource, autoscaled, live: after, before, after: normal_after, masks }
    }

    pub fn changes(&self) -> Vec<Change> {
        let (mut before, mut after) = (self.before.clone(), self.after.clone());
        // The first annotation is one more annotation, and not a map that was absent.
        normal::add_empty_maps(&mut before, &after);
        normal::add_empty_maps(&mut after, &before);
        let found = difference::differences_with(&before, &after, |field, before, after| {
            self.is_same(field, before, after)
        });
        found.into_iter().map(|difference| self.change(difference)).collect()
    }

    /// Both objects whole, masked, in the same words but for what differs.
    pub fn shown(&self) -> (Shown, Shown) {
        let before = difference::aligned(&self.before, &self.after, |field, before, after| {
            self.is_same(field, before, after)
        });
        (self.masks.shown("", &before), self.masks.shown("", &self.after))
    }

    fn is_same(&self, field: &[Key], before: Option<&Value>, after: Option<&Value>) -> bool {
        is_same(self.resource, field, before, after) || self.is_autoscalers(field, after)
    }

    // Who scales to zero through the subresource leaves no owner of `replicas`, and neither does who scales
    // up from there (observed on 1.35): then nobody is recorded, and it is a difference.
    fn is_autoscalers(&self, field: &[Key], after: Option<&Value>) -> bool {
        let is_replicas = matches!(field, [Key::Field(spec), Key::Field(replicas)]
            if spec == "spec" && replicas == "replicas");
        let replicas = after.filter(|_| self.autoscaled && is_replicas);
        replicas
            .and_then(|replicas| manager::of(self.live, "/spec/replicas", replicas))
            .is_some_and(|manager| manager.is_autoscaler())
    }

    fn change(&self, difference: Difference) -> Change {
        let Difference { path, pointer, before, after, order } = difference;
        // Neither what was removed nor an order leaves a trace.
        let recorded = after.as_ref().filter(|_| !order);
        let by = recorded.and_then(|value| manager::of(self.live, &pointer, value));
        Change {
            before: before.map(|value| self.masks.shown(&pointer, &value)),
            after: after.map(|value| self.masks.shown(&pointer, &value)),
            path,
            pointer,
            order,
            by,
        }
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS};
    use serde_json::json;

    use super::*;
    use crate::kinds::SECRETS;

    fn found(resource: Resource, before: &Value, after: &Value, autoscaled: bool) -> Vec<Change> {
        changes(resource, before, after, autoscaled, &Masking::new(false).unwrap())
    }

    fn paths(changes: &[Change]) -> Vec<&str> {
        changes.iter().map(|change| change.path.as_str()).collect()
    }

    fn entry(manager: &str, subresource: &str, time: &str, fields: Value) -> Value {
        json!({
            "manager": manager, "operation": "Update", "subresource": subresource, "time": time, "fieldsV1": fields,
        })
    }

    #[test]
    fn a_change_is_told_with_who_made_it() {
        let before = json!({"metadata": {"resourceVersion": "1"}, "data": {"a": "1", "b": "2", "same": "x"}});
        let after = json!({
            "metadata": {
                "resourceVersion": "2",
                "managedFields": [entry("kubectl-edit", "", "2026-01-01T10:00:00Z", json!({"f:data": {"f:a": {}}}))],
            },
            "data": {"a": "9", "same": "x"},
        });
        let changes = found(CONFIG_MAPS, &before, &after, false);
        let expected = json!([
            {
                "path": "data.a", "pointer": "/data/a", "before": "1", "after": "9",
                "manager": "kubectl-edit", "operation": "Update", "time": "2026-01-01T10:00:00Z",
            },
            {"path": "data.b", "pointer": "/data/b", "before": "2"},
        ]);
        assert_eq!(serde_json::to_value(&changes).unwrap(), expected);
    }

    #[test]
    fn the_clusters_own_noise_is_no_change() {
        let before = json!({
            "metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}, "generation": 1},
            "spec": {"template": {"spec": {"containers": [{"name": "web"}]}}},
            "status": {"replicas": 1},
        });
        let after = json!({
            "metadata": {
                "annotations": {
                    "deployment.kubernetes.io/revision": "2",
                    "kubectl.kubernetes.io/last-applied-configuration": "{}",
                },
                "generation": 2,
            },
            "spec": {"progressDeadlineSeconds": 600, "template": {
                "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}, "creationTimestamp": null},
                "spec": {"containers": [{"name": "web", "resources": {}}], "dnsPolicy": "ClusterFirst"},
            }},
        });
        // A template without any metadata is one that only a restart gave some.
        let found = found(DEPLOYMENTS, &before, &after, false);
        assert!(found.is_empty(), "{:?}", paths(&found));
    }

    #[test]
    fn replicas_are_the_autoscalers_or_a_persons() {
        let replicas = || json!({"f:spec": {"f:replicas": {}}});
        let autoscaler = entry("kube-controller-manager", "scale", "2026-01-01T10:00:00Z", replicas());
        let person = entry("kubectl", "scale", "2026-01-01T11:00:00Z", replicas());
        let deployment = |replicas: u32, managers: &[&Value]| json!({"metadata": {"managedFields": managers}, "spec": {"replicas": replicas}});
        let before = deployment(2, &[]);
        let scaled = deployment(5, &[&autoscaler]);
        assert!(found(DEPLOYMENTS, &before, &scaled, true).is_empty());
        assert_eq!(paths(&found(DEPLOYMENTS, &before, &scaled, false)), ["spec.replicas"]);
        let by_both = found(DEPLOYMENTS, &before, &deployment(5, &[&autoscaler, &person]), true);
        assert_eq!(by_both[0].by.as_ref().unwrap().name, "kubectl");
    }

    #[test]
    fn an_order_has_no_author() {
        let pod = |names: [&str; 2]| {
            let containers = names.map(|name| json!({"name": name}));
            let fields = json!({"f:spec": {"f:template": {"f:spec": {"f:initContainers": {}}}}});
            json!({
                "metadata": {"managedFields": [entry("helm", "", "2026-01-01T10:00:00Z", fields)]},
                "spec": {"template": {"spec": {"initContainers": containers}}},
            })
        };
        let changes = found(DEPLOYMENTS, &pod(["a", "b"]), &pod(["b", "a"]), false);
        let expected = json!([{
            "path": "spec.template.spec.initContainers", "pointer": "/spec/template/spec/initContainers",
            "before": ["a", "b"], "after": ["b", "a"], "order": true,
        }]);
        assert_eq!(serde_json::to_value(&changes).unwrap(), expected);
    }

    #[test]
    fn values_of_secrets_stay_inside() {
        let (old, new) = ("aHVudGVyMg==", "aHVudGVyMw==");
        let secret = |value: &str, note: &str| json!({"metadata": {"annotations": {"note": note}}, "data": {"token": value, "more": value}});
        let (before, after) = (secret(old, "is hunter2"), secret(new, "was hunter2"));
        let masking = Masking::new(false).unwrap();
        let pair = Pair::new(SECRETS, &before, &after, false, &masking);
        let (one, other) = pair.shown();
        let changes = serde_json::to_string(&pair.changes()).unwrap();
        let all = format!("{changes}{}{}", one.value(), other.value());
        for value in ["hunter", old, new] {
            assert!(!all.contains(value), "{all}");
        }
        assert_eq!(paths(&pair.changes()), ["data.more", "data.token", "metadata.annotations.note"]);
        assert_eq!(pair.changes()[0].after, pair.changes()[1].after);
    }

    #[test]
    fn the_whole_objects_differ_in_the_changes_only() {
        let before = json!({"metadata": {"name": "web"}, "spec": {"replicas": 2, "strategy": {"type": "Recreate"},
            "template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "resources": {"limits": {"cpu": "1"}}}]}}}});
        let after = json!({"metadata": {"name": "web"}, "spec": {"replicas": 2, "minReadySeconds": 0,
            "template": {"spec": {"containers": [{"name": "b", "resources": {"limits": {"cpu": "1000m"}}}, {"name": "a"}]}}}});
        let masking = Masking::new(false).unwrap();
        let (one, other) = Pair::new(DEPLOYMENTS, &before, &after, false, &masking).shown();
        let mut expected = after.clone();
        expected["spec"]["strategy"] = json!({"type": "Recreate"});
        assert_eq!((one.value(), other.value()), (&expected, &after));
    }

    #[test]
    fn the_first_of_several_is_one_as_any_other() {
        let before = json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}});
        let after = json!({"metadata": {
            "labels": {"app": "shop"},
            "annotations": {"deployment.kubernetes.io/revision": "1", "mine": "1"},
        }});
        assert_eq!(
            paths(&found(DEPLOYMENTS, &before, &after, false)),
            ["metadata.annotations.mine", "metadata.labels.app"]
        );
        assert_eq!(
            paths(&found(DEPLOYMENTS, &after, &before, false)),
            ["metadata.annotations.mine", "metadata.labels.app"]
        );
        let (bare, filled) = (json!({"metadata": {}}), json!({"metadata": {}, "data": {"a": "1"}}));
        assert_eq!(paths(&found(CONFIG_MAPS, &bare, &filled, false)), ["data.a"]);
        assert_eq!(paths(&found(SECRETS, &filled, &bare, false)), ["data.a"]);
    }
}
