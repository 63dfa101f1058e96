//! What comes of a write besides the write.

use drover::model::gitops::reconciler;
use drover::model::object::{DAEMON_SETS, DEPLOYMENTS, Metadata, ObjectRef, Resource, STATEFUL_SETS};
use serde::Deserialize;
use serde_json::Value;

use super::immutable::is_below;
use super::plan::Consequence;
use crate::compare::Change;
use crate::kinds::{CLAIMS, ROLLOUTS};

/// Of an object that is updated from `live` to `body` by these changes.
pub fn of_update(object: &ObjectRef, live: &Value, body: &Value, changes: &[Change]) -> Vec<Consequence> {
    let resource = object.resource;
    let mut found = Vec::new();
    if let Some(pods) = replaced(resource, live, body, changes).filter(|pods| *pods > 0) {
        found.push(Consequence::Restarts { pods, all_at_once: all_at_once(resource, body) });
    }
    if resource == STATEFUL_SETS && deletes_claims(body, "whenScaled") && replicas(body) < replicas(live) {
        found.push(Consequence::LosesData);
    }
    found.extend(reverted(object, live));
    found
}

/// Who brings back what is there now.
pub fn reverted(object: &ObjectRef, live: &Value) -> Option<Consequence> {
    let metadata = Metadata::deserialize(&live["metadata"]).ok()?;
    let by = reconciler(object, &metadata)?;
    Some(Consequence::Reverted { by: by.name, pause: by.pause })
}

/// Whether data goes with the object.
pub fn loses_data(resource: Resource, live: &Value) -> bool {
    resource == CLAIMS || resource == STATEFUL_SETS && deletes_claims(live, "whenDeleted")
}

/// How many pods a controller replaces because of these changes; none where it does not by itself.
pub fn replaced(resource: Resource, live: &Value, body: &Value, changes: &[Change]) -> Option<u64> {
    if !changes.iter().any(|change| is_below(&change.pointer, "/spec/template")) {
        return None;
    }
    let strategy = &body["spec"]["updateStrategy"];
    match resource {
        DEPLOYMENTS | ROLLOUTS if body["spec"]["paused"] == true => None,
        STATEFUL_SETS | DAEMON_SETS if strategy["type"] == "OnDelete" => None,
        STATEFUL_SETS => {
            let kept = strategy["rollingUpdate"]["partition"].as_u64().unwrap_or_default();
            Some(replicas(live).saturating_sub(kept))
        }
        DEPLOYMENTS | ROLLOUTS | DAEMON_SETS => pods(resource, live),
        _ => None,
    }
}

/// How many pods a workload is to have; none where it does not say.
pub fn pods(resource: Resource, live: &Value) -> Option<u64> {
    match resource {
        DEPLOYMENTS | ROLLOUTS | STATEFUL_SETS => Some(replicas(live)),
        DAEMON_SETS => live["status"]["desiredNumberScheduled"].as_u64(),
        _ => None,
    }
}

fn all_at_once(resource: Resource, body: &Value) -> bool {
    resource == DEPLOYMENTS && body["spec"]["strategy"]["type"] == "Recreate"
}

fn replicas(workload: &Value) -> u64 {
    workload["spec"]["replicas"].as_u64().unwrap_or(1)
}

fn deletes_claims(set: &Value, when: &str) -> bool {
    set["spec"]["persistentVolumeClaimRetentionPolicy"][when] == "Delete"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compare::{Masking, changes};

    fn of(resource: Resource, live: &Value, body: &Value) -> Vec<Consequence> {
        let object = ObjectRef::namespaced(resource, "shop", "web");
        let changes = changes(resource, live, body, false, &Masking::new(false).unwrap());
        of_update(&object, live, body, &changes)
    }

    fn workload(image: &str, spec: Value) -> Value {
        let mut object =
            json!({"metadata": {"name": "web"}, "spec": spec, "status": {"desiredNumberScheduled": 5}});
        object["spec"]["template"] = json!({"spec": {"containers": [{"name": "web", "image": image}]}});
        object
    }

    #[test]
    fn pods_are_replaced_when_their_template_changes() {
        let restarts =
            |resource, spec: &Value| of(resource, &workload("1", spec.clone()), &workload("2", spec.clone()));
        let pods = |pods| vec![Consequence::Restarts { pods, all_at_once: false }];
        assert_eq!(restarts(DEPLOYMENTS, &json!({"replicas": 3})), pods(3));
        assert_eq!(restarts(DAEMON_SETS, &json!({})), pods(5));
        let partition = json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}});
        assert_eq!(restarts(STATEFUL_SETS, &partition), pods(1));
        let recreate = json!({"replicas": 3, "strategy": {"type": "Recreate"}});
        assert_eq!(restarts(DEPLOYMENTS, &recreate), [Consequence::Restarts { pods: 3, all_at_once: true }]);
        for (resource, spec) in [
            (DEPLOYMENTS, json!({"replicas": 3, "paused": true})),
            (DEPLOYMENTS, json!({"replicas": 0})),
            (STATEFUL_SETS, json!({"updateStrategy": {"type": "OnDelete"}})),
        ] {
            assert_eq!(restarts(resource, &spec), [], "{spec}");
        }
        assert_eq!(
            of(DEPLOYMENTS, &workload("1", json!({"replicas": 1})), &workload("1", json!({"replicas": 2}))),
            []
        );
    }

    #[test]
    fn fewer_replicas_may_cost_claims() {
        let set = |replicas: u32| {
            let retention = json!({"whenScaled": "Delete"});
            workload("1", json!({"replicas": replicas, "persistentVolumeClaimRetentionPolicy": retention}))
        };
        assert_eq!(of(STATEFUL_SETS, &set(3), &set(2)), [Consequence::LosesData]);
        assert_eq!(of(STATEFUL_SETS, &set(2), &set(3)), []);
    }

    #[test]
    fn who_writes_it_again_is_named() {
        let live = json!({"metadata": {"name": "web", "labels": {"argocd.argoproj.io/instance": "front"}}});
        let object = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        let Some(Consequence::Reverted { by, .. }) = reverted(&object, &live) else { panic!() };
        assert_eq!(by, "Argo CD application front");
    }
}
