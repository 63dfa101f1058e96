//! Whose shutdown is told, and what is said where something is missing.

use harness::{Namespace, workloads};
use scenarios::words::{expect_words, refused};

use crate::traced::{Following, Trace, Web, delete, until_in_slice, until_out_of_slice};

#[test]
fn a_pod_that_was_never_there_has_close_names() {
    let namespace = Namespace::new("trace-missing");
    namespace.apply(&Web { spec: "schedulerName: nobody", ..Web::default() }.manifest());

    for arguments in [&["trace", "wep"][..], &["trace", "wep", "-f"]] {
        let said = refused(namespace.kubectl([&["lifecycle"], arguments].concat()));
        expect_words(&said, &["pod/wep does not exist", "no event tells of it", "did you mean web?"]);
    }
    let said = refused(namespace.kubectl(["lifecycle", "trace", "x"]));
    expect_words(&said, &["kubectl get pods -n"]);
}

#[test]
fn a_pod_that_is_gone_is_told_by_its_events() {
    // Given a pod that is gone, and no other of its name
    let namespace = Namespace::new("trace-gone");
    Web { hook: "preStop: {exec: {command: ['false']}}", ..Web::default() }.start(&namespace);
    delete(&namespace, &[]);
    namespace.wait("pod/web", "delete", 60);

    let told = namespace.kubectl(["lifecycle", "trace", "web"]).success();
    expect_words(
        &told.stdout,
        &["stopping web", "preStop failed web", "only events tell of it", "tells which"],
    );

    // and of its start there is as much as the events of then say
    let start = namespace.kubectl(["lifecycle", "trace", "web", "--phase=start", "-o", "json"]).success();
    let steps = Trace::of(&start);
    for step in ["scheduled", "containerStart"] {
        assert!(steps.steps().contains(&step), "{:?}", steps.steps());
    }
}

#[test]
fn a_shutdown_is_waited_for() {
    // Given a pod whose start is under way
    let namespace = Namespace::new("trace-waits");
    let slow = Web { container: "readinessProbe: {exec: {command: ['false']}}", ..Web::default() };
    namespace.apply(&slow.manifest());

    let following = Following::begin(&namespace, &["web", "--phase=shutdown"]);
    delete(&namespace, &[]);

    let trace = Trace::of(&following.end().success());
    assert_eq!(trace.0["course"], "shutdown");
    assert!(trace.steps().contains(&"removed"), "{:#}", trace.0);
}

#[test]
fn who_comes_too_late_is_told_that_the_slices_tell_nothing_any_more() {
    // Given a pod that has left its slices, and still shuts down
    let namespace = Namespace::new("trace-late");
    namespace.apply(&workloads::service("web", "app: web"));
    Web { hook: "preStop: {sleep: {seconds: 8}}", ..Web::default() }.start(&namespace);
    until_in_slice(&namespace);
    delete(&namespace, &[]);
    until_out_of_slice(&namespace);

    let arguments = ["lifecycle", "trace", "web", "-f", "-o", "json", "--fail-if-margin-below=1s"];
    let ended = namespace.kubectl(arguments).failure(1);

    expect_words(&ended.stderr, &["the margin between its slices and SIGTERM is not known"]);
    expect_words(&Trace::of(&ended).notes(), &["it was in no slice any more when it was first watched"]);
}

#[test]
fn who_has_not_enough_time_is_told_how_to_go_on() {
    let namespace = Namespace::new("trace-timeout");
    Web::default().start(&namespace);
    let ended = namespace.kubectl(["lifecycle", "trace", "web", "-f", "--timeout=1s"]).failure(1);
    expect_words(&ended.stderr, &["not at its end in time", "kubectl lifecycle trace web -f"]);
}
