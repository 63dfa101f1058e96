//! What is seen with which rights: what may not be read is named, and the rest goes on.

use harness::Rights;
use scenarios::roles::{ClusterRole, Lackers, expect_missing, role_of_the_readme, rules_by_resource};
use scenarios::words::{expect_words, refused};

use crate::shop::{members, shop};
use crate::versions::{bundled, change};

/// A Role can't give rights to these.
const CLUSTER_SCOPED: [&str; 7] = [
    "clusterroles",
    "clusterrolebindings",
    "persistentvolumes",
    "storageclasses",
    "priorityclasses",
    "runtimeclasses",
    "ingressclasses",
];

/// Of these, lists are for what is stored alone.
const HOLD_VALUES: [&str; 2] = ["configmaps", "secrets"];

/// What only the versions of a bundle take.
const TO_STORE: [(&str, &str); 10] = [
    ("list", "configmaps"),
    ("create", "configmaps"),
    ("patch", "configmaps"),
    ("delete", "configmaps"),
    ("list", "secrets"),
    ("create", "secrets"),
    ("patch", "secrets"),
    ("delete", "secrets"),
    ("list", "pods"),
    ("list", "controllerrevisions"),
];

/// What is missed without them has a scenario of its own.
const INSTALLED: [&str; 14] = [
    "rollouts",
    "httproutes",
    "grpcroutes",
    "tlsroutes",
    "tcproutes",
    "scaledobjects",
    "triggerauthentications",
    "clustertriggerauthentications",
    "certificates",
    "issuers",
    "clusterissuers",
    "verticalpodautoscalers",
    "servicemonitors",
    "podmonitors",
];

/// What `show` does not ask for.
const OF_EVENTS_AND_USED_BY: [(&str, &str); 4] =
    [("list", "events"), ("watch", "events"), ("list", "secrets"), ("list", "configmaps")];

#[test]
fn who_has_the_cluster_role_of_the_readme_sees_it_all() {
    let namespace = shop("bundle-minimal");
    let role = ClusterRole::create(&namespace, &role_of_the_readme("bundle"));
    let user = namespace.limited_user("oncall", Rights::ClusterRole(&role.name));

    let told = user
        .kubectl(["bundle", "show", "svc/web", "sts/db", "cj/report", "svc/tools", "-o", "json"])
        .success();

    let forbidden: Vec<_> =
        members(&told.stdout).into_iter().filter(|member| member.contains(": forbidden")).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    // The role was given for the namespace alone.
    let missed: Vec<_> = told.stderr.lines().filter(|line| !line.contains("clusterrolebindings")).collect();
    assert!(missed.is_empty(), "{missed:?}");

    // and keeps it
    let bundle = |words: &[&str]| user.kubectl([&["bundle"], words].concat()).success();
    let said = bundle(&["create", "svc/web", "sts/db", "cj/report", "--name=shop"]).stderr;
    // A role in a namespace gives no right to these, and all else is there.
    let left_out = said.lines().filter(|line| !line.contains("you may not list clusterrolebindings"));
    assert_eq!(left_out.collect::<Vec<_>>(), [""; 0]);
    change(&namespace, 2);
    bundle(&["snapshot", "shop"]);
    bundle(&["history", "shop"]);
    bundle(&["list"]);
    bundle(&["prune", "shop", "--keep=1"]);
    bundle(&["delete", "shop", "--yes"]);
}

#[test]
fn every_right_that_a_version_takes_is_named_before_anything_is_written() {
    // Given a bundle, and for each right somebody who has all others
    let namespace = bundled("bundle-rights");
    let create: &[&str] = &["create", "svc/web", "sts/db", "--name=other", "--dry-run=client"];
    let snapshot: &[&str] = &["snapshot", "shop", "--dry-run=client"];
    let add: &[&str] = &["add", "shop", "configmap/unrelated", "--dry-run=client"];
    let prune: &[&str] = &["prune", "shop", "--keep=1", "--dry-run=client"];
    let delete: &[&str] = &["delete", "shop", "--yes", "--dry-run=client"];
    let verbs = [
        ("get", "configmaps", &[create, snapshot, prune, delete][..]),
        ("create", "configmaps", &[create]),
        ("patch", "configmaps", &[add]),
        ("delete", "configmaps", &[delete]),
        ("get", "secrets", &[create, snapshot, prune, delete]),
        ("list", "secrets", &[create, snapshot, prune, delete]),
        ("create", "secrets", &[create, snapshot]),
        ("patch", "secrets", &[create, snapshot]),
        ("delete", "secrets", &[prune, delete]),
        ("list", "pods", &[create, snapshot]),
    ];
    let told = [("list", "replicasets"), ("list", "controllerrevisions")];
    let listed = [("list", "configmaps"), ("list", "secrets")];
    let read = [
        ("get", "persistentvolumeclaims"),
        ("get", "horizontalpodautoscalers"),
        ("get", "poddisruptionbudgets"),
        ("get", "ingresses"),
        ("get", "rolebindings"),
    ];
    let needed = verbs.iter().map(|(verb, resource, _)| (*verb, *resource));
    let all = needed.chain(told).chain([listed[0]]).chain(read);
    let rights: Vec<_> = all.map(|(verb, resource)| (verb.to_owned(), resource.to_owned())).collect();
    let lackers = Lackers::create(&namespace, &role_of_the_readme("bundle"), &rights);

    for (verb, resource, commands) in verbs {
        for command in commands {
            // When they try what needs it, then it is named, and no other
            let finished = lackers.run(verb, resource, &[&["bundle"], *command].concat());
            expect_missing(&refused(finished), verb, resource);
        }
    }
    // but who may not see the past is warned, and goes on without
    for (verb, resource) in told {
        let said = lackers.run(verb, resource, &[&["bundle"], create].concat()).success().stderr;
        expect_words(&said, &[&format!("warning: you may not {verb} {resource}"), "the past"]);
    }
    // and who may not read a member
    for (verb, resource) in read {
        let said = lackers.run(verb, resource, &[&["bundle"], create].concat()).success().stderr;
        let (_, left_out) = said.split_once("left out, since you may not read it: ").expect(&said);
        let kind = resource.trim_end_matches("es").trim_end_matches('s');
        assert!(left_out.starts_with(kind) && !left_out.contains(','), "without {verb} {resource}: {said}");
    }
    for (verb, resource) in listed {
        let said = refused(lackers.run(verb, resource, &["bundle", "list"]));
        expect_words(&said, &[&format!("cannot list resource \"{resource}\"")]);
    }
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_goes_on() {
    // Given for each right somebody who has all others
    let namespace = shop("bundle-each-right");
    let role = role_of_the_readme("bundle");
    let mut rights: Vec<(String, String)> = Vec::new();
    for (_, resource, verbs) in rules_by_resource(&role) {
        let is_of_no_use = CLUSTER_SCOPED.contains(&&*resource) || INSTALLED.contains(&&*resource);
        // What lists tell is enough to show; to keep it, it must be read as a whole.
        let is_listed = verbs.iter().any(|verb| verb == "list") && !HOLD_VALUES.contains(&&*resource);
        let is_of_others = |verb: &str| {
            OF_EVENTS_AND_USED_BY.contains(&(verb, &resource))
                || TO_STORE.contains(&(verb, &resource))
                || is_listed && verb == "get"
        };
        let verbs = verbs.iter().filter(|verb| !is_of_no_use && !is_of_others(verb));
        rights.extend(verbs.map(|verb| (verb.clone(), resource.clone())));
    }
    let lackers = Lackers::create(&namespace, &role, &rights);

    for (verb, resource) in &rights {
        // When they look at all of the shop that they may name
        let roots = ["svc/web", "sts/db", "svc/tools"];
        let command = [&["bundle", "show"][..], &roots, &["-o", "json"]].concat();
        let told = lackers.run(verb, resource, &command).success();

        // Then it is said what they do not see
        if verb == "list" {
            expect_words(&told.stderr, &[&format!("you may not list {resource}")]);
        } else {
            let kind = resource.trim_end_matches('s');
            let found = members(&told.stdout);
            let is_named = |member: &String| member.starts_with(kind) && member.contains(": forbidden");
            assert!(found.iter().any(is_named), "without {verb} {resource}: {found:?}");
        }
    }
}

#[test]
fn what_events_and_used_by_may_not_read_is_named_and_the_rest_goes_on() {
    // Given for each right that they need somebody who has all others
    let namespace = shop("bundle-events-rights");
    namespace.kubectl(["bundle", "create", "svc/web", "cj/report", "--name", "shop"]).success();
    let rights = OF_EVENTS_AND_USED_BY.into_iter().chain([("list", "jobs"), ("list", "cronjobs")]);
    let rights: Vec<_> = rights.map(|(verb, resource)| (verb.to_owned(), resource.to_owned())).collect();
    let lackers = Lackers::create(&namespace, &role_of_the_readme("bundle"), &rights);
    let run = |verb: &str, resource: &str, command: &[&str]| {
        lackers.run(verb, resource, &[&["bundle"], command].concat())
    };

    // When they ask for what they may see in part, then it is said what they do not see
    let sees = |resource: &str, command: &[&str]| {
        let told = run("list", resource, command).success();
        expect_words(&told.stderr, &[&format!("you may not list {resource}")]);
    };
    sees("secrets", &["events", "shop"]);
    sees("jobs", &["events", "shop"]);
    sees("jobs", &["used-by", "shop"]);
    sees("cronjobs", &["used-by", "shop"]);
    sees("configmaps", &["used-by", "shop"]);

    // and without the events themselves there is nothing to see, or nothing to go on with
    let words = ["error: ", "events is forbidden", "the README of kubectl bundle has a ClusterRole"];
    let listing = run("list", "events", &["events", "shop"]).failure(1);
    expect_words(&listing.stderr, &words);
    let watching = run("watch", "events", &["events", "shop", "--watch"]).failure(1);
    expect_words(&watching.stderr, &words);
}

#[test]
fn a_root_that_may_not_be_read_is_refused() {
    let namespace = shop("bundle-root-forbidden");

    let said = refused(namespace.kubectl(["bundle", "show", "svc/web", "--as=nobody"]));

    expect_words(&said, &["you may not read service/web"]);
}
