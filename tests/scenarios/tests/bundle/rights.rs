//! What is seen with which rights: what may not be read is named, and the rest goes on.

use harness::Rights;
use scenarios::roles::{ClusterRole, Lackers, role_of_the_readme, rules_by_resource};
use scenarios::words::{expect_words, refused};

use crate::shop::{members, shop};

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
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_goes_on() {
    // Given for each right somebody who has all others
    let namespace = shop("bundle-each-right");
    let role = role_of_the_readme("bundle");
    let mut rights: Vec<(String, String)> = Vec::new();
    for (_, resource, verbs) in rules_by_resource(&role) {
        let is_of_no_use = CLUSTER_SCOPED.contains(&&*resource) || INSTALLED.contains(&&*resource);
        let is_of_others = |verb: &str| OF_EVENTS_AND_USED_BY.contains(&(verb, &resource));
        let verbs = verbs.into_iter().filter(|verb| !is_of_no_use && !is_of_others(verb));
        rights.extend(verbs.map(|verb| (verb, resource.clone())));
    }
    let lackers = Lackers::create(&namespace, &role, &rights);

    for (verb, resource) in &rights {
        // When they look at all of the shop that they may name
        let roots = match resource.as_str() {
            "jobs" | "cronjobs" | "daemonsets" if verb == "get" => continue,
            "services" | "deployments" | "statefulsets" if verb == "get" => continue,
            _ => ["svc/web", "sts/db", "svc/tools"],
        };
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
