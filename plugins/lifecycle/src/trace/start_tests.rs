use super::super::testing::{at, pod, record, record_of, told};
use super::steps;
use crate::trace::learned;

/// An init container, a sidecar with a startup probe, and two main containers.
const WHOLE: &str = "
metadata:
  creationTimestamp: '@01'
  managedFields:
  - {manager: kubelet, subresource: status, operation: Update, time: '@05'}
spec:
  initContainers:
  - {name: setup}
  - name: proxy
    restartPolicy: Always
    startupProbe: {exec: {command: [up]}}
    lifecycle: {postStart: {exec: {command: [warm]}}}
  containers:
  - {name: web, lifecycle: {postStart: {exec: {command: [warm]}}}}
  - {name: log, lifecycle: {postStart: {sleep: {seconds: 2}}}}
status:
  conditions:
  - {type: PodReadyToStartContainers, status: 'True', lastTransitionTime: '@02'}
  - {type: Ready, status: 'True', lastTransitionTime: '@11'}
  initContainerStatuses:
  - name: setup
    image: box
    imageID: box
    ready: true
    restartCount: 0
    state: {terminated: {exitCode: 0, finishedAt: '@03'}}
";

const WHOLE_EVENTS: &str = "
01.3 - Scheduled
01.7 +setup Pulled
01.9 +setup Created
02.0 +setup Started
04.0 +proxy Created
04.1 +proxy Started
06.5 web Pulled
06.6 web Created
06.7 web Started
08.0 log Pulled
08.1 log Created
08.2 log Started
";

#[test]
fn a_whole_start() {
    assert_eq!(
        told(&steps(&record(WHOLE, WHOLE_EVENTS))),
        [
            "Created 1-1.3",
            "Scheduled 1.05-1.3",
            "Sandbox 1.05-1.3 to 1.05-1.7",
            "Init setup 1.9-2.25 to 2.75-4",
            "ContainerStart proxy 4-4.35",
            // The next container waits for its startup probe as well.
            "PostStart proxy 4.1-4.35 to 4.1-6.5",
            "ContainerStart web 6.6-6.95",
            "PostStart web 6.7-6.95 to 7.75-8",
            "ContainerStart log 8.1-8.45",
            "PostStart log 8.2-8.45 to 10.2-10.45",
            "Ready 11-12",
        ]
    );
}

#[test]
fn who_watches_knows_more_of_a_sidecar() {
    let mut record = record(WHOLE, WHOLE_EVENTS);
    let mut seen = pod(WHOLE);
    let status = "
status:
  initContainerStatuses:
  - {name: proxy, containerID: x, image: box, imageID: box, ready: true, restartCount: 0, STARTED, state: {running: {}}}
";
    seen.status = pod(&status.replace("STARTED", "started: false")).status;
    record.learn_pod(seen.clone(), learned(at("05.4"), None));
    seen.status = pod(&status.replace("STARTED", "started: true")).status;
    seen.metadata.managed_fields.as_mut().unwrap()[0].time.as_mut().unwrap().0 = at("06");
    record.learn_pod(seen, learned(at("06.2"), None));
    // With nothing known of the clocks, they are one.
    record.offset = None;

    let told = told(&steps(&record));
    assert!(told.contains(&"PostStart proxy 4.1-4.35 to 4.1-6".to_owned()), "{told:#?}");
    assert!(told.contains(&"Startup proxy 4-4.35 to 5.75-7".to_owned()), "{told:#?}");
}

#[test]
fn what_was_so_before_anybody_watched_tells_no_time() {
    let running = "
metadata: {creationTimestamp: '@01'}
spec:
  containers: [{name: web, startupProbe: {exec: {command: [up]}}}]
status:
  containerStatuses:
  - {name: web, image: box, imageID: box, ready: true, restartCount: 0, started: true, state: {running: {}}}
";
    let mut record = record(running, "02.1 web Started");
    record.learn_pod(pod(running), learned(at("40"), None));
    assert_eq!(told(&steps(&record)), ["Created 1-2", "ContainerStart web 1.85-2.35"]);
}

const ONE: &str = "
metadata: {creationTimestamp: '@01'}
spec: {containers: [{name: web, lifecycle: {postStart: {exec: {command: [warm]}}}}, {name: log}]}
";

#[test]
fn a_hook_under_way() {
    let told = told(&steps(&record(ONE, "03.0 web Created\n03.1 web Started")));
    assert_eq!(told[1..], ["ContainerStart web 3-3.35", "PostStart web since 3.1-3.35"]);
}

#[test]
fn a_hook_that_failed() {
    let events = "03.0 web Created\n03.1 web Started\n03.2 web FailedPostStartHook";
    let told = told(&steps(&record(ONE, events)));
    let expected =
        ["ContainerStart web 3-3.35", "PostStart web 3.1-3.2 to 3.1-3.2", "PostStartFailed web 3.1-3.2"];
    assert_eq!(told[1..], expected);
}

/// The other container has its own restarts and probes, which say nothing of this one's hook.
#[test]
fn a_container_that_was_started_again() {
    let status = "
status:
  conditions: [{type: Ready, status: 'True', lastTransitionTime: '@25'}]
  containerStatuses:
  - {name: web, image: box, imageID: box, ready: true, restartCount: 1, state: {running: {}}}
  - {name: log, image: box, imageID: box, ready: true, restartCount: 1, state: {running: {}}}
";
    let events = "
03.0 web Started
03.5 log Pulled
03.6 log Started
20.0 web Created
20.1 web Started
21.0 log Unhealthy
40.0 log Pulled
40.1 log Started
";
    assert_eq!(
        told(&steps(&record(&format!("{ONE}{status}"), events))),
        [
            "ContainerStart web 20-20.35",
            "PostStart web 20.1-20.35 to 20.1-26",
            "ContainerStart log 39.85-40.35",
            "Ready 25-26",
        ]
    );
}

#[test]
fn a_pod_that_is_gone() {
    let record = record_of(None, "01.3 - Scheduled\n02.0 web Created\n02.1 web Started");
    assert_eq!(
        told(&steps(&record)),
        ["Scheduled 1.05-1.3", "Sandbox 1.05-1.3 to 1.05-2", "ContainerStart web 2-2.35"]
    );
}

#[test]
fn a_pull() {
    let told = told(&steps(&record(ONE, "02.0 web Pulling\n02.7 web Pulled")));
    assert_eq!(told[1..], ["Pull web 2-2 to 2.7-2.7"]);
}

/// What is done promptly may take it as long as it took to start a container.
#[test]
fn a_node_that_is_slow() {
    let events = "03.0 web Created\n03.5 web Started\n09.0 log Pulled";
    let told = told(&steps(&record(ONE, events)));
    assert_eq!(told[1..], ["ContainerStart web 3-4", "PostStart web 3.5-4 to 8.5-9"]);
}
