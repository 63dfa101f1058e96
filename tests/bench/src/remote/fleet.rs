//! 50 pods of a Deployment that no node runs: in the kubelet's place, we say of each that it is ready.

use std::collections::BTreeSet;
use std::thread;

use harness::{Namespace, Objects};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The Deployment.
pub const NAME: &str = "fleet";

pub const COUNT: usize = 50;

/// How long all of them may take.
const SECONDS: u64 = 180;

/// The Deployment as it is between two rollouts.
pub struct Fleet<'namespace> {
    namespace: &'namespace Namespace,
}

impl<'namespace> Fleet<'namespace> {
    pub fn open(namespace: &'namespace Namespace) -> Self {
        namespace.apply(&deployment().to_string());
        let fleet = Self { namespace };
        fleet.tend(&BTreeSet::new());
        fleet
    }

    /// Does something that replaces all of them, and has the new ones become ready meanwhile.
    pub fn while_replaced<T>(&self, act: impl FnOnce() -> T) -> T {
        let before = self.namespace.watch_until(&pods(), SECONDS, |pods| Some(uids(pods)));
        thread::scope(|scope| {
            let tending = scope.spawn(|| self.tend(&before));
            let answer = act();
            tending.join().expect("all pods become ready");
            answer
        })
    }

    /// Until all of them are ready, and none of those before is left.
    fn tend(&self, before: &BTreeSet<String>) {
        loop {
            let waiting = self.namespace.watch_until(&pods(), SECONDS, |pods| {
                let waiting: Vec<_> = pods.values().filter(|pod| !is_ready(pod)).map(name).collect();
                let is_settled = pods.len() == COUNT && uids(pods).is_disjoint(before);
                (!waiting.is_empty() || is_settled).then_some(waiting)
            });
            if waiting.is_empty() {
                return;
            }
            let patch = format!("--patch={}", json!({"status": status()}));
            let words = ["patch", "--subresource=status", &patch, "pod"].map(str::to_owned);
            // One that went meanwhile is not there any more.
            self.namespace.kubectl(words.into_iter().chain(waiting));
        }
    }
}

fn pods() -> String {
    format!("pods?labelSelector=app={NAME}")
}

fn uids(pods: &Objects) -> BTreeSet<String> {
    pods.keys().cloned().collect()
}

fn name(pod: &Value) -> String {
    pod["metadata"]["name"].as_str().expect("a pod has a name").to_owned()
}

fn is_ready(pod: &Value) -> bool {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// As large as a kubelet's.
fn status() -> Value {
    let now = Timestamp::from_second(Timestamp::now().as_second()).expect("the time of day").to_string();
    let kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];
    let conditions = kinds.map(|kind| json!({"type": kind, "status": "True", "lastTransitionTime": now}));
    json!({
        "phase": "Running",
        "startTime": now,
        "podIP": "192.0.2.1",
        "podIPs": [{"ip": "192.0.2.1"}],
        "conditions": conditions,
        "containerStatuses": [{
            "name": "none",
            "image": "drover.test/none",
            "imageID": "drover.test/none@sha256:0000",
            "containerID": "containerd://0000",
            "ready": true,
            "started": true,
            "restartCount": 0,
            "state": {"running": {"startedAt": now}},
        }],
    })
}

/// No scheduler has that name.
fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {
            "replicas": COUNT,
            "selector": {"matchLabels": {"app": NAME}},
            "template": {
                "metadata": {"labels": {"app": NAME}},
                "spec": {
                    "schedulerName": "nobody",
                    "containers": [{"name": "none", "image": "drover.test/none"}],
                },
            },
        },
    })
}
