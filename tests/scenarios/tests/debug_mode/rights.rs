//! Who may: nobody needs more than rights in the namespace, and who lacks some hears of all of them at once.

use harness::{Namespace, Rights, User};
use scenarios::readme::cluster_role;
use scenarios::words::expect_words;

use crate::debugging::{expect_nothing_left, refused_words, without_status};
use crate::sick::{RUNS, app, deployment, running, spec};
use crate::snapshot::Snapshot;

#[test]
fn a_namespace_admin_may() {
    let (namespace, before) = serving("admin");
    let admin = namespace.limited_user("admin", Rights::ClusterRole("admin"));

    expect_in_and_out(&namespace, &admin, &before);
}

#[test]
fn who_has_the_cluster_role_of_the_readme_may() {
    let (namespace, before) = serving("minimal");
    let role = cluster_role("debug-mode");
    let user = namespace.limited_user("oncall", Rights::Rules(&format!(" {}", role["rules"])));

    let said = expect_in_and_out(&namespace, &user, &before);

    assert!(!said.contains("you may not"), "the README's rights leave nothing out:\n{said}");
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

    expect_words(&said, &["list deployments", "list statefulsets", "list replicationcontrollers"]);
    expect_nothing_left(&namespace);
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
