//! What rolling back takes: all that is missing is named at once, before the first write.

use harness::{Namespace, Rights};
use scenarios::roles::{ClusterRole, Lackers, expect_missing, marked_role, role_of_the_readme};
use scenarios::words::expect_words;
use serde_json::Value;

use super::look::{Look, expect_same};
use super::{kept, patch, pruning};
use crate::versions::history;

/// Both roles of the README in one.
fn both_roles() -> Value {
    let mut role = role_of_the_readme("bundle");
    let more = marked_role("bundle", "rollback-role");
    let rules = role["rules"].as_array_mut().expect("a ClusterRole has rules");
    rules.extend(more["rules"].as_array().expect("a ClusterRole has rules").clone());
    role
}

/// An update, a creation, a replacement and a deletion.
fn change(namespace: &Namespace) {
    patch(namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    patch(namespace, "cj/report", r#"{"spec": {"schedule": "0 1 1 1 *"}}"#);
    namespace.kubectl(["delete", "ingress/web"]).success();
    patch(namespace, "cm/files", r#"{"immutable": true, "data": {"a": "2"}}"#);
    pruning::next_second(namespace);
    namespace.kubectl(["create", "configmap", "extra", "--from-literal=a=1"]).success();
}

const ALL: [&str; 8] =
    ["bundle", "rollback", "shop", "1", "--yes", "--prune", "--replace=cm/files", "--secrets"];

#[test]
fn who_has_both_roles_of_the_readme_rolls_back() {
    let namespace = kept("rollback-minimal");
    let role = ClusterRole::create(&namespace, &both_roles());
    let user = namespace.limited_user("oncall", Rights::ClusterRole(&role.name));
    let before = Look::at(&namespace);
    change(&namespace);
    patch(&namespace, "secret/db", r#"{"stringData": {"password": "rotated"}}"#);
    patch(&namespace, "svc/web", r#"{"spec": {"ports": [{"port": 81}]}}"#);
    patch(&namespace, "pdb/web", r#"{"spec": {"minAvailable": 2}}"#);
    patch(&namespace, "hpa/web", r#"{"spec": {"maxReplicas": 5}}"#);
    patch(&namespace, "sts/db", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    patch(&namespace, "sa/web", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    patch(&namespace, "pvc/data-db-0", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    patch(&namespace, "role/reader", r#"{"metadata": {"labels": {"team": "a"}}}"#);

    user.kubectl(ALL).success();

    expect_same(&before.wanted(), &Look::at(&namespace).wanted());
    user.kubectl(["bundle", "rollback", "shop", "2", "--yes", "--prune", "--replace=cm/files", "--secrets"])
        .success();
}

#[test]
fn each_right_that_it_takes_is_named_before_the_first_write() {
    // Given for each right that this rollback takes somebody who has all others
    let namespace = kept("rollback-rights");
    change(&namespace);
    let rights = [
        ("create", "leases"),
        ("get", "leases"),
        ("patch", "leases"),
        ("delete", "leases"),
        ("create", "secrets"),
        ("update", "configmaps"),
        ("patch", "configmaps"),
        ("create", "configmaps"),
        ("delete", "configmaps"),
        ("update", "cronjobs"),
        ("patch", "cronjobs"),
        ("create", "ingresses"),
        ("patch", "ingresses"),
    ];
    let rights: Vec<_> = rights.map(|(verb, resource)| (verb.to_owned(), resource.to_owned())).into();
    let lackers = Lackers::create(&namespace, &both_roles(), &rights);
    let before = Look::at(&namespace);

    for (verb, resource) in &rights {
        let finished = lackers.run(verb, resource, &ALL).failure(1);
        let said = finished.stderr.lines().find(|line| line.starts_with("error: ")).expect("a reason");
        expect_missing(said, verb, resource);
        assert_eq!(finished.stdout, "");
    }

    assert_eq!(before.touched(&Look::at(&namespace)).len(), 0);
    assert_eq!(history(&namespace), ["1"]);
}

#[test]
fn who_may_only_look_is_told_of_all_at_once() {
    let namespace = kept("rollback-looks");
    change(&namespace);
    let role = ClusterRole::create(&namespace, &role_of_the_readme("bundle"));
    let user = namespace.limited_user("oncall", Rights::ClusterRole(&role.name));

    let said = user.kubectl(ALL).failure(1).stderr;

    let missing =
        ["leases.coordination.k8s.io", "configmaps", "cronjobs.batch", "ingresses.networking.k8s.io"];
    let reason = said.lines().find(|line| line.starts_with("error: ")).expect("a reason");
    expect_words(reason, &missing);
    assert_eq!(history(&namespace), ["1"]);
}

#[test]
fn an_administrator_of_the_namespace_brings_back_a_role_with_its_binding() {
    // Given a role and who has it, both gone: a dry run of the binding alone finds no role
    let namespace = kept("rollback-admin");
    let user = namespace.limited_user("admin", Rights::ClusterRole("admin"));
    let before = Look::at(&namespace);
    namespace.kubectl(["delete", "role/reader", "rolebinding/reader"]).success();

    let said = user.kubectl(["bundle", "rollback", "shop", "1", "--dry-run=server"]).success().stderr;
    expect_words(&said, &["unproven: it depends on an earlier write"]);
    user.kubectl(["bundle", "rollback", "shop", "1", "--yes"]).success();

    expect_same(&before.wanted(), &Look::at(&namespace).wanted());
}

#[test]
fn who_may_not_see_all_users_of_an_object_deletes_none() {
    // Given an object that came since, and somebody who may not see who else uses it, or that it is a member
    let namespace = kept("rollback-blind");
    change(&namespace);
    let lists = ["jobs", "deployments"].map(|kind| ("list".to_owned(), kind.to_owned()));
    let lackers = Lackers::create(&namespace, &both_roles(), &lists);

    for (kind, named) in [("jobs", "you may not list jobs.batch"), ("deployments", "list deployments.apps")] {
        let said = lackers.run("list", kind, &ALL).failure(1).stderr;
        expect_words(&said, &["came since and nobody else uses", named, "without --prune"]);
    }
    assert_eq!(namespace.get("cm/extra")["data"]["a"], "1");
}
