//! Who may use debug mode: nobody needs more than rights in the namespace, and nobody gets in who can't get out.

use harness::{Namespace, Rights, User, workloads};
use scenarios::roles::{
    ClusterRole, Lackers, expect_missing, role_of_the_readme, rules, rules_by_resource, without,
};
use scenarios::words::{expect_words, refused};

use crate::debugging::{expect_nothing_left, refused_words, without_status};
use crate::sick::{RUNS, app, deployment, running, spec};
use crate::snapshot::Snapshot;

/// What only refines the answer, with the words of the warning where it is missing.
const OPTIONAL: [(&str, &str); 5] = [
    ("horizontalpodautoscalers", "you may not list horizontalpodautoscalers"),
    ("poddisruptionbudgets", "you may not list poddisruptionbudgets"),
    ("networkpolicies", "you may not list networkpolicies"),
    ("verticalpodautoscalers", ""),
    ("pods/log", ""),
];

fn shop(test: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&workloads::web_deployment("web", 1));
    namespace.wait("deployment/web", "condition=Available", 60);
    namespace
}

#[test]
fn a_namespace_admin_may() {
    let (namespace, before) = serving("admin");
    let admin = namespace.limited_user("admin", Rights::ClusterRole("admin"));

    expect_in_and_out(&namespace, &admin, &before);
}

#[test]
fn who_has_the_cluster_role_of_the_readme_may() {
    // Given a user with exactly those rights
    let namespace = shop("debug-minimal");
    let role = ClusterRole::create(&namespace, &role_of_the_readme("debug-mode"));
    let user = namespace.limited_user("oncall", Rights::ClusterRole(&role.name));

    // When they go into debug mode and out of it, in place and with a copy, then they lack nothing
    let said = user.kubectl(["debug-mode", "on", "deploy/web"]).success().stderr;
    assert!(!said.contains("you may not"), "the README's rights leave nothing out:\n{said}");
    user.kubectl(["debug-mode", "status", "deploy/web"]).success();
    user.kubectl(["debug-mode", "off", "deploy/web"]).success();
    let said = user.kubectl(["debug-mode", "on", "deploy/web", "--copy", "--yes"]).success().stderr;
    assert!(!said.contains("you may not"), "the README's rights leave nothing out:\n{said}");
    user.kubectl(["debug-mode", "off", "--all"]).success();
    expect_nothing_left(&namespace);
}

#[test]
fn who_may_only_copy_may_clear_the_copy_away() {
    // Given a user who may change no workload and keep no record
    let namespace = shop("debug-copy-only");
    let lacked = [("deployments", "patch"), ("replicasets", "delete"), ("configmaps", "create")];
    let role = lacked
        .iter()
        .fold(role_of_the_readme("debug-mode"), |role, (resource, verb)| without(role, resource, verb));
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));

    // When they make a copy, then they can delete it again
    user.kubectl(["debug-mode", "on", "deploy/web", "--copy", "--yes"]).success();
    user.kubectl(["debug-mode", "off", "deploy/web"]).success();
    expect_nothing_left(&namespace);
}

#[test]
fn all_missing_rights_are_named_before_the_first_write() {
    // Given people who may look, and people who may go in and not out
    let (namespace, _) = serving("few-rights");
    let viewer = namespace.limited_user("viewer", Rights::ClusterRole("view"));
    let rules = "- {apiGroups: [''], resources: [pods, services, configmaps], verbs: [get, list, watch, create, patch]}\n\
                 - {apiGroups: [apps], resources: [deployments, replicasets], verbs: [get, list, watch, patch]}\n\
                 - {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list]}";
    let one_way = namespace.limited_user("one-way", Rights::Rules(rules));
    let before = without_status(namespace.get("deploy/api"));

    for (user, words) in [
        (viewer, &["create, patch, delete configmaps", "patch deployments", "patch, delete replicasets"][..]),
        (one_way, &["delete configmaps", "delete replicasets"]),
    ] {
        // When they try, then all that they lack is named, and nothing has changed
        let said = refused_words(user.kubectl(["debug-mode", "on", "deploy/api"]), words);
        expect_words(&said, &["you lack rights in namespace", namespace.name()]);
        assert!(!said.contains("pods"), "what they may is not missing: {said}");
    }
    assert_eq!(without_status(namespace.get("deploy/api")), before);
    expect_nothing_left(&namespace);
}

#[test]
fn all_rights_that_a_copy_needs_are_named() {
    let (namespace, _) = serving("copy-rights");
    let user = namespace.limited_user(
        "newcomer",
        Rights::Rules("- {apiGroups: [''], resources: [pods], verbs: [get, list]}"),
    );

    let command = ["debug-mode", "on", "deploy/api", "--copy", "--yes"];
    let words = ["watch, create, delete pods", "get configmaps", "list services", "list endpointslices"];
    let said = refused_words(user.kubectl(command), &words);

    expect_words(&said, &["list, get deployments", "list statefulsets", "list replicationcontrollers"]);
    expect_nothing_left(&namespace);
}

#[test]
fn every_right_of_the_cluster_role_is_needed_and_named_when_it_is_missing() {
    // Given for each right somebody who has all others
    let namespace = shop("debug-each-right");
    let role = role_of_the_readme("debug-mode");
    let mut rights: Vec<(String, String)> = Vec::new();
    for (_, resource, verbs) in rules_by_resource(&role) {
        rights.extend(verbs.into_iter().map(|verb| (verb, resource.clone())));
    }
    rights.sort();
    rights.dedup();
    let lackers = Lackers::create(&namespace, &role, &rights);

    for (verb, resource) in &rights {
        let optional = OPTIONAL.iter().find(|(name, _)| name == resource);
        if let Some((_, warning)) = optional.filter(|_| verb != "patch") {
            // When they try, then they are warned where it can be done without
            let flags: &[&str] = if resource == "networkpolicies" { &["--copy"] } else { &[] };
            let command = [&["debug-mode", "on", "deploy/web"], flags].concat();
            let said = lackers.dry_run(verb, resource, &command).success().stderr;
            expect_words(&said, &[warning]);
            continue;
        }
        // and refused elsewhere, before anything is touched
        let command = needing(verb, resource);
        let said = refused(match command {
            ["debug-mode", "list"] => lackers.run(verb, resource, command),
            _ => lackers.dry_run(verb, resource, command),
        });
        match command {
            ["debug-mode", "list"] => expect_words(&said, &["cannot list resource", resource]),
            _ => expect_missing(&said, verb, resource),
        }
    }
    expect_nothing_left(&namespace);
}

/// A command that needs this right. Rights come first, so that what it is about need not exist.
fn needing(verb: &str, resource: &str) -> &'static [&'static str] {
    match (verb, resource) {
        ("list", "configmaps") => &["debug-mode", "list"],
        ("patch", "horizontalpodautoscalers") => &["debug-mode", "on", "deploy/web", "--suspend-hpa"],
        ("get" | "watch" | "patch", "statefulsets") | ("delete", "pods") => {
            &["debug-mode", "on", "sts/db", "--in-place"]
        }
        ("get" | "watch" | "patch", "daemonsets") => &["debug-mode", "on", "ds/agent", "--in-place"],
        ("get", "replicasets") => &["debug-mode", "on", "rs/web", "--in-place"],
        (_, "jobs") => &["debug-mode", "on", "job/once", "--copy"],
        (_, "cronjobs") => &["debug-mode", "on", "cj/often", "--copy"],
        ("get" | "create", "pods")
        | ("list", "statefulsets" | "daemonsets" | "deployments" | "replicationcontrollers") => {
            &["debug-mode", "on", "deploy/web", "--copy"]
        }
        _ => &["debug-mode", "on", "deploy/web"],
    }
}

/// Into debug mode and out of it. Returns what was said.
fn expect_in_and_out(namespace: &Namespace, user: &User, before: &Snapshot) -> String {
    let into = user.kubectl(["debug-mode", "on", "deploy/api"]).success().stderr;
    let out = user.kubectl(["debug-mode", "off", "deploy/api"]).success().stderr;
    before.expect_same(namespace, "deploy/api");
    expect_nothing_left(namespace);
    into + &out
}

fn serving(test: &str) -> (Namespace, Snapshot) {
    let namespace = running(test, &deployment(1, &spec(&app(RUNS)), ""), 1);
    let before = Snapshot::of(&namespace, "deploy/api");
    (namespace, before)
}
