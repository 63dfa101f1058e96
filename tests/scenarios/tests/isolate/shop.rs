//! What the stories begin with: a Deployment or the like, behind a Service, that serves.

use harness::{Namespace, Running, workloads};
pub use scenarios::shop::*;

use crate::pods::{Pod, RECORD, pods, ready_endpoints};

/// Makes a pod ready, or keeps it so.
const GET_READY: &str = "mkdir -p /www; touch /www/ready";

/// A shop whose later pods get ready only when [`let_in`] says so: the replacement is as slow as the story wants.
pub fn slow_shop(test: &str, replicas: u32) -> Namespace {
    let namespace = Namespace::new(test);
    let never_ready = web(replicas).replace("touch /www/ready", "true");
    namespace.apply(&(never_ready + &workloads::service("web", "app: web")));
    namespace.watch_until("pods", 60, |pods| {
        let running = pods.values().filter(|pod| pod["status"]["phase"] == "Running");
        (running.count() == replicas as usize).then_some(())
    });
    for pod in pods(&namespace, "app=web") {
        let_in(&namespace, pod.name());
    }
    serving(&namespace, "web", replicas);
    namespace
}

/// Makes a pod of a [`slow_shop`] ready.
pub fn let_in(namespace: &Namespace, pod: &str) {
    namespace.kubectl(["exec", pod, "--", "sh", "-c", GET_READY]).success();
}

/// Makes a pod fail its readiness probe, and waits until no Service `web` sends it traffic.
pub fn make_unready(namespace: &Namespace, pod: &Pod) {
    namespace.kubectl(["exec", pod.name(), "--", "rm", "/www/ready"]).success();
    namespace.wait(&format!("pod/{}", pod.name()), "condition=Ready=false", 30);
    namespace.watch_until("discovery.k8s.io/v1/endpointslices", 30, |slices| {
        (!ready_endpoints(slices, "web").contains(pod.uid())).then_some(())
    });
}

/// A quota of as many pods as there are.
pub fn allow_no_more_than(namespace: &Namespace, pods: usize) {
    namespace.apply(&format!(
        "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: full}}, spec: {{hard: {{pods: '{pods}'}}}}}}"
    ));
    namespace.wait("resourcequota/full", &format!("jsonpath={{.status.used.pods}}={pods}"), 30);
}

/// Isolates a pod of a [`slow_shop`] until it is half done: released, still serving, and no replacement ready.
/// Returns the command that waits, and the name of the pod that is to replace it.
pub fn half_isolate(namespace: &Namespace, pod: &Pod) -> (Running, String) {
    half_isolate_with(namespace, pod, &[])
}

/// The same with flags.
pub fn half_isolate_with(namespace: &Namespace, pod: &Pod, flags: &[&str]) -> (Running, String) {
    let before: Vec<_> = pods(namespace, "app=web").iter().map(|pod| pod.uid().to_owned()).collect();
    let command = namespace.command([&["isolate", pod.name()], flags].concat()).start();
    let replacement = namespace.watch_until("pods", 60, |pods| {
        let subject = Pod(pods.get(pod.uid())?.clone());
        let newcomer = pods.values().find(|pod| {
            let uid = pod["metadata"]["uid"].as_str().expect("a pod has a uid");
            !before.iter().any(|known| known == uid) && pod["status"]["phase"] == "Running"
        })?;
        let half = subject.is_released() && subject.annotation(RECORD).is_some();
        half.then(|| Pod(newcomer.clone()).name().to_owned())
    });
    (command, replacement)
}
