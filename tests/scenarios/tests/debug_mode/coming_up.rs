//! Whatever keeps a Deployment down: it comes up, someone can look inside, and no user gets there.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness::EndpointsMonitor;
use scenarios::pods::Pod;
use scenarios::words::expect_words;

use crate::debugging::{debug_pod, expect_nothing_left, expect_reachable, off, on};
use crate::sick::{EXITS, KILLED, RUNS, api_pods, app, crashing, deployment, spec};
use crate::snapshot::Snapshot;

/// From the start of `on` until someone can look inside.
const PROMISED: Duration = Duration::from_secs(10);

/// One at a time is measured, so that they don't slow each other down.
static MEASURING: Mutex<()> = Mutex::new(());

#[test]
fn one_that_its_liveness_probe_kills() {
    expect_to_come_up("liveness", &spec(&app(&format!("{RUNS}, {KILLED}"))), &[]);
}

#[test]
fn one_whose_post_start_hook_fails() {
    let hook = "lifecycle: {postStart: {exec: {command: ['false']}}}";
    expect_to_come_up("poststart", &spec(&app(&format!("{RUNS}, {hook}"))), &[]);
}

#[test]
fn one_whose_pre_stop_hook_blocks_its_end() {
    // Its hook takes longer than it has; so does each of its ends.
    let hook = "lifecycle: {preStop: {exec: {command: [sleep, '3600']}}}";
    let pod = spec(&app(&format!("{RUNS}, {hook}, {KILLED}")))
        .replace("terminationGracePeriodSeconds: 1", "terminationGracePeriodSeconds: 15")
        .replace("failureThreshold: 1", "failureThreshold: 1, terminationGracePeriodSeconds: 1");
    expect_to_come_up("prestop", &pod, &[]);
}

#[test]
fn one_that_exits() {
    expect_to_come_up("exits", &spec(&app(EXITS)), &["--hold"]);
}

#[test]
fn one_that_exits_and_has_no_sleep() {
    // The runtime looks for `sleep` where PATH says.
    let pod = spec(&app(&format!("{EXITS}, env: [{{name: PATH, value: /nowhere}}]")));
    expect_to_come_up("no-sleep", &pod, &["--hold", "--hold-image", "drover.test/box:1"]);
}

fn expect_to_come_up(test: &str, pod: &str, flags: &[&str]) {
    // Given a crash-looping Deployment
    let namespace = crashing(test, &deployment(1, pod, ""));
    let before = Snapshot::of(&namespace, "deploy/api");
    let sick = api_pods(&namespace);
    let monitor = EndpointsMonitor::start(&namespace, "api");

    // When it goes into debug mode
    let measuring = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = Instant::now();
    let said = on(&namespace, "deploy/api", flags).stderr;

    // Then someone can look inside in no time
    let pod = debug_pod(&namespace);
    expect_reachable(&namespace, &pod, "app");
    let took = begun.elapsed();
    drop(measuring);
    println!("measured: {test}: reachable after {took:.1?}");
    assert!(took < PROMISED, "reachable only after {took:?}");
    expect_words(&said, &["0 traffic", &format!("kubectl exec -it {}", pod.name()), "debug-mode off"]);
    if flags.contains(&"--hold") {
        expect_words(&said, &["/bin/sh -c 'echo cannot open /etc/app/config >&2; exit 3'"]);
    }

    // When it leaves debug mode, then all is as before, with the first ReplicaSet
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    let back = api_pods(&namespace);
    for pod in &back {
        let hash = pod.label("pod-template-hash");
        assert_eq!(hash, sick[0].label("pod-template-hash"), "{} is of the first ReplicaSet", pod.name());
    }

    // and no debug pod, not even one that was there for a moment only, was ever a ready endpoint
    let originals: Vec<&str> = sick.iter().chain(&back).map(Pod::uid).collect();
    let endpoints = monitor.finish();
    for uid in &endpoints.ever_ready {
        assert!(originals.contains(&uid.as_str()), "pod {uid} got traffic: {endpoints:?}");
    }
    assert!(!originals.contains(&pod.uid()), "the debug pod was another");
}
