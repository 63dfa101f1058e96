//! What deleted a pod, each beside what did not.

use harness::{Namespace, Proxy, Select, workloads};
use serde_json::json;

use crate::traced::{Following, Trace, Web, shutdown};

#[test]
fn an_eviction_and_a_deletion_by_hand() {
    let namespace = Namespace::new("evicted");
    Web::default().start(&namespace);
    let following = Following::begin(&namespace, &["web"]);
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}});
    let path = format!("/api/v1/namespaces/{}/pods/web/eviction", namespace.name());
    namespace.command(["create", "--raw", &path, "-f", "-"]).input(eviction.to_string()).run().success();
    Trace::of(&following.end().success()).expect("note", "deleted since somebody evicted it");

    // By hand nobody writes down why.
    namespace.wait("pod/web", "delete", 60);
    Web::default().start(&namespace);
    shutdown(&namespace, &[]).expect_none("deleted");
}

#[test]
fn a_pod_that_had_to_make_place_for_another() {
    // Given a pod that has the only one of something that the node offers
    let namespace = Namespace::new("preempted");
    let slot = format!("drover.test/{}", namespace.name());
    offer(&namespace, &slot, "1");
    let container = format!("resources: {{limits: {{{slot}: 1}}}}");
    Web { container: &container, ..Web::default() }.start(&namespace);
    let following = Following::begin(&namespace, &["web"]);

    // When one of a higher priority needs it
    let class = namespace.name();
    namespace.apply(&format!(
        "{{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {{name: {class}}}, value: 1000}}"
    ));
    let urgent =
        Web { container: &container, spec: &format!("priorityClassName: {class}"), ..Web::default() };
    namespace.apply(&urgent.manifest().replace("name: web,", "name: urgent,"));

    let trace = Trace::of(&following.end().success());
    trace.expect("note", "deleted since a pod of higher priority needed its place");
    namespace.kubectl(["delete", "priorityclass", class]).success();
    offer(&namespace, &slot, "0");
}

/// The node that has a kubelet, which labels it, has so many of an extended resource.
fn offer(namespace: &Namespace, resource: &str, count: &str) {
    let node = namespace
        .kubectl(["get", "nodes", "--selector=kubernetes.io/hostname", "--output=name"])
        .success()
        .stdout;
    let patch = json!({"status": {"capacity": {resource: count}}}).to_string();
    let node = node.lines().next().expect("the cluster has a node");
    namespace.kubectl(["patch", node, "--subresource=status", "--patch", &patch]).success();
}

#[test]
fn a_node_that_was_tainted() {
    let namespace = Namespace::new("tainted");
    let node = namespace.name();
    place_without_kubelet(&namespace);

    namespace.kubectl(["taint", "node", node, "drover.test/away=:NoExecute"]).success();
    namespace.watch_until("pods", 60, |pods| {
        pods.values().any(|pod| pod["metadata"]["deletionTimestamp"].is_string()).then_some(())
    });

    let trace = Trace::of(&namespace.kubectl(["lifecycle", "trace", "web", "-o", "json"]).success());
    trace.expect("note", "deleted since its node was tainted");
    namespace.kubectl(["delete", "pod/web", "--force", "--grace-period=0"]).success();
    namespace.kubectl(["delete", "node", node]).success();
}

#[test]
fn a_node_that_was_gone() {
    let namespace = Namespace::new("orphaned");
    place_without_kubelet(&namespace);
    // It waits 40 seconds and looks each 20 (pkg/controller/podgc/gc_controller.go).
    let from = Select::nth(1, "watch", "events");
    let arguments = ["web", "--phase=shutdown"];
    let following = Following::at_most("150s", Proxy::start(), from, &namespace, &arguments);
    namespace.kubectl(["delete", "node", namespace.name()]).success();
    Trace::of(&following.end().success()).expect("note", "deleted since its node was gone");
}

#[test]
fn a_node_that_ran_short_of_something() {
    let namespace = Namespace::new("evicted-by-node");
    place_without_kubelet(&namespace);

    // In the kubelet's place: as pkg/kubelet/eviction/eviction_manager.go does.
    let message = "The node was low on resource: memory.";
    let condition = json!({
        "type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": message,
    });
    let status =
        json!({"phase": "Failed", "reason": "Evicted", "message": message, "conditions": [condition]});
    let patch = json!({"status": status}).to_string();
    namespace.kubectl(["patch", "pod/web", "--subresource=status", "--patch", &patch]).success();

    // Nobody waits for it.
    let finished = namespace.kubectl(["lifecycle", "trace", "web", "-f", "-o", "json"]).failure(1);
    assert!(finished.stderr.contains(message), "{}", finished.stderr);
    let trace = Trace::of(&finished);
    trace.expect("note", "stopped since its node ran short of resources, or was shut down");
    trace.expect_none("deleted");
    namespace.kubectl(["delete", "pod/web", "--force", "--grace-period=0"]).success();
    namespace.kubectl(["delete", "node", namespace.name()]).success();
}

/// The pod `web` on a node of its own, named after the namespace, of which no kubelet takes care.
fn place_without_kubelet(namespace: &Namespace) {
    let node = namespace.name();
    namespace.apply(&format!("{{apiVersion: v1, kind: Node, metadata: {{name: {node}}}}}"));
    namespace.apply(&Web { spec: &format!("nodeName: {node}"), ..Web::default() }.manifest());
}

#[test]
fn a_rollout_fewer_replicas_and_a_deletion_by_hand() {
    for (kind, owner) in [("Deployment", "ReplicaSet/"), ("StatefulSet", "StatefulSet/web")] {
        // Given a pod of a workload
        let namespace = Namespace::new("scaled");
        let manifest =
            workloads::web_deployment("web", 1).replace("kind: Deployment", &format!("kind: {kind}"));
        namespace.apply(&manifest);
        let target = format!("{}/web", kind.to_lowercase());

        // When it is deleted by hand, then its owner is not to blame
        let pod = ready_pod(&namespace);
        let following = Following::begin(&namespace, &[&pod]);
        namespace.kubectl(["delete", "pod", &pod, "--wait=false"]).success();
        Trace::of(&following.end().success()).expect_none("deleted");

        // when it is replaced by a new one, it is a rollout
        let pod = ready_pod(&namespace);
        let following = Following::begin(&namespace, &[&pod]);
        namespace.kubectl(["rollout", "restart", &target]).success();
        let told = Trace::of(&following.end().success());
        told.expect("note", &format!("deleted by {owner}"));
        told.expect("note", ": a rollout");
        namespace.kubectl(["rollout", "status", &target]).success();

        // and when there are to be fewer, it was scaled down
        let pod = ready_pod(&namespace);
        let following = Following::begin(&namespace, &[&pod]);
        namespace.kubectl(["scale", &target, "--replicas=0"]).success();
        let blamed = format!("deleted by {owner}");
        let told = Trace::of(&following.end().success());
        told.expect("note", &blamed);
        told.expect("note", ": it was scaled down");

        // also afterwards, when the pod is gone
        namespace.wait(&format!("pod/{pod}"), "delete", 60);
        let afterwards = namespace.kubectl(["lifecycle", "trace", &pod, "-o", "json"]).success();
        Trace::of(&afterwards).expect("note", &blamed);
    }
}

/// The name of the one pod that is ready and stays.
fn ready_pod(namespace: &Namespace) -> String {
    namespace.watch_until("pods", 60, |pods| {
        let pod = pods.values().find(|pod| {
            let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
            let is_ready =
                conditions.into_iter().any(|one| one["type"] == "Ready" && one["status"] == "True");
            is_ready && pod["metadata"]["deletionTimestamp"].is_null()
        })?;
        Some(pod["metadata"]["name"].as_str()?.to_owned())
    })
}
