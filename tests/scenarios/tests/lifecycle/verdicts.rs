//! For each verdict what produces it, and what looks alike but is not.

use harness::{Namespace, workloads};

use crate::traced::{Following, GATED, OBEYS, Trace, Web, delete, let_go, shutdown, until_in_slice};

#[test]
fn a_hook_that_failed() {
    let drains = Web {
        script: "trap 'sleep 3; exit 0' TERM; sleep 600 & wait",
        hook: "preStop: {exec: {command: [sh, -c, exit 3]}}",
        ..Web::default()
    };
    let trace = drains.shutdown("hook-failed");
    trace.expect("bad", "web: preStop itself failed");
    trace.expect_none("overr");
}

#[test]
fn an_app_that_ended_under_its_hook() {
    // The same event, though nothing is wrong.
    let stopped =
        Web { hook: "preStop: {exec: {command: [sh, -c, kill -TERM 1; sleep 5]}}", ..Web::default() };
    let trace = stopped.shutdown("hook-ended");
    trace.expect("note", "web: the app ended while preStop ran");
    trace.expect_none("itself failed");
    trace.expect_none("overr");
    trace.expect("good", "of the grace period were left");
}

#[test]
fn a_hook_that_failed_just_before_its_app_ended() {
    // Nothing tells the two apart.
    let quick = Web { hook: "preStop: {exec: {command: [sh, -c, exit 3]}}", ..Web::default() };
    let trace = quick.shutdown("hook-quick");
    trace.expect("note", "web: the app ended while preStop ran, or preStop failed just before that");
}

#[test]
fn a_hook_that_overran() {
    let slow = Web { hook: "preStop: {exec: {command: [sleep, '20']}}", grace: 3, ..Web::default() };
    let trace = slow.shutdown("hook-overran");
    trace.expect("bad", "web: preStop overran the grace period");
    trace.expect_none("itself failed");
    trace.expect_none("were left");
}

#[test]
fn a_hook_that_took_nearly_all_of_the_grace_period() {
    let long = Web { hook: "preStop: {exec: {command: [sleep, '2']}}", grace: 5, ..Web::default() };
    let trace = long.shutdown("hook-long");
    trace.expect_none("preStop");
    trace.expect("good", "of the grace period were left");
}

#[test]
fn a_sleep_for_which_a_deletion_left_no_time() {
    let sleeps = Web { hook: "preStop: {sleep: {seconds: 8}}", ..Web::default() };
    let namespace = Namespace::new("hook-slept");
    sleeps.start(&namespace);
    shutdown(&namespace, &["--grace-period=2"]).expect("bad", "web: preStop overran the grace period");

    // A shorter sleep is over by then, though the app takes all that is left.
    let namespace = Namespace::new("hook-rested");
    let script = "trap 'sleep 2; exit 0' TERM; sleep 600 & wait";
    Web { script, hook: "preStop: {sleep: {seconds: 1}}", ..Web::default() }.start(&namespace);
    shutdown(&namespace, &["--grace-period=4"]).expect_none("preStop");
}

#[test]
fn an_app_that_would_not_go() {
    let deaf = Web { script: "trap '' TERM; while :; do sleep 1; done", grace: 2, ..Web::default() };
    let trace = deaf.shutdown("killed");
    trace.expect("bad", "web: SIGKILL ended it: it was still there when the grace period was over");
    trace.expect_none("were left");
}

#[test]
fn an_app_that_exits_as_if_it_had_been_killed() {
    let odd = Web { script: "trap 'exit 137' TERM; sleep 600 & wait", ..Web::default() };
    let trace = odd.shutdown("not-killed");
    trace.expect("bad", "web: not the kubelet killed it");
    trace.expect_none("SIGKILL");
}

#[test]
fn an_app_out_of_memory_in_its_shutdown() {
    let hungry = Web {
        script: "trap 'exec tail /dev/zero' TERM; sleep 600 & wait",
        container: "resources: {limits: {memory: 24Mi}}",
        grace: 20,
        ..Web::default()
    };
    let trace = hungry.shutdown("out-of-memory");
    trace.expect("bad", "web: out of memory while it was shutting down");
    trace.expect_none("SIGKILL");
    trace.expect_none("not the kubelet");
}

#[test]
fn a_post_start_that_runs() {
    // Given a container whose postStart takes its time, so that the pod looks as if it were still created
    let namespace = Namespace::new("post-start-runs");
    let slow = Web { hook: "postStart: {exec: {command: [sleep, '8']}}", ..Web::default() };
    namespace.apply(&slow.manifest());
    until_event(&namespace, "Started");

    let trace = Trace::of(&namespace.kubectl(["lifecycle", "trace", "web", "-o", "json"]).success());
    trace.expect("note", "web: postStart has been running for");

    // When it has ended, then nothing is said of it any more
    let ended = Trace::of(&Following::begin(&namespace, &["web"]).end().success());
    ended.expect_none("postStart");
    assert!(ended.steps().contains(&"postStart"), "{:?}", ended.steps());
}

#[test]
fn a_container_that_really_is_created() {
    let namespace = Namespace::new("creating");
    let waits = Web {
        hook: "postStart: {exec: {command: [sleep, '8']}}",
        spec: "volumes: [{name: settings, configMap: {name: missing}}]",
        container: "volumeMounts: [{name: settings, mountPath: /settings}]",
        ..Web::default()
    };
    namespace.apply(&waits.manifest());
    until_event(&namespace, "FailedMount");

    let trace = Trace::of(&namespace.kubectl(["lifecycle", "trace", "web", "-o", "json"]).success());
    trace.expect_none("postStart");
}

#[test]
fn a_post_start_that_failed_with_what_it_printed() {
    let namespace = Namespace::new("post-start-failed");
    let fails = Web {
        hook: "postStart: {exec: {command: [sh, -c, 'echo no route to the database >&2; exit 3']}}",
        spec: GATED,
        ..Web::default()
    };
    let finished = started(&namespace, &fails).failure(1);
    assert!(finished.stderr.contains("no route to the database"), "{}", finished.stderr);
    let trace = Trace::of(&finished);
    trace.expect("bad", "web: postStart failed");
    assert!(trace.proof().contains("no route to the database"), "{}", trace.proof());
}

#[test]
fn an_app_that_crashes_after_its_post_start() {
    let namespace = Namespace::new("crashes");
    let crashes = Web {
        script: "sleep 1; exit 3",
        hook: "postStart: {exec: {command: [echo, ready]}}",
        container: "readinessProbe: {exec: {command: ['false']}}",
        spec: GATED,
        ..Web::default()
    };
    let trace = Trace::of(&started(&namespace, &crashes).failure(1));
    trace.expect_none("postStart");
}

#[test]
fn traffic_before_readiness() {
    let start = |test: &str, field: &str| {
        let namespace = Namespace::new(test);
        namespace
            .apply(&workloads::service("web", "app: web").replace("spec:", &format!("spec:\n  {field}")));
        let slow = Web {
            container: "readinessProbe: {exec: {command: ['true']}, initialDelaySeconds: 5}",
            spec: GATED,
            ..Web::default()
        };
        Trace::of(&started(&namespace, &slow).success())
    };
    start("traffic-early", "publishNotReadyAddresses: true").expect("bad", "traffic was sent to it");
    start("traffic-in-time", "publishNotReadyAddresses: false").expect_none("traffic");
}

#[test]
fn traffic_after_readiness() {
    let ready_elsewhere = |test: &str| {
        // Given a pod that no Service selects any more by the time it is ready
        let namespace = Namespace::new(test);
        namespace.apply(&workloads::service("web", "app: web"));
        namespace.apply(&Web { spec: GATED, ..Web::default() }.manifest());
        let following = Following::begin(&namespace, &["web"]);
        namespace.kubectl(["label", "pod/web", "app=other", "--overwrite"]).success();
        let_go(&namespace);
        namespace.wait("pod/web", "condition=Ready", 60);
        // It takes four seconds until another one is.
        let container = "readinessProbe: {exec: {command: ['true']}, initialDelaySeconds: 4}";
        namespace
            .apply(&Web { container, ..Web::default() }.manifest().replace("name: web,", "name: other,"));
        namespace.wait("pod/other", "condition=Ready", 60);
        (namespace, following)
    };

    // Then there is none as long as that is so
    let (_namespace, following) = ready_elsewhere("traffic-none");
    Trace::of(&following.interrupt().failure(1)).expect("note", "not seen in a slice of its Services yet");

    // and late when it is selected again
    let (namespace, following) = ready_elsewhere("traffic-late");
    namespace.kubectl(["label", "pod/web", "app=web", "--overwrite"]).success();
    Trace::of(&following.end().success()).expect("note", "no traffic until");
}

#[test]
fn the_race_between_the_slices_and_sigterm() {
    let drains = "trap 'sleep 4; exit 0' TERM; sleep 600 & wait";
    let race = |test: &str, script: &str, hook: &str, field: &str, wanted: &str| {
        let namespace = Namespace::new(test);
        namespace
            .apply(&workloads::service("web", "app: web").replace("spec:", &format!("spec:\n  {field}")));
        Web { script, hook, ..Web::default() }.start(&namespace);
        until_in_slice(&namespace);
        let following = Following::begin(&namespace, &["web", "--fail-if-margin-below", wanted]);
        delete(&namespace, &[]);
        following.end()
    };
    // It leaves the slices, and is told to stop much later
    let sleeps = "preStop: {sleep: {seconds: 4}}";
    let finished = race("margin-good", OBEYS, sleeps, "sessionAffinity: None", "1s").success();
    Trace::of(&finished).expect("good", "web: out of the slices");

    // about the same time, which is not enough; whether it is enough for anything the node decides
    let finished = race("margin-none", OBEYS, "", "sessionAffinity: None", "30s").failure(1);
    let trace = Trace::of(&finished);
    trace.expect("", "out of the slices");
    trace.expect_none("before the pod was out of the slices");
    assert!(finished.stderr.contains("is not surely 30s or more: web"), "{}", finished.stderr);

    // and much earlier
    let finished = race("margin-bad", drains, "", "publishNotReadyAddresses: true", "0s").failure(1);
    Trace::of(&finished).expect("bad", "before the pod was out of the slices");
}

#[test]
fn a_margin_that_nobody_knows_is_too_small() {
    // No Service selects it.
    let namespace = Namespace::new("margin-unknown");
    Web::default().start(&namespace);
    let following = Following::begin(&namespace, &["web", "--fail-if-margin-below", "0s"]);
    delete(&namespace, &[]);
    let finished = following.end().failure(1);
    assert!(finished.stderr.contains("is not known"), "{}", finished.stderr);
    Trace::of(&finished).expect_none("slices");
    let refused =
        namespace.kubectl(["lifecycle", "trace", "web", "--phase=start", "--fail-if-margin-below=1s"]);
    assert!(refused.failure(1).stderr.contains("about the shutdown of one pod"));
}

/// Its start, watched from before it: of a pod that is [`GATED`].
fn started(namespace: &Namespace, web: &Web) -> harness::Finished {
    namespace.apply(&web.manifest());
    let following = Following::begin(namespace, &["web"]);
    let_go(namespace);
    following.end()
}

fn until_event(namespace: &Namespace, reason: &str) {
    namespace.watch_until("events", 60, |events| {
        events.values().any(|event| event["reason"] == reason).then_some(())
    });
}
