//! What can't, or must not, be isolated is refused with the reason, and nothing is changed.

use harness::{Namespace, workloads};

use crate::pods::{Pod, pod, pods};
use crate::promises::{expect_refusal, expect_words, refused};
use crate::shop::{shop, web};

/// A container that runs until it is told to stop.
const ASLEEP: &str = "containers: [{name: main, image: drover.test/box:1, command: [sleep, '3600']}]";

#[test]
fn a_pod_that_does_not_exist_and_what_was_perhaps_meant() {
    let namespace = shop("no-such-pod", 1);
    let meant = pods(&namespace, "app=web").remove(0);
    let typed = format!("{}x", meant.name());

    let said = refused(namespace.kubectl(["isolate", &typed]));

    expect_words(&said, &[&typed, "does not exist", namespace.name(), "did you mean", meant.name()]);
}

#[test]
fn a_pod_that_is_being_deleted() {
    let namespace = Namespace::new("terminating");
    // It takes its time to end, and is seen on its way.
    let deaf = "containers: [{name: main, image: drover.test/box:1, command: [sh, -c, 'trap true TERM; sleep 3600']}]";
    bare_pod(&namespace, "leaving", &format!("terminationGracePeriodSeconds: 20, {deaf}"));
    namespace.wait("pod/leaving", "condition=Ready", 30);
    namespace.kubectl(["delete", "pod", "leaving", "--wait=false"]).success();

    let said = expect_refusal(&namespace, &pod(&namespace, "leaving"));

    expect_words(&said, &["pod/leaving is being deleted"]);
}

#[test]
fn a_pod_that_has_finished() {
    let namespace = Namespace::new("finished");
    let done = "containers: [{name: main, image: drover.test/box:1, command: ['true']}]";
    bare_pod(&namespace, "done", &format!("restartPolicy: Never, {done}"));
    namespace.wait("pod/done", "jsonpath={.status.phase}=Succeeded", 30);

    let said = expect_refusal(&namespace, &pod(&namespace, "done"));

    expect_words(&said, &["pod/done has finished"]);
}

#[test]
fn a_static_pod() {
    // The mirror of a static pod, as a kubelet makes it; that of the test's node would delete one it does not know.
    let namespace = Namespace::new("static");
    namespace.apply(&format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: mirror, annotations: {{kubernetes.io/config.mirror: abc}}}}, \
         spec: {{nodeName: elsewhere, automountServiceAccountToken: false, {ASLEEP}}}}}"
    ));

    let said = expect_refusal(&namespace, &pod(&namespace, "mirror"));

    expect_words(&said, &["pod/mirror is a static pod"]);
}

#[test]
fn a_pod_without_a_controller() {
    let namespace = Namespace::new("alone");
    bare_pod(&namespace, "alone", ASLEEP);

    let said = expect_refusal(&namespace, &pod(&namespace, "alone"));

    expect_words(&said, &["pod/alone has no controller", "nothing would replace it"]);
}

#[test]
fn a_pod_of_a_stateful_set_whose_service_shares_its_label() {
    let namespace = Namespace::new("stateful");
    let manifest = web(1).replace("kind: Deployment", "kind: StatefulSet").replacen(
        "spec:",
        "spec:\n  serviceName: web",
        1,
    );
    namespace.apply(&(manifest + &workloads::service("web", "app: web")));

    let said = expect_refusal(&namespace, &pod_of(&namespace, "StatefulSet"));

    let reasons: Vec<&str> = said.lines().take(2).collect();
    assert_eq!(
        reasons,
        [
            "error: pod/web-0 belongs to StatefulSet/web: while it lives, the StatefulSet can't create another web-0, \
             so isolating it would cost a replica.",
            "Label app serves both StatefulSet/web and Service/web: labels can't take web-0 out of traffic.",
        ]
    );
}

#[test]
fn a_pod_of_a_daemon_set() {
    let namespace = Namespace::new("daemon");
    let manifest = web(1).replace("kind: Deployment", "kind: DaemonSet").replace("  replicas: 1\n", "");
    namespace.apply(&manifest);

    let said = expect_refusal(&namespace, &pod_of(&namespace, "DaemonSet"));

    expect_words(&said, &["belongs to DaemonSet/web", "on the same node"]);
}

#[test]
fn a_pod_of_a_job() {
    let namespace = Namespace::new("job");
    namespace.apply(&format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: work}}, \
         spec: {{template: {{spec: {{restartPolicy: Never, {ASLEEP}}}}}}}}}"
    ));

    let said = expect_refusal(&namespace, &pod_of(&namespace, "Job"));

    expect_words(&said, &["belongs to Job/work", "would do its work again"]);
}

fn bare_pod(namespace: &Namespace, name: &str, spec: &str) {
    namespace.apply(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{{spec}}}}}"));
}

/// The first pod that a controller of this kind has made.
fn pod_of(namespace: &Namespace, kind: &str) -> Pod {
    namespace.watch_until("pods", 30, |pods| {
        let made = |pod: &&Pod| pod.owners()[0]["kind"] == kind && pod.is_ready();
        pods.values().cloned().map(Pod).find(|pod| made(&pod))
    })
}
