//! A pod's own last step, once no traffic reaches it.

use std::process::Command;

use harness::{Finished, Invocation, Namespace, Rights, search_path};
use scenarios::roles::{role_of_the_readme, rules};
use serde_json::Value;
use tempfile::TempDir;

use crate::pods::{Pod, pods};
use crate::promises::{expect_isolated, expect_order, expect_untouched, expect_words, isolate_with, refused};
use crate::shop::{shop, shop_of, web, web_with};

/// What a pod's step would leave behind.
fn left(namespace: &Namespace, pod: &Pod) -> String {
    namespace.kubectl(["exec", pod.name(), "--", "sh", "-c", "cat /left || true"]).success().stdout
}

/// Deployment `web` whose pods say what to run.
fn annotated(step: &str) -> String {
    web(1).replacen(
        "    metadata:\n",
        &format!("    metadata:\n      annotations: {{drover.dev/offline: '{step}'}}\n"),
        1,
    )
}

#[test]
fn it_runs_once_the_pod_is_out_of_traffic() {
    // Given a pod whose author says how it leaves the registry
    let step =
        r#"{"command": ["sh", "-c", "echo gone >> /left; echo bye; echo really >&2"], "timeout": "5s"}"#;
    let namespace = shop_of("offline", &annotated(step), 1);
    let sick = &pods(&namespace, "app=web")[0];

    // When it is isolated
    let said = isolate_with(&namespace, sick, &[]).stderr;

    // Then the command was shown, and run once all traffic had ended
    expect_order(&said, "4 verified", "offline       runs [\"sh\",\"-c\",\"echo gone");
    expect_order(&said, "in container web", "exit code 0 after");
    expect_words(&said, &["bye", "really"]);
    expect_isolated(&namespace, sick);
    assert_eq!(left(&namespace, sick), "gone\n", "it ran once");
    // and it is not run again by whoever only looks again
    let said = isolate_with(&namespace, sick, &[]).stderr;
    expect_words(&said, &["not run: the pod was isolated before"]);
    assert_eq!(left(&namespace, sick), "gone\n");
}

#[test]
fn a_step_that_fails_is_told_and_changes_nothing_else() {
    // Given a Deployment whose annotation says what to run, which a flag replaces
    let annotations = "metadata:\n  annotations: {drover.dev/offline: '[\"false\"]'}\n  name: web";
    let manifest = web(1).replacen("metadata:\n  name: web", annotations, 1);
    let namespace = shop_of("offline-fails", &manifest, 1);
    let sick = pods(&namespace, "app=web").remove(0);

    // When it fails
    let flags = ["--offline", "echo no registry; exit 7", "-o", "json"];
    let finished = namespace.kubectl([&["isolate", sick.name()], &flags[..]].concat()).success();

    // Then the pod stays out, and programs and people are told
    expect_isolated(&namespace, &sick);
    expect_words(&finished.stderr, &["warning: the offline step failed: exit code 7", "no registry"]);
    let answer: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    let offline = &answer["items"][0]["offline"];
    assert_eq!(
        (&offline["exitCode"], &offline["output"]),
        (&7.into(), &"no registry\n".into()),
        "{offline:#}"
    );
    assert_eq!(offline["command"], serde_json::json!(["sh", "-c", flags[1]]));
    // and without a flag it is the annotation that fails
    let next = pods(&namespace, "app=web").remove(0);
    let said = isolate_with(&namespace, &next, &[]).stderr;
    expect_words(&said, &["runs [\"false\"] in container web", "exit code 1"]);
}

#[test]
fn one_that_does_not_end_is_not_waited_for() {
    let step =
        r#"{"command": ["sh", "-c", "echo begun; exec sleep 60"], "container": "web", "timeout": "1s"}"#;
    let namespace = shop_of("offline-hangs", &annotated(step), 1);
    let sick = &pods(&namespace, "app=web")[0];

    let said = isolate_with(&namespace, sick, &[]).stderr;

    expect_words(&said, &["begun", "it did not end within 1.0s: it may still run"]);
    expect_isolated(&namespace, sick);
}

#[test]
fn what_can_not_be_run_is_refused_before_the_first_change_and_can_be_left_out() {
    // Given a pod with a step for a container that it does not have
    let namespace =
        shop_of("offline-wrong", &annotated(r#"{"command": ["true"], "container": "nobody"}"#), 1);
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(namespace.kubectl(["isolate", sick.name()]));

    expect_words(&said, &["\"nobody\"", "--no-offline"]);
    expect_untouched(&namespace, sick);
    let said = isolate_with(&namespace, sick, &["--no-offline"]).stderr;
    assert!(!said.contains("offline  "), "{said}");
    expect_isolated(&namespace, sick);
}

#[test]
fn who_may_not_run_commands_is_told_before_the_first_change() {
    // Given somebody who may isolate, and a pod with a last step
    let namespace = shop_of("offline-rights", &annotated(r#"["true"]"#), 1);
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role_of_the_readme("isolate"))));
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(user.kubectl(["isolate", sick.name()]));

    expect_words(&said, &["get, create pods/exec", "--no-offline"]);
    expect_untouched(&namespace, sick);
    // Asked for by a flag, the right is among all that are missing.
    let said = refused(user.kubectl(["isolate", sick.name(), "--no-offline", "--connections"]));
    expect_words(&said, &["get, create pods/exec"]);
    user.kubectl(["isolate", sick.name(), "--no-offline"]).success();
    expect_isolated(&namespace, sick);
}

#[test]
fn a_pod_without_replacement_takes_its_last_step_all_the_same() {
    // Given a pod of a Deployment that can't have another one
    let namespace = shop_of("offline-alone", &web_with(1, "progressDeadlineSeconds: 600"), 1);
    crate::shop::allow_no_more_than(&namespace, 1);
    let sick = &pods(&namespace, "app=web")[0];

    let place = TempDir::new().expect("there is room for evidence");
    let [evidence, more] = ["sick.tgz", "sick.2.tgz"].map(|name| place.path().join(name));

    // When it leaves traffic first, and no replacement comes
    let saved = evidence.to_str().expect("a plain name");
    let flags = ["--traffic-first", "--timeout=3s", "--offline", "echo gone >> /left", "--evidence", saved];
    let said = namespace.kubectl([&["isolate", sick.name()], &flags[..]].concat()).failure(1).stderr;

    expect_words(&said, &["it left Deployment/web and all traffic, and stays so"]);
    assert_eq!(left(&namespace, sick), "gone\n");
    assert!(evidence.exists() && !more.exists());

    // Then the command that is told can be pasted, asks for the same, and writes over nothing
    namespace.kubectl(["delete", "resourcequota/full"]).success();
    let told = said.lines().find_map(|line| line.strip_prefix("look again:  "));
    let told = told.unwrap_or_else(|| panic!("the command is told in\n{said}"));
    let said = paste(&namespace, told).success().stderr;
    expect_words(&said, &["runs [\"sh\",\"-c\",\"echo gone >> /left\"] in container web"]);
    assert!(more.exists(), "the evidence goes on beside the first after\n{told}");
    expect_isolated(&namespace, sick);
}

/// Runs a command as a person does who pastes it.
fn paste(namespace: &Namespace, line: &str) -> Finished {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env_clear().env("PATH", search_path()).env("KUBECONFIG", namespace.kubeconfig());
    Invocation::new(shell).run()
}

#[test]
fn a_dry_run_shows_the_step_and_runs_nothing() {
    let namespace = shop("offline-dry", 1);
    let sick = &pods(&namespace, "app=web")[0];

    let dry = ["isolate", sick.name(), "--dry-run=client", "--offline", "touch /left"];
    let said = namespace.kubectl(dry).success().stderr;

    expect_words(&said, &["would run [\"sh\",\"-c\",\"touch /left\"] in container web"]);
    let found = namespace.kubectl(["exec", sick.name(), "--", "sh", "-c", "test -e /left || echo nothing"]);
    assert_eq!(found.success().stdout, "nothing\n");
}
