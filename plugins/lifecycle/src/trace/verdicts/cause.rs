//! Why the pod was deleted, where somebody wrote it down.

use drover::print::escape;

use super::super::record::Record;
use super::{Sign, Verdict, clock};

pub fn verdict(record: &Record) -> Option<Verdict> {
    disruption(record).or_else(|| by_controller(record))
}

/// Whoever disrupts a pod says so in its status before it deletes the pod (KEP-3329).
fn disruption(record: &Record) -> Option<Verdict> {
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
    let message = escape(target.message.as_deref().unwrap_or_default()).into_owned();
    let verdict = Verdict::new(Sign::Note, format!("deleted since {cause}"));
    Some(verdict.proven_by(format!("condition DisruptionTarget {reason}: {message}")))
}

/// A controller that needs fewer pods writes down which one it deleted.
fn by_controller(record: &Record) -> Option<Verdict> {
    let event = record.deletion_by_controller()?;
    let owner = format!("{}/{}", event.object.kind, event.object.name);
    let why = match event.object.kind.as_str() {
        "ReplicaSet" | "StatefulSet" => ": a rollout, or fewer replicas",
        "DaemonSet" => ": a rollout, or it has no place on that node any more",
        "Job" => ": it is suspended, over, or needs fewer pods",
        _ => "",
    };
    let verdict = Verdict::new(Sign::Note, format!("deleted by {owner}{why}"));
    let at = clock(&record.moment(event));
    Some(verdict.proven_by(format!("event SuccessfulDelete of {owner} at {at}")))
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
        // The pod of that name before this one, which was created at :00.
        let mut record = record(deleted(pod(json!({})), "20", 30), vec![]);
        let mut before = of_owner("SuccessfulDelete", "Deleted pod: web-1", "20");
        before.last = "2025-12-31T23:59:30Z".parse().unwrap();
        record.deletions = vec![before];
        assert_eq!(text(&record), None, "an earlier pod of the same name");
    }
}
