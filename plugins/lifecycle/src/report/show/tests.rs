//! What a schedule looks like.

use super::*;
use crate::lint::{Subject, lint};
use crate::schedule::testing::{pod, schedule};

/// What is seen of a Deployment with this pod spec.
fn seen(spec: &str, width: Option<usize>, colour: bool) -> String {
    let findings = lint(&Subject::alone(&pod(spec)), None).findings;
    text(&schedule(spec), &findings, width, colour)
}

const RICH: &str = "
terminationGracePeriodSeconds: 45
initContainers:
- {name: migrate}
- name: proxy
  restartPolicy: Always
  startupProbe: {httpGet: {path: /ready, port: 15021}, periodSeconds: 1, failureThreshold: 30}
  lifecycle: {preStop: {exec: {command: [sh, -c, sleep 3; touch /tmp/drained]}}}
containers:
- name: web
  ports: [{name: http, containerPort: 8080}]
  lifecycle:
    postStart: {exec: {command: [sh, -c, 'until nc -z localhost 8080; do sleep 1; done; date > /tmp/warm']}}
    preStop: {sleep: {seconds: 5}}
    stopSignal: SIGQUIT
  readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5, successThreshold: 2}
  livenessProbe: {httpGet: {path: /healthz, port: http}, timeoutSeconds: 3, terminationGracePeriodSeconds: 5}
- name: log
  startupProbe: {grpc: {port: 9000}, initialDelaySeconds: 10}
  lifecycle: {preStop: {httpGet: {path: /flush, port: 9000}}}
";

#[test]
fn one_screen() {
    let shown = seen(RICH, Some(80), false);
    let expected = "\
Start, one after the other
 1 migrate: init container, ends before the next one starts
 2 proxy: sidecar, stays; the next one starts once its startup probe succeeds
   startup     GET :15021/ready every 1s × 30: killed unless up within 31s
   preStop     exec sh -c 'sleep 3; touch /tmp/drained', at least 3s
 3 web
   postStart   exec sh -c 'until nc -z localhost 8080…, no time limit; log waits
   readiness   GET :http/ready every 5s × 3: out of traffic within 16s, back
               after 2 successes
   liveness    GET :http/healthz every 10s × 3, timeout 3s: killed within 33s,
               grace 5s
   preStop     sleep 5s
   stopSignal  SIGQUIT instead of SIGTERM
 4 log
   startup     grpc :9000 every 10s × 3 from 10s on: killed unless up within 41s
   preStop     GET :9000/flush, length unknown

Shutdown, every preStop at once, terminationGracePeriodSeconds 45
CONTAINER        PRESTOP   TURN-WAIT   SIGTERM   DRAIN      SIGKILL
web              5s        -           5s        40s        45s
log              0-45s     -           0-45s     2-45s      45-47s
proxy            3-45s     0-42s       5-45s     2-40s      45-47s
web (liveness)   5s        -           5s        2s floor   7s

! web preStop takes 5s, but when livenessProbe kills the container it has a
  grace period of 5s: SIGKILL comes 2s after SIGTERM
  → terminationGracePeriodSeconds of livenessProbe: more than 5
! web postStart waits without a limit (`until nc -z localhost 8080`): until it
  ends no probe runs and no later container starts
  → end it after some tries; or wait with a startupProbe
- web livenessProbe does not begin before postStart has ended (`until nc -z
  localhost 8080`): it can't end one that hangs
- web preStop runs also when postStart fails: each restart then takes 5s more
  → let postStart succeed always, or do it in an init container
- log preStop succeeds whatever is answered: the status code is ignored
- proxy preStop of a sidecar begins at the deletion, while the main containers
  still work; only its SIGTERM waits for them
  → what has to come after them belongs into the program's answer to SIGTERM
";
    assert!(shown == expected, "{shown}");
}

#[test]
fn a_wide_terminal_shows_whole_commands() {
    let shown = seen(RICH, Some(200), false);
    assert!(shown.contains("sleep 1; done; date > /tmp/warm', no time limit; log waits\n"), "{shown}");
    assert_eq!(seen(RICH, None, false), shown, "nor is a line broken where it is not for a terminal");
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let name = "a-name-as-long-as-a-name-of-a-container-can-be-at-all-in-any-pod";
    let hook = "exec: {command: [sh, -c, 'sleep 4000; curl -X POST localhost:9000/a/long/path/to/drain']}";
    let fields = format!(
        "name: {name}, lifecycle: {{preStop: {{{hook}}}, postStart: {{{hook}}}}}, \
             livenessProbe: {{exec: {{command: [{name}, {name}]}}, terminationGracePeriodSeconds: 9000}}"
    );
    let spec = format!(
        "{{terminationGracePeriodSeconds: 9000, containers: [{{{fields}}}], \
             initContainers: [{{restartPolicy: Always, {fields}}}]}}"
    );
    for width in [80, 200] {
        let shown = seen(&spec, Some(width), false);
        let widest = shown.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width), "{shown}");
    }
}

#[test]
fn only_the_sign_of_a_warning_is_coloured() {
    let (plain, coloured) = (seen(RICH, Some(80), false), seen(RICH, Some(80), true));
    assert_ne!(coloured, plain);
    assert_eq!(coloured.replace(&Colour::Red.paint("!"), "!"), plain);
}

#[test]
fn what_a_manifest_says_does_not_steer_the_terminal() {
    let hostile = "{containers: [{name: web, lifecycle: {preStop: {exec: {command: [\"\\e[2J\"]}}}}]}";
    assert!(seen(hostile, Some(80), false).contains("exec '\\u{1b}[2J', length unknown"));
}
