//! What a rehearsal measures, and the harm that it shows.

use harness::Namespace;
use scenarios::clones::expect_none;
use scenarios::words::expect_words;

use crate::rehearsed::{Rehearsal, drains, namespace, rehearse};
use crate::traced::Web;

#[test]
fn a_drain_that_is_cut_short_is_shown_and_the_proposed_fix_removes_that() {
    // Given a program that needs longer than it has
    let web = Web {
        script: &drains(4),
        grace: 3,
        hook: "preStop: {exec: {command: [sleep, '1']}}",
        ..Web::default()
    };
    let namespace = namespace("rehearse-drain", &web);

    // When it is rehearsed, then the harm is shown, and how to see how long it takes
    let cut_short = Rehearsal::of(&rehearse(&namespace, &["deploy/web"]).success());
    cut_short.expect_rule("grace-shorter-than-drain", "web", "harm: SIGKILL ended it after");
    assert_eq!(cut_short.0["suggestion"]["longer"]["rehearseWithSeconds"], 60, "{:#}", cut_short.0);

    // and that says what would do,
    let longer = Rehearsal::of(&rehearse(&namespace, &["deploy/web", "--grace-period=60s"]).success());
    longer.expect_rule("grace-shorter-than-drain", "web", "noHarm");
    let patch = longer.0["patch"].as_str().expect("its own is too short");
    let (_, arguments) = patch.split_once("kubectl patch ").expect("a command");
    let (place, change) = arguments.split_once(" -p ").expect("with what it changes");
    let words =
        [&["patch"], &place.split(' ').collect::<Vec<_>>()[..], &["-p", change.trim_matches('\'')]].concat();
    namespace.kubectl(words).success();

    // with which it does none.
    let fixed = Rehearsal::of(&rehearse(&namespace, &["deploy/web"]).success());
    fixed.expect_rule("grace-shorter-than-drain", "web", "noHarm");
    expect_none(&namespace);
}

#[test]
fn a_hook_that_takes_the_grace_period_leaves_the_floor_and_a_shorter_one_does_not() {
    let web = |hook: &'static str| Web { grace: 3, hook, ..Web::default() };
    let namespace = namespace("rehearse-floor", &web("preStop: {exec: {command: [sh, -c, 'sleep 20']}}"));
    let overrun = Rehearsal::of(&rehearse(&namespace, &["deploy/web"]).success());
    overrun.expect_rule("pre-stop-takes-grace", "web", "harm: preStop was still running");
    assert_eq!(overrun.hook("web", "preStop")["began"], true);

    namespace.apply(&crate::rehearsed::deployment(&web("preStop: {exec: {command: [sh, -c, 'sleep 1']}}")));
    let fixed = Rehearsal::of(&rehearse(&namespace, &["deploy/web"]).success());
    fixed.expect_rule("pre-stop-takes-grace", "web", "noHarm");
    fixed.expect_took("web", "preStop", 1_000);
}

#[test]
fn hooks_are_measured_though_they_may_do_next_to_nothing() {
    // Given neither root nor an image that can be written to, a sidecar, and hooks of every kind
    let namespace = Namespace::new("rehearse-hardened");
    namespace.apply(
        r#"
apiVersion: v1
kind: Pod
metadata: {name: hardened, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 8
  securityContext: {runAsUser: 1000, runAsNonRoot: true}
  initContainers:
  - name: proxy
    image: drover.test/box:1
    restartPolicy: Always
    command: [sh, -c, "trap 'exit 0' TERM; sleep 600 & wait"]
    securityContext: {readOnlyRootFilesystem: true}
    lifecycle: {preStop: {exec: {command: [sh, -c, "echo bye; sleep 0.2"]}}}
  containers:
  - name: web
    image: drover.test/box:1
    command: [sh, -c, "trap 'sleep 1; exit 0' TERM; sleep 600 & wait"]
    securityContext: {readOnlyRootFilesystem: true}
    lifecycle:
      postStart: {exec: {command: [sh, -c, "sleep 0.3; echo warm >&2"]}}
      preStop: {sleep: {seconds: 2}}
  - name: ask
    image: drover.test/box:1
    command: [sh, -c, "trap 'exit 0' TERM; httpd -f -p 8080 & wait"]
    ports: [{name: http, containerPort: 8080}]
    lifecycle: {preStop: {httpGet: {port: http}}}
"#,
    );
    let rehearsal = Rehearsal::of(&rehearse(&namespace, &["hardened"]).success());

    // Then what can be measured is, with what it printed
    rehearsal.expect_took("proxy", "preStop", 200);
    rehearsal.expect_took("web", "postStart", 300);
    assert_eq!(
        (&rehearsal.hook("proxy", "preStop")["output"], &rehearsal.hook("web", "postStart")["output"]),
        (&"bye".into(), &"warm".into())
    );
    rehearsal.expect_rule("sidecar-pre-stop-at-once", "proxy", "harm: preStop was over after");

    // and of what can't be it is said why.
    expect_words(
        rehearsal.unmeasured("ask", "preStop").expect("nobody can"),
        &["the kubelet sends the request itself"],
    );
    assert_eq!(rehearsal.unmeasured("web", "preStop"), None, "a sleep needs none");
    expect_none(&namespace);
}

#[test]
fn an_image_without_a_shell_gets_one() {
    // The runtime looks for `sh` where PATH says.
    let container = "env: [{name: PATH, value: /nowhere}]";
    let script = "trap 'exit 0' TERM; /bin/sleep 600 & wait";
    let hook = "preStop: {exec: {command: [/bin/sleep, '1']}}";
    let manifest =
        Web { script, container, hook, ..Web::default() }.manifest().replace("[sh, -c", "[/bin/sh, -c");
    let namespace = Namespace::new("rehearse-shell");
    namespace.apply(&manifest);
    let finished = rehearse(&namespace, &["web", "--shell-image=drover.test/box:1"]).success();
    expect_words(&finished.stderr, &["no sh in the image of web: one is brought, from drover.test/box:1"]);
    Rehearsal::of(&finished).expect_took("web", "preStop", 1_000);

    // and where that can't be had either, it says so.
    let finished =
        rehearse(&namespace, &["web", "--shell-image=drover.test/none:1", "--timeout=60s"]).failure(1);
    expect_words(&finished.stderr, &["did not become ready", "drover.test/none:1"]);
    expect_none(&namespace);
}

#[test]
fn hooks_that_fail_hold_on_or_stop_the_program_are_told_as_such() {
    let told = |hook: &'static str, rule: &str, words: &str| {
        let namespace = namespace("rehearse-hooks", &Web { grace: 6, hook, ..Web::default() });
        Rehearsal::of(&rehearse(&namespace, &["deploy/web"]).success()).expect_rule(rule, "web", words);
    };
    told(
        "preStop: {exec: {command: [/bin/drain]}}",
        "hook-program-missing",
        "harm: preStop could not run its command",
    );
    told(
        "preStop: {exec: {command: [sh, -c, 'exit 3']}}",
        "hook-fails",
        "harm: preStop failed with exit code 3",
    );
    told(
        "preStop: {exec: {command: [sh, -c, 'sleep 1 & exit 0']}}",
        "hook-leaves-child",
        "harm: preStop ended, but",
    );
    told(
        "preStop: {exec: {command: [sh, -c, 'kill 1; sleep 20']}}",
        "pre-stop-stops-program",
        "harm: the program ended",
    );
}

#[test]
fn a_post_start_that_fails_is_told_with_what_it_printed() {
    let hook = "postStart: {exec: {command: [sh, -c, 'echo no cache >&2; exit 4']}}";
    let namespace = namespace("rehearse-post-start", &Web { hook, ..Web::default() });
    let finished = rehearse(&namespace, &["deploy/web"]).failure(1);
    let rehearsal = Rehearsal::of(&finished);
    rehearsal.expect_rule("hook-fails", "web", "harm: postStart failed with exit code 4");
    assert_eq!(rehearsal.hook("web", "postStart")["output"], "no cache");
    expect_words(&finished.stderr, &["did not become ready", "no cache"]);
    assert!(!finished.stderr.contains("drover_"), "our own words are left out: {}", finished.stderr);
    expect_none(&namespace);
}

#[test]
fn several_runs_are_summed_up() {
    let hook = "preStop: {exec: {command: [sleep, '0.5']}}";
    let namespace = namespace("rehearse-times", &Web { hook, ..Web::default() });
    let rehearsal = Rehearsal::of(&rehearse(&namespace, &["deploy/web", "--times=3"]).success());
    let measures = rehearsal.0["measures"].as_array().expect("a list");
    let pre_stop = measures.iter().find(|one| one["what"] == "preStop").expect("it was measured");
    assert_eq!(pre_stop["runs"], 3);
    let [p50, p95] =
        ["p50", "p95"].map(|field| pre_stop[field]["leastMilliseconds"].as_i64().expect("a number"));
    assert!((500..=p95).contains(&p50), "{pre_stop}");
}
