use super::super::testing::{at, pod, record, record_of, told};
use super::steps;
use crate::trace::{Record, learned};

/// The pod of one container, whose deletion with a grace of five seconds was asked for at 10, with its hook and how it
/// ended.
fn record_of_web(hook: &str, ended: &str, events: &str) -> Record {
    let yaml = format!(
        "
metadata: {{deletionTimestamp: '@15', deletionGracePeriodSeconds: 5}}
spec: {{containers: [{{name: web, lifecycle: {{{hook}}}}}]}}
status:
  containerStatuses:
  - {{name: web, image: box, imageID: box, ready: false, restartCount: 0, state: {{{ended}}}}}
"
    );
    record(&yaml, events)
}

const REQUESTED: &str = "DeletionRequested 10-11 (grace 5s)";
const EXEC: &str = "preStop: {exec: {command: [drain]}}";

#[test]
fn without_a_hook() {
    let ended = "terminated: {exitCode: 0, reason: Completed, finishedAt: '@11'}";
    let record = record_of_web("", ended, "10.4 web Killing");
    assert_eq!(told(&steps(&record)), [REQUESTED, "Sigterm web 10.4-10.65", "Exit web 10.75-12 (0)"]);
}

#[test]
fn a_hook_that_sleeps() {
    let ended = "terminated: {exitCode: 0, reason: Completed, finishedAt: '@12'}";
    let record = record_of_web("preStop: {sleep: {seconds: 2}}", ended, "10.4 web Killing");
    assert_eq!(
        told(&steps(&record))[1..],
        ["PreStop web 10.4-10.65 to 12.4-12.65", "Sigterm web 12.4-12.65", "Exit web 11.75-13 (0)"]
    );
}

/// It sleeps on, though nobody is left.
#[test]
fn an_app_that_ends_while_its_hook_sleeps() {
    let ended = "terminated: {exitCode: 1, reason: Error, finishedAt: '@10'}";
    let record = record_of_web("preStop: {sleep: {seconds: 3}}", ended, "10.4 web Killing");
    assert_eq!(told(&steps(&record))[1..], ["PreStop web 10.4-10.65 to 13.4-13.65", "Exit web 9.75-11 (1)"]);
}

#[test]
fn of_a_hook_that_succeeds_nothing_tells() {
    let ended = "terminated: {exitCode: 0, reason: Completed, finishedAt: '@13'}";
    let record = record_of_web(EXEC, ended, "10.4 web Killing");
    assert_eq!(
        told(&steps(&record))[1..],
        ["PreStop web 10.4-10.65 to 10.4-14", "Sigterm web 10.4-14", "Exit web 12.75-14 (0)"]
    );
}

/// All containers are stopped at once, so that one tells of the other.
#[test]
fn of_whose_stop_no_event_is_left() {
    let of = |ended: &str| {
        let yaml = format!(
            "
metadata: {{deletionTimestamp: '@15', deletionGracePeriodSeconds: 5}}
spec: {{containers: [{{name: web}}, {{name: worker}}]}}
status:
  containerStatuses:
  - {{name: web, image: box, imageID: box, ready: false, restartCount: 0, state: {{running: {{}}}}}}
  - {{name: worker, image: box, imageID: box, ready: false, restartCount: 0,
      state: {{terminated: {{exitCode: 0, reason: Completed, finishedAt: '{ended}'}}}}}}
"
        );
        let record = record(&yaml, "10.4 web Killing");
        (told(&steps(&record))[2..].to_vec(), record.containers().iter().any(|one| one.lacks_killing()))
    };
    assert_eq!(
        of("@12"),
        (vec!["Sigterm worker 10.15-10.9".into(), "Exit worker 11.75-13 (0)".into()], true)
    );
    // This one may have ended by itself.
    assert_eq!(of("@10"), (vec!["Exit worker 9.75-11 (0)".into()], false));
}

#[test]
fn a_hook_under_way() {
    let mut record = record_of_web(EXEC, "running: {}", "10.4 web Killing");
    record.now = at("12");
    assert_eq!(told(&steps(&record))[1..], ["PreStop web since 10.4-10.65"]);
    record.now = at("16");
    assert_eq!(told(&steps(&record))[1..], ["PreStop web 10.4-10.65 to 10.4-15.65", "Sigterm web 10.4-15.9"]);
}

/// Else what follows from an event that was just told would seem to be still to come.
#[test]
fn it_is_never_earlier_than_what_was_told() {
    let mut record = record_of_web(EXEC, "running: {}", "10.4 web Killing\n11.0 web FailedPreStopHook");
    record.pass(at("10.2"));
    assert_eq!(record.now, at("11"));
    record.pass(at("11.3"));
    assert_eq!(record.now, at("11.3"));
}

#[test]
fn a_hook_that_failed() {
    let ended = "terminated: {exitCode: 0, reason: Completed, finishedAt: '@13'}";
    let record = record_of_web(EXEC, ended, "10.4 web Killing\n11.0 web FailedPreStopHook");
    assert_eq!(
        told(&steps(&record))[1..],
        [
            "PreStop web 10.4-10.65 to 10.75-11",
            "PreStopFailed web 10.75-11",
            "Sigterm web 11-11.25",
            "Exit web 12.75-14 (0)",
        ]
    );
}

/// Or an app that ended under its hook: of that the kubelet tells the same.
#[test]
fn a_hook_that_failed_as_the_app_ended() {
    let ended = "terminated: {exitCode: 0, reason: Completed, finishedAt: '@10'}";
    let record = record_of_web(EXEC, ended, "10.4 web Killing\n10.9 web FailedPreStopHook");
    assert_eq!(
        told(&steps(&record))[1..],
        [
            "PreStop web 10.4-10.65 to 10.65-10.9",
            "PreStopFailed web 10.65-10.9",
            "Sigterm web 10.9-11 (if it still ran)",
            "Exit web 9.75-11 (0)",
        ]
    );
}

/// Its failure is told when SIGKILL ends it, two seconds after the kubelet went on.
#[test]
fn a_hook_that_overran() {
    let ended = "terminated: {exitCode: 137, reason: Error, finishedAt: '@17'}";
    let record = record_of_web(EXEC, ended, "10.4 web Killing\n17.5 web FailedPreStopHook");
    assert_eq!(
        told(&steps(&record))[1..],
        [
            "PreStop web 10.4-10.65 to 15.4-15.65",
            "PreStopFailed web 17.25-17.5",
            "Sigkill web 16.75-18",
            "Sigterm web 15.4-15.65",
            "Exit web 16.75-18 (137)",
        ]
    );
}

#[test]
fn out_of_memory_is_no_sigkill_of_the_kubelet() {
    let ended = "terminated: {exitCode: 137, reason: OOMKilled, finishedAt: '@16'}";
    let record = record_of_web("", ended, "10.4 web Killing");
    assert_eq!(told(&steps(&record))[1..], ["Sigterm web 10.4-10.65", "Exit web 15.75-17 (137 OOMKilled)"]);
}

/// The kubelet would have ended it long before.
#[test]
fn a_node_that_had_no_time() {
    let ended = "terminated: {exitCode: 0, reason: Completed, finishedAt: '@40'}";
    let record = record_of_web(EXEC, ended, "10.4 web Killing");
    assert_eq!(
        told(&steps(&record))[1..],
        ["PreStop web 10.4-41 to 10.4-41", "Sigterm web 10.4-41", "Exit web 39.75-41 (0)"]
    );
}

#[test]
fn sidecars_have_their_turn_from_the_last_to_the_first() {
    let ended = |name: &str, second: &str| {
        format!(
            "
  - name: {name}
    image: box
    imageID: box
    ready: false
    restartCount: 0
    state: {{terminated: {{exitCode: 0, finishedAt: '@{second}'}}}}"
        )
    };
    let yaml = format!(
        "
metadata: {{deletionTimestamp: '@40', deletionGracePeriodSeconds: 30}}
spec:
  initContainers:
  - {{name: setup}}
  - {{name: mesh, restartPolicy: Always}}
  - {{name: proxy, restartPolicy: Always}}
  containers: [{{name: web}}]
status:
  initContainerStatuses:{}{}{}
  containerStatuses:{}
",
        ended("setup", "02"),
        ended("mesh", "20"),
        ended("proxy", "16"),
        ended("web", "13")
    );
    let events = "10.4 web Killing\n10.4 +proxy Killing\n10.4 +mesh Killing";
    assert_eq!(
        told(&steps(&record(&yaml, events))),
        [
            "DeletionRequested 10-11 (grace 30s)",
            "Sigterm mesh 15.75-17.25",
            "Exit mesh 19.75-21 (0)",
            "Sigterm proxy 12.75-14.25",
            "Exit proxy 15.75-17 (0)",
            "Sigterm web 10.4-10.65",
            "Exit web 12.75-14 (0)",
        ]
    );
}

#[test]
fn a_sidecar_waits_while_another_runs() {
    let yaml = "
metadata: {deletionTimestamp: '@40', deletionGracePeriodSeconds: 30}
spec:
  initContainers: [{name: proxy, restartPolicy: Always}]
  containers: [{name: web}]
status:
  containerStatuses:
  - {name: web, image: box, imageID: box, ready: true, restartCount: 0, state: {running: {}}}
";
    let told = told(&steps(&record(yaml, "10.4 web Killing\n10.4 +proxy Killing")));
    assert_eq!(told[1..], ["Sigterm web 10.4-10.65"]);
}

/// As after a liveness probe that failed: the pod stays.
#[test]
fn a_container_that_is_started_again() {
    let yaml = "
spec: {terminationGracePeriodSeconds: 5, containers: [{name: web}]}
status:
  containerStatuses:
  - name: web
    image: box
    imageID: box
    ready: true
    restartCount: 1
    state: {running: {}}
    lastState: {terminated: {exitCode: 137, reason: Error, finishedAt: '@15'}}
";
    let events = "10.4 web Killing\n16.4 web Started";
    assert_eq!(
        told(&steps(&record(yaml, events))),
        ["Sigkill web 14.75-16", "Sigterm web 10.4-10.65", "Exit web 14.75-16 (137)"]
    );
}

#[test]
fn a_pod_that_is_gone() {
    let record = record_of(None, "10.4 web Killing\n12.0 web FailedPreStopHook");
    assert_eq!(told(&steps(&record)), ["Killing web 10.4-10.4", "PreStopFailed web 11.75-12"]);
}

#[test]
fn what_was_asked_for_first_counts() {
    let mut record = record_of_web("", "running: {}", "10.4 web Killing");
    let mut last = pod("metadata: {deletionTimestamp: '@12', deletionGracePeriodSeconds: 0}");
    last.spec.clone_from(&record.pod.as_ref().unwrap().spec);
    record.learn_pod(last, learned(at("12.3"), None));
    assert_eq!(told(&steps(&record))[0], REQUESTED);
}
