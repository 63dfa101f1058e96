//! Into debug mode and out of it, and what is promised whatever the story.

use harness::{Finished, Namespace};
use scenarios::pods::Pod;
use scenarios::words::{expect_words, refused};
use serde_json::Value;

/// Marks a workload in debug mode, and is the condition of the gate of its pods.
pub const MARK: &str = "drover.dev/debug-mode";

/// What the API server calls a workload, as the answers do.
pub fn full_name(workload: &str) -> String {
    let (kind, name) = workload.split_once('/').expect("a workload is TYPE/NAME");
    let kind = match kind {
        "deploy" => "deployment.apps",
        "sts" => "statefulset.apps",
        "ds" => "daemonset.apps",
        "rs" => "replicaset.apps",
        "job" => "job.batch",
        "cj" => "cronjob.batch",
        other => other,
    };
    format!("{kind}/{name}")
}

/// `kubectl debug-mode` with these words, not judged yet.
pub fn debug_mode(namespace: &Namespace, words: &[&str]) -> Finished {
    namespace.kubectl([&["debug-mode"], words].concat())
}

/// Puts a workload into debug mode, which must succeed with exactly the promised answer.
pub fn on(namespace: &Namespace, workload: &str, flags: &[&str]) -> Finished {
    let finished = debug_mode(namespace, &[&["on", workload], flags].concat()).success();
    let answer = format!("{} in debug mode\n", full_name(workload));
    assert_eq!(finished.stdout, answer, "stdout is the answer alone");
    finished
}

/// Takes it out of debug mode, which must succeed with exactly the promised answer.
pub fn off(namespace: &Namespace, workload: &str, flags: &[&str]) -> Finished {
    let finished = debug_mode(namespace, &[&["off", workload], flags].concat()).success();
    let answer = format!("{} restored\n", full_name(workload));
    assert_eq!(finished.stdout, answer, "stdout is the answer alone");
    finished
}

/// The command is refused with these words, and changes nothing of the workload. Returns what was said.
pub fn expect_refused(namespace: &Namespace, command: &[&str], words: &[&str]) -> String {
    let workload = command[1];
    let before = without_status(namespace.get(workload));
    let said = refused_words(debug_mode(namespace, command), words);
    assert_eq!(without_status(namespace.get(workload)), before, "a refusal changes nothing:\n{said}");
    said
}

/// It failed, answered nothing on stdout, and said these words; what stands before the error is of no concern.
pub fn refused_words(finished: Finished, words: &[&str]) -> String {
    let said = if finished.stderr.starts_with("error: ") {
        refused(finished)
    } else {
        let Finished { stdout, stderr, .. } = finished.failure(1);
        assert_eq!(stdout, "", "a refusal answers nothing on stdout");
        expect_words(&stderr, &["\nerror: "]);
        stderr
    };
    expect_words(&said, words);
    said
}

/// What people and programs decide about an object.
pub fn without_status(mut object: Value) -> Value {
    object.as_object_mut().expect("an object").remove("status");
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    metadata.remove("managedFields");
    metadata.remove("resourceVersion");
    // The controller of a new Deployment may come to it only now.
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("deployment.kubernetes.io/revision");
    }
    object
}

/// The pods behind the gate, none that is being deleted.
pub fn debug_pods(namespace: &Namespace) -> Vec<Pod> {
    let list: Value = items(namespace, "pods");
    let pods = list.as_array().expect("a list").iter();
    pods.filter(|pod| has_gate(&pod["spec"]) && pod["metadata"]["deletionTimestamp"].is_null())
        .cloned()
        .map(Pod)
        .collect()
}

/// The one debug pod.
pub fn debug_pod(namespace: &Namespace) -> Pod {
    let mut pods = debug_pods(namespace);
    assert_eq!(pods.len(), 1, "there is one debug pod: {:?}", pods.iter().map(Pod::name).collect::<Vec<_>>());
    pods.remove(0)
}

pub fn has_gate(pod_spec: &Value) -> bool {
    let gates = pod_spec["readinessGates"].as_array().into_iter().flatten();
    gates.into_iter().any(|gate| gate["conditionType"] == MARK)
}

/// Someone can look inside a container.
pub fn expect_reachable(namespace: &Namespace, pod: &Pod, container: &str) {
    let command = ["exec", pod.name(), "-c", container, "--", "/bin/echo", "inside"];
    assert_eq!(namespace.kubectl(command).success().stdout, "inside\n");
}

/// Nothing in the namespace tells of debug mode any more.
pub fn expect_nothing_left(namespace: &Namespace) {
    for kind in ["deployments", "replicasets", "statefulsets", "daemonsets", "configmaps"] {
        let left = items(namespace, kind).to_string();
        assert!(!left.contains(MARK), "nothing of debug mode is left in {kind}: {left}");
    }
    assert!(debug_pods(namespace).is_empty(), "no debug pod is left");
}

/// All objects of a kind.
pub fn items(namespace: &Namespace, kind: &str) -> Value {
    let json = namespace.kubectl(["get", kind, "--output=json"]).success().stdout;
    let mut list: Value = serde_json::from_str(&json).expect("`kubectl get --output=json` prints JSON");
    list["items"].take()
}
