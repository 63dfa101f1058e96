//! What a rehearsal asks for, what it refuses, and that nothing remains of it.

use std::time::Duration;

use harness::{Namespace, Rights, workloads};
use scenarios::clones::{SELECTOR, clones, expect_none, left_behind};
use scenarios::roles::{Lackers, expect_missing, marked_role, role_of_the_readme, rules, rules_by_resource};
use scenarios::words::{expect_words, refused};
use serde_json::{Value, json};

use crate::rehearsed::{Rehearsal, namespace, rehearse};
use crate::traced::Web;

#[test]
fn a_clone_gets_no_traffic_and_no_owner() {
    // Given what selects the pods of the Deployment
    let namespace = namespace("rehearse-aside", &Web::default());
    namespace.apply(&workloads::service("web", "app: web"));
    let planned = Rehearsal::of(&rehearse(&namespace, &["deploy/web", "--dry-run"]).success());
    let clone = &planned.0["plan"]["now"][0]["body"]["create"];
    assert_eq!(
        clone["metadata"]["labels"],
        json!({"team": "shop", "drover.dev/rehearsal": "clone"}),
        "{clone:#}"
    );

    // When it is rehearsed, then no slice ever knew the clone, and nobody adopted it
    let running = namespace.command(["lifecycle", "rehearse", "deploy/web", "--yes"]).start();
    let pods = format!("pods?labelSelector={SELECTOR}");
    let owners = namespace.watch_until(&pods, 60, |pods| {
        let pod = pods.values().next()?;
        (pod["status"]["phase"] == "Running").then(|| pod["metadata"]["ownerReferences"].clone())
    });
    assert_eq!(owners, Value::Null);
    let endpoints = "jsonpath={.items[*].endpoints[*].addresses}";
    let known = namespace.kubectl(["get", "endpointslices", "-o", endpoints]).success();
    assert_eq!(known.stdout, "", "no endpoint is there");
    running.finish().success();
    expect_none(&namespace);
}

#[test]
fn nobody_is_surprised_by_what_it_does() {
    let web = Web {
        hook: "preStop: {exec: {command: [/drain, now]}}",
        spec: "initContainers: [{name: migrate, image: drover.test/box:1, command: ['true']}]",
        ..Web::default()
    };
    let namespace = namespace("rehearse-asks", &web);
    let said = namespace.kubectl(["lifecycle", "rehearse", "deploy/web"]).failure(1).stderr;
    let words = [
        "Its program runs a second time",
        "It runs its init containers: migrate.",
        "preStop of web (exec /drain now)",
        "Make pod/web-rehearsal in",
        "the same command with --yes",
    ];
    expect_words(&said, &words);
    expect_none(&namespace);
}

#[test]
fn what_can_t_be_rehearsed_is_refused_before_anything_is_made() {
    let namespace = namespace("rehearse-refused", &Web::default());
    let refused_of = |arguments: &[&str]| refused(rehearse(&namespace, arguments));
    expect_words(&refused_of(&["job/web"]), &["end by themselves"]);
    expect_words(&refused_of(&["deploy/wep"]), &["does not exist", "did you mean deploy/web?"]);

    // Another clone is in the way: who made it is said, and what deletes it.
    namespace.apply(&left_behind("web-rehearsal"));
    expect_words(
        &refused_of(&["deploy/web"]),
        &["is there already, made by oncall", "kubectl lifecycle cleanup"],
    );
    namespace.kubectl(["lifecycle", "cleanup"]).success();

    // The server is asked first.
    let pods = r#"{apiVersion: v1, kind: ResourceQuota, metadata: {name: none}, spec: {hard: {pods: "0"}}}"#;
    namespace.apply(pods);
    namespace.wait("resourcequota/none", "jsonpath={.status.hard.pods}=0", 60);
    expect_words(&refused_of(&["deploy/web"]), &["pod/web-rehearsal", "exceeded quota"]);
    namespace.kubectl(["delete", "resourcequota/none"]).success();
    let enforce = "pod-security.kubernetes.io/enforce=restricted";
    namespace.kubectl(["label", "namespace", namespace.name(), enforce]).success();
    expect_words(&refused_of(&["deploy/web"]), &["violates PodSecurity"]);
    expect_none(&namespace);
}

/// Until the clone is there and runs.
fn until_it_runs(namespace: &Namespace) {
    let pods = format!("pods?labelSelector={SELECTOR}");
    namespace.watch_until(&pods, 60, |pods| {
        pods.values().any(|pod| pod["status"]["phase"] == "Running").then_some(())
    });
}

#[test]
fn who_interrupts_it_leaves_nothing_behind() {
    // Given a clone that never becomes ready
    let container = "readinessProbe: {exec: {command: ['false']}}";
    let namespace = namespace("rehearse-interrupted", &Web { container, ..Web::default() });
    let running = namespace.command(["lifecycle", "rehearse", "deploy/web", "--yes"]).start();
    until_it_runs(&namespace);

    // When somebody presses Ctrl-C, then it ends only once the clone is gone
    running.interrupt();
    let finished = running.finish().failure(1);
    expect_words(&finished.stderr, &["stopped before it was ready"]);
    expect_none(&namespace);
}

#[test]
fn what_is_not_ready_in_time_is_deleted_too() {
    let container = "readinessProbe: {exec: {command: ['false']}}";
    let namespace = namespace("rehearse-late", &Web { container, ..Web::default() });
    let finished = rehearse(&namespace, &["deploy/web", "--timeout=5s"]).failure(1);
    expect_words(&finished.stderr, &["was not ready within 5s", "--timeout"]);
    expect_none(&namespace);
}

#[test]
fn what_a_kill_leaves_ends_by_itself_and_cleanup_finds_it() {
    let container = "readinessProbe: {exec: {command: ['false']}}";
    let namespace = namespace("rehearse-killed", &Web { container, ..Web::default() });
    let mut running =
        namespace.command(["lifecycle", "rehearse", "deploy/web", "--yes", "--timeout=30s"]).start();
    until_it_runs(&namespace);
    running.kill();
    running.finish();

    let left = clones(&namespace);
    assert_eq!((left.len(), &left[0]["spec"]["activeDeadlineSeconds"]), (1, &json!(90)), "{left:#?}");
    let rehearsed = namespace.kubectl(["lifecycle", "cleanup", "--dry-run"]).success();
    expect_words(&rehearsed.stderr, &["of Deployment/web", "made"]);
    assert_eq!(clones(&namespace).len(), 1, "a dry run deletes nothing");
    let cleaned = namespace.kubectl(["lifecycle", "cleanup"]).success();
    expect_words(&cleaned.stdout, &["pod/web-rehearsal deleted"]);
    expect_none(&namespace);
    expect_words(&namespace.kubectl(["lifecycle", "cleanup"]).success().stderr, &["There is no clone"]);
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    let namespace = namespace("rehearse-terminal", &Web::default());
    let invocation =
        namespace.command(["lifecycle", "rehearse", "deploy/web"]).deadline(Duration::from_secs(90));
    let terminal = invocation.in_terminal(80, 40);
    terminal.until("it asks", |picture| picture.contains("(y/N)"));
    terminal.press("y\r");
    let (code, picture) = terminal.finish();
    assert_eq!(code, 0, "{}", picture.text());
    expect_words(&picture.text(), &["grace-shorter-than-drain", "would do"]);
    expect_none(&namespace);
}

/// Both roles that the README gives for it.
fn role() -> Value {
    let both = [role_of_the_readme("lifecycle"), marked_role("lifecycle", "rehearse-role")];
    let rules = both.iter().flat_map(|role| role["rules"].as_array().expect("a role has rules")).cloned();
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "both"}, "rules": rules.collect::<Vec<_>>()})
}

#[test]
fn the_roles_of_the_readme_are_all_it_needs_and_each_right_of_them_is() {
    let namespace = namespace("rehearse-rights", &Web::default());
    let role = role();
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));
    user.kubectl(["lifecycle", "rehearse", "deploy/web", "--yes"]).success();
    namespace.apply(&left_behind("web-rehearsal"));
    user.kubectl(["lifecycle", "cleanup"]).success();
    expect_none(&namespace);

    // Given for each right of it somebody who has all others
    let of_trace = ["jobs", "cronjobs", "endpointslices"];
    let refining = ["poddisruptionbudgets", "networkpolicies"];
    let needed = |verb: &str, resource: &str| match (verb, resource) {
        (_, "deployments") => verb != "watch",
        ("list", "replicasets" | "statefulsets" | "daemonsets") => true,
        (_, "replicasets" | "statefulsets" | "daemonsets") => false,
        _ => !of_trace.contains(&resource),
    };
    // `pods` stands in two rules of the two roles: who lacks a verb lacks it in both.
    let mut rights: Vec<(String, String)> = rules_by_resource(&role)
        .into_iter()
        .flat_map(|(_, resource, verbs)| verbs.into_iter().map(move |verb| (verb, resource.clone())))
        .filter(|(verb, resource)| needed(verb, resource))
        .collect();
    rights.sort();
    rights.dedup();
    let lackers = Lackers::create(&namespace, &role, &rights);
    for (verb, resource) in &rights {
        let finished = lackers.dry_run(verb, resource, &["lifecycle", "rehearse", "deploy/web"]);
        if refining.contains(&resource.as_str()) {
            finished.success();
        } else {
            expect_missing(&refused(finished), verb, resource);
        }
    }
}
