//! Which of its pods a ReplicaSet deletes first.

use std::cmp::Ordering;
use std::collections::HashMap;

use jiff::Timestamp;

use super::POD_DELETION_COST;
use super::pod::Pod;

/// Puts the active pods of one ReplicaSet in the order in which it would delete them
/// (pkg/controller/controller_utils.go: `ActivePodsWithRanks`).
///
/// Pods of the Deployment's other ReplicaSets, which count for the rank by node, are not looked at:
/// outside a rollout there are none.
pub fn sort_by_deletion(pods: &mut [&Pod], now: Timestamp) {
    let mut on_node: HashMap<Option<&str>, usize> = HashMap::new();
    for pod in pods.iter() {
        *on_node.entry(pod.node()).or_default() += 1;
    }
    let on_node: HashMap<String, usize> =
        pods.iter().map(|pod| (pod.metadata.uid.clone(), on_node[&pod.node()])).collect();
    pods.sort_by(|one, other| {
        let doubled_up = |pod: &Pod| on_node.get(&pod.metadata.uid).copied().unwrap_or_default();
        one.node()
            .is_some()
            .cmp(&other.node().is_some())
            .then(phase(one).cmp(&phase(other)))
            .then(one.is_ready().cmp(&other.is_ready()))
            .then(deletion_cost(one).cmp(&deletion_cost(other)))
            .then(doubled_up(other).cmp(&doubled_up(one)))
            .then_with(|| match one.is_ready() && other.is_ready() {
                true => by_age(ready_since(one), ready_since(other), one, other, now),
                false => Ordering::Equal,
            })
            .then(other.most_restarts().cmp(&one.most_restarts()))
            .then_with(|| {
                by_age(one.metadata.creation_timestamp, other.metadata.creation_timestamp, one, other, now)
            })
    });
}

fn phase(pod: &Pod) -> u8 {
    match pod.status.phase.as_str() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    }
}

/// The pod's deletion cost: those that cost less go first.
#[must_use]
pub fn deletion_cost(pod: &Pod) -> i32 {
    pod.metadata.annotation(POD_DELETION_COST).and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    pod.condition("Ready")?.1.last_transition_time
}

/// The younger first; ages count in powers of two (`logarithmicRankDiff`), and of equally old pods
/// the uid decides, which is as good as chance.
fn by_age(one: Option<Timestamp>, other: Option<Timestamp>, a: &Pod, b: &Pod, now: Timestamp) -> Ordering {
    if one == other {
        return Ordering::Equal;
    }
    let magnitude = |since: Option<Timestamp>| {
        let nanoseconds = now.duration_since(since?).as_nanos();
        Some(u128::try_from(nanoseconds).ok().filter(|&age| age > 0).map_or(-1, |age| i64::from(age.ilog2())))
    };
    match (magnitude(one), magnitude(other)) {
        (Some(one), Some(other)) => one.cmp(&other).then_with(|| a.metadata.uid.cmp(&b.metadata.uid)),
        // No time at all counts as youngest.
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    /// A pod Ready since 11:00 on a node of its own, but for what the test says.
    fn pod(name: &str, change: fn(&mut Value)) -> Pod {
        let mut json = json!({
            "metadata": {"name": name, "uid": name, "creationTimestamp": "2026-11-22T10:00:00Z"},
            "spec": {"nodeName": name},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T11:00:00Z"}],
            },
        });
        change(&mut json);
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn pods_go_in_the_order_of_the_controller() {
        let pods = [
            pod("old", |_| ()),
            pod("kept", |json| json["metadata"]["annotations"] = json!({POD_DELETION_COST: "100"})),
            pod("young", |json| {
                json["status"]["conditions"][0]["lastTransitionTime"] = json!("2026-11-22T11:59:50Z");
            }),
            pod("twin-1", |json| json["spec"]["nodeName"] = json!("shared")),
            pod("twin-2", |json| {
                json["spec"]["nodeName"] = json!("shared");
                json["status"]["conditions"][0]["lastTransitionTime"] = json!("2026-11-22T11:59:50Z");
            }),
            pod("cheap", |json| json["metadata"]["annotations"] = json!({POD_DELETION_COST: "-1"})),
            pod("unready", |json| json["status"]["conditions"][0]["status"] = json!("False")),
            pod("pending", |json| json["status"]["phase"] = json!("Pending")),
            pod("unassigned", |json| json["spec"] = json!({})),
        ];
        let mut order: Vec<_> = pods.iter().collect();
        sort_by_deletion(&mut order, NOW.parse().unwrap());
        let names: Vec<_> = order.iter().map(|pod| pod.metadata.name.as_str()).collect();
        let expected =
            ["unassigned", "pending", "unready", "cheap", "twin-2", "twin-1", "young", "old", "kept"];
        assert_eq!(names, expected);
    }
}
