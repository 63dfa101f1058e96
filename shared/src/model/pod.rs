//! Pods: what state one is in, in the terms that controllers use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::object::Metadata;

/// A pod, as far as Drover reads it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Its metadata.
    pub metadata: Metadata,
    /// What it is meant to be.
    spec: PodSpec,
    /// What the kubelet and the scheduler say of it.
    pub status: PodStatus,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodSpec {
    node_name: Option<String>,
    termination_grace_period_seconds: Option<u64>,
    readiness_gates: Vec<ReadinessGate>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReadinessGate {
    condition_type: String,
}

/// A pod's status.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Its conditions, in the server's order, which a JSON patch refers to.
    pub conditions: Vec<Condition>,
    #[serde(rename = "podIPs")]
    pod_ips: Vec<PodAddress>,
    /// How its init containers are.
    pub init_container_statuses: Vec<ContainerStatus>,
    /// How its containers are.
    pub container_statuses: Vec<ContainerStatus>,
    /// How its ephemeral containers are.
    pub ephemeral_container_statuses: Vec<ContainerStatus>,
}

/// A condition as Kubernetes writes it on pods, ReplicaSets and more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// Such as `Ready`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// A word for machines.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// When the status last changed.
    pub last_transition_time: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct PodAddress {
    ip: String,
}

/// What the kubelet says of one container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// How often it was started again.
    pub restart_count: u32,
    /// Whether its startup probe succeeded, or it has none and its postStart ended.
    pub started: Option<bool>,
    /// How it is now.
    pub state: ContainerState,
    /// How it was before its last start.
    pub last_state: ContainerState,
}

impl ContainerStatus {
    /// Whether the runtime could not start its program: above all, there is no such file (containerd
    /// says `StartError`, cri-dockerd `ContainerCannotRun`).
    #[must_use]
    pub fn could_not_start(&self) -> bool {
        self.last_end().is_some_and(|end| matches!(end.reason.as_str(), "StartError" | "ContainerCannotRun"))
    }

    /// How it last ended, if it ever did.
    #[must_use]
    pub fn last_end(&self) -> Option<&Terminated> {
        self.state.terminated.as_ref().or(self.last_state.terminated.as_ref())
    }
}

/// One of three states of a container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// It does not run yet, or not again.
    pub waiting: Option<Waiting>,
    /// It runs.
    pub running: Option<Running>,
    /// It has ended.
    pub terminated: Option<Terminated>,
}

/// Why a container does not run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// A word for machines, such as `CrashLoopBackOff`.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

impl Waiting {
    /// Every container passes through these two on its way up.
    fn explains_nothing(&self) -> bool {
        matches!(self.reason.as_str(), "ContainerCreating" | "PodInitializing")
    }
}

/// Since when a container runs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    /// By the node's clock.
    pub started_at: Option<Timestamp>,
}

impl Terminated {
    /// Such as `exits with 1 (Error) after 2s`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        // One that could not be started has the year 1970 there (observed with containerd).
        let started_at = self.started_at.filter(|from| *from > Timestamp::UNIX_EPOCH);
        let ran = started_at.zip(self.finished_at).map(|(from, to)| to.duration_since(from).as_secs());
        let after = ran.map_or(String::new(), |seconds| format!(" after {seconds}s"));
        format!("exits with {}{reason}{after}", self.exit_code)
    }
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated {
    /// The exit code; 128 and more for a signal, or for a container that could not be started.
    pub exit_code: i32,
    /// A word for machines, such as `Error`, `OOMKilled` or `StartError`.
    pub reason: String,
    /// What it left in its termination log, or why it could not be started.
    pub message: String,
    /// When it began to run, by the node's clock.
    pub started_at: Option<Timestamp>,
    /// When it ended, by the node's clock.
    pub finished_at: Option<Timestamp>,
}

impl Pod {
    /// The node it was scheduled to.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.spec.node_name.as_deref()
    }

    /// The seconds it has to end by itself once it is deleted.
    #[must_use]
    pub fn grace_period_seconds(&self) -> u64 {
        // What Kubernetes sets when a pod names none: pkg/apis/core/v1/defaults.go.
        self.spec.termination_grace_period_seconds.unwrap_or(30)
    }

    /// Whether it is Ready only once that condition is true.
    #[must_use]
    pub fn has_gate(&self, condition: &str) -> bool {
        self.spec.readiness_gates.iter().any(|gate| gate.condition_type == condition)
    }

    /// Whether its `Ready` condition is true.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|(_, condition)| condition.status == "True")
    }

    /// A condition and its place in the list.
    #[must_use]
    pub fn condition(&self, name: &str) -> Option<(usize, &Condition)> {
        self.status.conditions.iter().enumerate().find(|(_, condition)| condition.r#type == name)
    }

    /// Whether controllers still count it: neither finished nor being deleted
    /// (pkg/controller/controller_utils.go: `IsPodActive`).
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.is_finished() && self.metadata.deletion_timestamp.is_none()
    }

    /// Whether all its containers have ended for good.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// Whether the kubelet made it from a file, so that the API server's copy only mirrors it.
    #[must_use]
    pub fn is_mirror(&self) -> bool {
        self.metadata.annotation("kubernetes.io/config.mirror").is_some()
    }

    /// All its addresses.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.status.pod_ips.iter().map(|address| address.ip.clone()).collect()
    }

    /// The names of the containers that run, sidecars and ephemeral ones among them.
    pub fn running_containers(&self) -> impl Iterator<Item = &str> {
        let PodStatus { init_container_statuses, container_statuses, ephemeral_container_statuses, .. } =
            &self.status;
        let all =
            container_statuses.iter().chain(init_container_statuses).chain(ephemeral_container_statuses);
        all.filter(|container| container.state.running.is_some()).map(|container| container.name.as_str())
    }

    /// How often its containers were restarted.
    #[must_use]
    pub fn restarts(&self) -> u32 {
        self.status.container_statuses.iter().map(|container| container.restart_count).sum()
    }

    /// The restarts of the container with most.
    #[must_use]
    pub fn most_restarts(&self) -> u32 {
        let containers = self.status.container_statuses.iter();
        containers.map(|container| container.restart_count).max().unwrap_or(0)
    }

    /// What is wrong with it, in a few words: how a container of it last ended, what one waits for, else
    /// why it is not Ready.
    #[must_use]
    pub fn trouble(&self) -> String {
        let containers = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        let mut ended = containers.filter_map(|status| Some((&status.name, status.last_end()?)));
        match ended.find(|(_, end)| end.exit_code != 0) {
            Some((name, end)) => format!("{name} {}", end.in_words()),
            None => {
                let containers =
                    self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
                let mut waiting =
                    containers.filter_map(|status| Some((&status.name, status.state.waiting.as_ref()?)));
                match waiting.find(|(_, waiting)| !waiting.explains_nothing()) {
                    Some((name, waiting)) => format!("{name} waits, {}", waiting.reason),
                    None => self.reason_not_ready(),
                }
            }
        }
    }

    /// Why it is not Ready, as specific as its status says: not scheduled, a container waiting, or
    /// the `Ready` condition's own words.
    #[must_use]
    pub fn reason_not_ready(&self) -> String {
        if let Some((_, scheduled)) = self.condition("PodScheduled")
            && scheduled.status == "False"
        {
            return sentence(&scheduled.reason, &scheduled.message);
        }
        let containers = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        for container in containers {
            if let Some(waiting) = &container.state.waiting
                && !waiting.explains_nothing()
            {
                let words = sentence(&waiting.reason, &waiting.message);
                return format!("container {}: {words}", container.name);
            }
        }
        match self.condition("Ready") {
            Some((_, ready)) if ready.status != "True" && !ready.message.is_empty() => {
                sentence(&ready.reason, &ready.message)
            }
            _ => self.status.phase.clone(),
        }
    }
}

fn sentence(reason: &str, message: &str) -> String {
    match (reason.is_empty(), message.is_empty()) {
        (false, false) => format!("{reason}: {message}"),
        (false, true) => reason.to_owned(),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(status: serde_json::Value) -> Pod {
        serde_json::from_value(serde_json::json!({"status": status})).unwrap()
    }

    #[test]
    fn the_most_specific_reason_wins() {
        let unscheduled = pod(serde_json::json!({
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                            "message": "0/1 nodes are available"}],
        }));
        assert_eq!(unscheduled.reason_not_ready(), "Unschedulable: 0/1 nodes are available");
        let waiting = pod(serde_json::json!({
            "phase": "Pending",
            "containerStatuses": [{"name": "web", "state": {"waiting": {"reason": "ErrImagePull"}}}],
        }));
        assert_eq!(waiting.reason_not_ready(), "container web: ErrImagePull");
        let unready = pod(serde_json::json!({
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady",
                            "message": "containers with unready status: [web]"}],
        }));
        let words = "ContainersNotReady: containers with unready status: [web]";
        assert_eq!(unready.reason_not_ready(), words);
        assert_eq!(pod(serde_json::json!({"phase": "Pending"})).reason_not_ready(), "Pending");
    }

    #[test]
    fn null_fields_are_read_as_absent() {
        let pod: Pod = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "a", "creationTimestamp": null},
            "status": {"phase": "Running"},
        }))
        .unwrap();
        assert!(pod.is_active() && !pod.is_ready() && pod.addresses().is_empty());
    }
}
