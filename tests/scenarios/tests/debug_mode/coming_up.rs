//! Whatever keeps a Deployment down: it comes up, someone can look inside, and no user gets there.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness::{EndpointsMonitor, Namespace};
use scenarios::pods::Pod;
use scenarios::words::expect_words;

use crate::debugging::{debug_pod, expect_nothing_left, expect_reachable, off, on};
use crate::sick::{EXITS, KILLED, RUNS, api_pods, app, crashing, deployment, spec};
use crate::snapshot::Snapshot;

/// From the start of `on` until someone can look inside.
const PROMISED: Duration = Duration::from_secs(10);

/// On a machine that is busy with something else the first may be slow.
const ATTEMPTS: usize = 3;

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
    let mut originals = api_pods(&namespace);
    let first_set = originals[0].label("pod-template-hash").map(str::to_owned);
    let monitor = EndpointsMonitor::start(&namespace, "api");

    // When it goes into debug mode, then someone can look inside in no time
    let (mut took, mut said) = look_inside(&namespace, flags);
    for _ in 1..ATTEMPTS {
        if took >= PROMISED {
            off(&namespace, "deploy/api", &[]);
            originals.extend(api_pods(&namespace));
            (took, said) = look_inside(&namespace, flags);
        }
    }
    println!("measured: {test}: reachable after {took:.1?}");
    assert!(took < PROMISED, "reachable only after {took:?}");
    expect_words(&said, &["0 traffic", "kubectl exec -it api-", "kubectl debug-mode off deploy/api"]);
    if flags.contains(&"--hold") {
        expect_words(&said, &["/bin/sh -c 'echo cannot open /etc/app/config >&2; exit 3'"]);
    }

    // When it leaves debug mode, then all is as before, with the first ReplicaSet
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
    originals.extend(api_pods(&namespace));
    for pod in &originals {
        let hash = pod.label("pod-template-hash").map(str::to_owned);
        assert_eq!(hash, first_set, "{} is of the first ReplicaSet", pod.name());
    }

    // and no debug pod, not even one that was there for a moment only, was ever a ready endpoint
    let known: Vec<&str> = originals.iter().map(Pod::uid).collect();
    let endpoints = monitor.finish();
    for uid in &endpoints.ever_ready {
        assert!(known.contains(&uid.as_str()), "pod {uid} got traffic: {endpoints:?}");
    }
}

/// Goes into debug mode, then into the container: how long that took, and what was said.
fn look_inside(namespace: &Namespace, flags: &[&str]) -> (Duration, String) {
    let _measuring = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = Instant::now();
    let said = on(namespace, "deploy/api", flags).stderr;
    expect_reachable(namespace, &debug_pod(namespace), "app");
    (begun.elapsed(), said)
}
