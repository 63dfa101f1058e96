//! Workloads whose pods must be deleted for a new template to reach them: the person chooses.

use harness::{EndpointsMonitor, Namespace};
use scenarios::pods::Pod;
use scenarios::words::expect_words;
use serde_json::Value;

use crate::debugging::{
    debug_pod, debug_pods, expect_nothing_left, expect_reachable, expect_refused, has_gate, off, on,
};
use crate::sick::{EXITS, KILLED, RUNS, api_pods, app, crashing, ready, running, spec, workload};
use crate::snapshot::Snapshot;

#[test]
fn a_stateful_set_whose_first_pod_crashes() {
    // Given an ordered StatefulSet that waits for ever for its first pod to be Ready
    let never_ready = "readinessProbe: {exec: {command: ['false']}}";
    let manifest = stateful_set(&spec(&app(&format!("{RUNS}, {KILLED}, {never_ready}"))));
    let namespace = crashing("stateful-set", &manifest);
    let before = Snapshot::of(&namespace, "sts/api");

    // When it is to go into debug mode, then a choice is asked for
    expect_choice(&namespace, "sts/api", "pod/api-0");
    expect_question(&namespace, "sts/api", "pod/api-0");

    // When the choice is made, then its first pod comes up, and stays out of traffic
    let debug = expect_up_and_silent(&namespace, "sts/api", &[]);
    assert_eq!(debug.name(), "api-0");

    // and afterwards it is of the original template again
    expect_back(&namespace, "sts/api", &before, 1);
}

#[test]
fn a_stateful_set_that_serves() {
    // Given two pods that serve
    let namespace = running("stateful-set-serving", &stateful_set(&spec(&app(RUNS))), 2);
    let before = Snapshot::of(&namespace, "sts/api");
    let first = &api_pods(&namespace)[0];

    // When a choice is asked for, then it says that a pod that is Ready has to go
    let said = expect_choice(&namespace, "sts/api", "pod/api-1");
    expect_words(&said, &["Ready"]);

    // When the choice is made, then the last one goes, and the first goes on
    let debug = expect_up_and_silent(&namespace, "sts/api", &["--hold"]);
    assert_eq!(debug.name(), "api-1");

    // and afterwards it serves again, by a pod of the original template
    expect_back(&namespace, "sts/api", &before, 2);
    ready(&namespace, 2);
    let pods = api_pods(&namespace);
    let told: Vec<_> =
        pods.iter().map(|pod| (pod.name(), pod.is_ready(), pod.uid() == first.uid())).collect();
    assert_eq!(told, [("api-0", true, true), ("api-1", true, false)], "only one pod was replaced");
}

#[test]
fn a_daemon_set() {
    let namespace = crashing("daemon-set", &workload("DaemonSet", "", &spec(&app(EXITS))));
    let before = Snapshot::of(&namespace, "ds/api");
    let sick = api_pods(&namespace).remove(0);

    let pod = format!("pod/{}", sick.name());
    expect_choice(&namespace, "ds/api", &pod);
    expect_question(&namespace, "ds/api", &pod);
    expect_up_and_silent(&namespace, "ds/api", &["--hold"]);

    expect_back(&namespace, "ds/api", &before, 1);
}

#[test]
fn a_bare_replica_set() {
    let manifest = workload("ReplicaSet", "replicas: 2", &spec(&app(RUNS)));
    let namespace = running("replica-set", &manifest, 2);
    let before = Snapshot::of(&namespace, "rs/api");

    // Which of both became ready later is for the kubelet to decide.
    let said = expect_choice(&namespace, "rs/api", "pod/api-");
    let mut pods = api_pods(&namespace).into_iter().map(|pod| format!("pod/{}", pod.name()));
    let pod = pods.find(|pod| said.contains(pod.as_str())).expect("one of them is named");
    expect_question(&namespace, "rs/api", &pod);
    expect_up_and_silent(&namespace, "rs/api", &["--hold"]);

    expect_back(&namespace, "rs/api", &before, 2);
}

#[test]
fn a_sidecar_whose_startup_probe_never_succeeds() {
    // Given a sidecar that keeps the container it goes before from being started
    let probe = "startupProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}";
    let sidecar = format!("{{name: mesh, image: drover.test/box:1, restartPolicy: Always, {RUNS}, {probe}}}");
    let pod = spec(&app(RUNS)) + &format!(", initContainers: [{sidecar}]");
    let namespace = Namespace::new("sidecar");
    namespace.apply(&workload("Deployment", "", &pod));
    namespace.watch_until("pods", 60, |pods| {
        let restarted =
            |pod: &Value| pod["status"]["initContainerStatuses"][0]["restartCount"].as_u64() > Some(0);
        pods.values().any(restarted).then_some(())
    });

    // When its Deployment is in debug mode, then both run
    let said = on(&namespace, "deploy/api", &[]).stderr;
    let debug = debug_pod(&namespace);
    for container in ["app", "mesh"] {
        expect_reachable(&namespace, &debug, container);
    }
    expect_words(&said, &["mesh: startupProbe"]);
}

/// Two replicas, in order.
fn stateful_set(pod_spec: &str) -> String {
    workload("StatefulSet", "replicas: 2, serviceName: api", pod_spec)
}

/// Without a choice it is refused, with both ways in, and what one of them costs.
fn expect_choice(namespace: &Namespace, target: &str, pod: &str) -> String {
    let command = |way: &str| format!("kubectl debug-mode on -n {} {target} {way}", namespace.name());
    expect_refused(namespace, &["on", target], &["choice", pod, &command("--copy"), &command("--in-place")])
}

/// Nobody can answer here.
fn expect_question(namespace: &Namespace, target: &str, pod: &str) {
    expect_refused(namespace, &["on", target, "--in-place"], &[pod, "deleted", "--yes"]);
}

/// Goes into debug mode in place: one pod was made anew, runs, and gets no traffic.
fn expect_up_and_silent(namespace: &Namespace, target: &str, flags: &[&str]) -> Pod {
    let before = api_pods(namespace);
    let monitor = EndpointsMonitor::start(namespace, "api");
    on(namespace, target, &[&["--in-place", "--yes"], flags].concat());
    let debug = debug_pod(namespace);
    expect_reachable(namespace, &debug, "app");
    let endpoints = monitor.finish();
    assert!(!endpoints.ever_ready.contains(debug.uid()), "it gets no traffic: {endpoints:?}");
    let now = api_pods(namespace);
    let stayed = before.iter().filter(|pod| now.iter().any(|now| now.uid() == pod.uid()));
    assert_eq!(stayed.count(), before.len() - 1, "one pod was replaced, not more");
    debug
}

/// Leaves debug mode: the workload is as before, and that many pods are of its original template.
fn expect_back(namespace: &Namespace, target: &str, before: &Snapshot, pods: usize) {
    off(namespace, target, &[]);
    before.expect_same(namespace, target);
    expect_nothing_left(namespace);
    assert!(debug_pods(namespace).is_empty(), "the debug pods are gone");
    namespace.watch_until("pods?labelSelector=app=api", 60, |found| {
        let running =
            found.values().filter(|pod| !has_gate(&pod["spec"]) && !pod["status"]["startTime"].is_null());
        (running.count() == pods).then_some(())
    });
}
