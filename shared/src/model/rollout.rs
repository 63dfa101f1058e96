//! Whether a workload runs as it is wanted, as `kubectl rollout status` sees it
//! (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).

use super::object::{DAEMON_SETS, DEPLOYMENTS, Resource, STATEFUL_SETS};
use serde_json::Value;

/// What is still missing; none when all pods run as wanted, or when nothing is to be waited for.
#[must_use]
pub fn missing(resource: Resource, object: &Value) -> Option<String> {
    let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    let [updated, available, all] = match resource {
        DEPLOYMENTS => ["updatedReplicas", "availableReplicas", "replicas"],
        STATEFUL_SETS => ["updatedReplicas", "readyReplicas", "replicas"],
        DAEMON_SETS => ["updatedNumberScheduled", "numberAvailable", "desiredNumberScheduled"],
        _ => return None,
    };
    // Pods change only when a person deletes them, or when it goes on.
    if object["spec"]["updateStrategy"]["type"] == "OnDelete" || object["spec"]["paused"] == true {
        return None;
    }
    let status = |name: &str| number(&format!("/status/{name}"));
    if status("observedGeneration") < number("/metadata/generation") {
        return Some("its controller has not seen the change yet".to_owned());
    }
    let partition = number("/spec/updateStrategy/rollingUpdate/partition");
    let wanted = match resource {
        DAEMON_SETS => status(all),
        _ => object["spec"]["replicas"].as_i64().unwrap_or(1),
    };
    let to_update = (wanted - partition).max(0);
    if status(updated) < to_update {
        return Some(format!("{} of {to_update} pods are updated", status(updated)));
    }
    if resource == DEPLOYMENTS && status(all) > status(updated) {
        return Some(format!("{} old pods are still there", status(all) - status(updated)));
    }
    if status(available) < wanted {
        return Some(format!("{} of {wanted} pods are available", status(available)));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::object::CONFIG_MAPS;

    fn deployment(status: Value) -> Option<String> {
        missing(
            DEPLOYMENTS,
            &json!({"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}),
        )
    }

    #[test]
    fn a_deployment_is_followed_to_its_last_pod() {
        let status = |seen: u32, updated: u32, available: u32, all: u32| json!({"observedGeneration": seen, "updatedReplicas": updated, "availableReplicas": available, "replicas": all});
        assert!(deployment(status(1, 2, 2, 2)).unwrap().contains("not seen"));
        assert_eq!(deployment(status(2, 1, 2, 3)).unwrap(), "1 of 2 pods are updated");
        assert_eq!(deployment(status(2, 2, 2, 3)).unwrap(), "1 old pods are still there");
        assert_eq!(deployment(status(2, 2, 1, 2)).unwrap(), "1 of 2 pods are available");
        assert_eq!(deployment(status(2, 2, 2, 2)), None);
    }

    #[test]
    fn what_changes_no_pods_is_not_waited_for() {
        assert_eq!(missing(CONFIG_MAPS, &json!({})), None);
        let set = json!({"metadata": {"generation": 2}, "spec": {"updateStrategy": {"type": "OnDelete"}}});
        assert_eq!(missing(STATEFUL_SETS, &set), None);
        let paused = json!({"metadata": {"generation": 2}, "spec": {"paused": true}});
        assert_eq!(missing(DEPLOYMENTS, &paused), None);
    }
}
