//! Why the pod was deleted, where somebody wrote it down.

use serde_json::Value;

use super::super::record::Record;
use super::{Sign, Verdict, clock};

pub fn verdict(record: &Record) -> Option<Verdict> {
    disruption(record).or_else(|| by_controller(record))
}

/// Whoever disrupts a pod says so in its status before it deletes the pod (KEP-3329).
pub fn disruption(record: &Record) -> Option<Verdict> {
    let conditions = record.status()?.conditions.as_ref()?;
    let target = conditions.iter().find(|one| one.type_ == "DisruptionTarget" && one.status == "True")?;
    let reason = target.reason.as_deref().unwrap_or_default();
    let cause = match reason {
        "EvictionByEvictionAPI" => "somebody evicted it, as a drain does",
        "PreemptionByScheduler" => "a pod of higher priority needed its place",
        "DeletionByTaintManager" => "its node was tainted",
        "DeletionByPodGC" => "its node was gone",
        "TerminationByKubelet" => "its node ran short of resources, or was shut down",
        other => other,
    };
    let message = target.message.as_deref().unwrap_or_default();
    // That one leaves the pod, as failed.
    let fate = if reason == "TerminationByKubelet" { "stopped" } else { "deleted" };
    let verdict = Verdict::new(Sign::Note, format!("{fate} since {cause}"));
    Some(verdict.proven_by(format!("condition DisruptionTarget {reason}: {message}")))
}

/// A controller that needs fewer pods writes down which one it deleted.
fn by_controller(record: &Record) -> Option<Verdict> {
    let event = record.deletion_by_controller()?;
    let owner = format!("{}/{}", event.object.kind, event.object.name);
    let cause = record.owner.as_ref().and_then(|owner| match event.object.kind.as_str() {
        "ReplicaSet" => of_replica_set(owner),
        "StatefulSet" => of_stateful_set(record, owner),
        _ => None,
    });
    let why = match event.object.kind.as_str() {
        _ if cause == Some(Cause::Rollout) => ": a rollout",
        _ if cause == Some(Cause::ScaledDown) => ": it was scaled down",
        "ReplicaSet" | "StatefulSet" => ": a rollout, or fewer replicas",
        "DaemonSet" => ": a rollout, or it has no place on that node any more",
        "Job" => ": it is suspended, over, or needs fewer pods",
        _ => "",
    };
    let verdict = Verdict::new(Sign::Note, format!("deleted by {owner}{why}"));
    let at = clock(&record.moment(event));
    Some(verdict.proven_by(format!("event SuccessfulDelete of {owner} at {at}")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Rollout,
    ScaledDown,
}

/// Its Deployment notes on it how many replicas there are to be in all (pkg/controller/deployment/util:
/// `SetReplicasAnnotations`). Where this set has a part of them, both may be.
fn of_replica_set(owner: &Value) -> Option<Cause> {
    let replicas = owner["spec"]["replicas"].as_i64()?;
    let desired = owner["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"].as_str()?;
    match (replicas, desired.parse::<i64>().ok()?) {
        (replicas, desired) if replicas == desired => Some(Cause::ScaledDown),
        (0, _) => Some(Cause::Rollout),
        _ => None,
    }
}

/// Its pods are numbered, and labelled with their revision.
fn of_stateful_set(record: &Record, owner: &Value) -> Option<Cause> {
    let labels = record.pod.as_ref()?.metadata.labels.as_ref()?;
    let (_, ordinal) = record.name.rsplit_once('-')?;
    let first = owner["spec"]["ordinals"]["start"].as_i64().unwrap_or_default();
    let is_surplus = ordinal.parse::<i64>().ok()? >= first + owner["spec"]["replicas"].as_i64()?;
    let update = owner["status"]["updateRevision"].as_str()?;
    let is_old = labels.get("controller-revision-hash").is_some_and(|revision| revision != update);
    if is_surplus { Some(Cause::ScaledDown) } else { is_old.then_some(Cause::Rollout) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{deleted, event, of_owner, pod, record};
    use super::*;

    fn text(record: &Record) -> Option<String> {
        verdict(record).map(|verdict| verdict.text)
    }

    #[test]
    fn whoever_disrupts_it_says_so() {
        let condition = |status: &str| {
            let mut pod = deleted(pod(json!({})), "20", 30);
            pod["status"]["conditions"] = json!([{
                "type": "DisruptionTarget", "status": status, "reason": "EvictionByEvictionAPI", "message": "evicting",
            }]);
            text(&record(pod, vec![]))
        };
        assert_eq!(condition("True").as_deref(), Some("deleted since somebody evicted it, as a drain does"));
        assert_eq!(condition("False"), None);
    }

    #[test]
    fn its_controller_deleted_this_pod_and_no_other() {
        let by = |message: &str, at: &str| {
            let mut record = record(deleted(pod(json!({})), "20", 30), vec![event("Killing", "20.1")]);
            record.deletions = vec![of_owner("SuccessfulDelete", message, at)];
            text(&record)
        };
        let expected = "deleted by ReplicaSet/web: a rollout, or fewer replicas";
        assert_eq!(by("Deleted pod: web-1", "20").as_deref(), Some(expected));
        assert_eq!(by("delete Pod web-1 in StatefulSet web successful", "20").as_deref(), Some(expected));
        assert_eq!(by("Deleted pod: web-10", "20"), None, "another pod");
    }

    #[test]
    fn its_controller_tells_a_rollout_from_fewer_replicas() {
        let by = |kind: &str, owner: Value| {
            let mut pod = deleted(pod(json!({})), "20", 30);
            pod["metadata"]["labels"] = json!({"controller-revision-hash": "web-old"});
            let mut event = of_owner("SuccessfulDelete", "Deleted pod: web-1", "20");
            event.object.kind = kind.to_owned();
            let record = Record { deletions: vec![event], owner: Some(owner), ..record(pod, vec![]) };
            text(&record).unwrap().split_once(": ").unwrap().1.to_owned()
        };
        let (rollout, scaled, either) = ("a rollout", "it was scaled down", "a rollout, or fewer replicas");
        let set = |replicas: i64, desired: &str| {
            let annotations = json!({"deployment.kubernetes.io/desired-replicas": desired});
            by(
                "ReplicaSet",
                json!({"metadata": {"annotations": annotations}, "spec": {"replicas": replicas}}),
            )
        };
        assert_eq!([set(0, "3"), set(2, "2"), set(0, "0"), set(1, "3")], [rollout, scaled, scaled, either]);
        assert_eq!(by("ReplicaSet", json!({"spec": {"replicas": 1}})), either, "of no Deployment");
        let set = |replicas: i64, update: &str| {
            by("StatefulSet", json!({"spec": {"replicas": replicas}, "status": {"updateRevision": update}}))
        };
        assert_eq!([set(2, "web-new"), set(1, "web-old"), set(2, "web-old")], [rollout, scaled, either]);
    }

    #[test]
    fn an_earlier_pod_of_the_same_name_is_another() {
        // The pod of that name before this one, which was created at :00.
        let mut record = record(deleted(pod(json!({})), "20", 30), vec![]);
        let mut before = of_owner("SuccessfulDelete", "Deleted pod: web-1", "20");
        before.last = "2025-12-31T23:59:30Z".parse().unwrap();
        record.deletions = vec![before];
        assert_eq!(text(&record), None, "an earlier pod of the same name");
    }
}
