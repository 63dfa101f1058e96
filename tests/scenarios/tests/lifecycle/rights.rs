//! What is seen with which rights.

use harness::{Namespace, Rights, User, workloads};
use scenarios::roles::{Lackers, marked_role, role_of_the_readme, rules};
use scenarios::words::{expect_words, refused};
use serde_json::json;

use crate::traced::{Trace, Web};

/// A namespace with pod `web`, which a Service selects, and Deployments.
fn served(test: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&workloads::service("web", "app: web"));
    namespace.apply(&workloads::web_deployment("shop", 1));
    // One whose rollout does not come to its end.
    namespace.apply(&workloads::web_deployment("slow", 1).replace("path: /ready", "path: /never"));
    Web { hook: "preStop: {sleep: {seconds: 4}}", ..Web::default() }.start(&namespace);
    namespace.wait("deployment/shop", "condition=Available", 60);
    namespace
}

fn run(user: &User, words: &[&str]) -> harness::Finished {
    user.kubectl([&["lifecycle"], words].concat())
}

#[test]
fn who_has_the_cluster_role_of_the_readme_sees_it_all() {
    let namespace = served("lifecycle-minimal");
    let role = role_of_the_readme("lifecycle");
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));

    for (shown, words) in [
        (&["show", "web"][..], "preStop     sleep 4s"),
        (&["show", "deploy/shop"], "terminationGracePeriodSeconds 2"),
        (&["trace", "web"], "started web"),
        (&["trace", "deploy/shop"], "the rollout is complete"),
    ] {
        expect_words(&run(&user, shown).success().stdout, &[words]);
    }
    let refused = refused(run(&user, &["trace", "web", "--evict", "--yes"]));
    expect_words(&refused, &["cannot create resource \"pods/eviction\""]);

    // Who may cause something as well can follow it from its beginning
    let both = [role, marked_role("lifecycle", "cause-role")];
    let both = both.iter().flat_map(|role| role["rules"].as_array().expect("a role has rules"));
    let both = rules(&json!({"rules": both.collect::<Vec<_>>()}));
    let causer = namespace.limited_user("causer", Rights::Rules(&both));
    let evicted = run(&causer, &["trace", "web", "--evict", "--yes", "-o", "json"]).success();
    let trace = Trace::of(&evicted);
    trace.expect("good", "web: out of the slices");
    trace.expect("note", "somebody evicted it");
    assert_eq!(trace.notes(), "[]");
    run(&causer, &["trace", "deploy/shop", "--restart"]).success();

    // and what is gone is told of afterwards
    expect_words(&run(&user, &["trace", "web"]).success().stdout, &["stopping web"]);
}

#[test]
fn what_each_right_is_for() {
    // Given for each right somebody who has all others
    let namespace = served("lifecycle-rights");
    let needed: [(&str, &str, &[&[&str]]); 6] = [
        ("get", "pods", &[&["show", "web"], &["trace", "web"]]),
        ("list", "pods", &[&["trace", "web", "-f"], &["trace", "deploy/shop"]]),
        ("watch", "pods", &[&["trace", "web", "-f"]]),
        ("list", "events", &[&["trace", "web"], &["trace", "web", "-f"]]),
        ("get", "deployments", &[&["show", "deploy/shop"]]),
        ("list", "deployments", &[&["trace", "deploy/shop"]]),
    ];
    let watched = [
        ("watch", "events", "web"),
        ("watch", "endpointslices", "web"),
        ("watch", "deployments", "deploy/slow"),
    ];
    let refining = [("list", "services"), ("list", "endpointslices")];
    let watches = watched.map(|(verb, resource, _)| (verb, resource));
    let all = needed.iter().map(|(verb, resource, _)| (*verb, *resource)).chain(watches).chain(refining);
    let rights: Vec<_> = all.map(|(verb, resource)| (verb.to_owned(), resource.to_owned())).collect();
    let lackers = Lackers::create(&namespace, &role_of_the_readme("lifecycle"), &rights);
    let run = |verb: &str, resource: &str, words: &[&str]| {
        lackers.run(verb, resource, &[&["lifecycle"], words].concat())
    };

    // When they ask for what needs it, then it is named
    for (verb, resource, commands) in needed {
        for command in commands {
            let said = refused(run(verb, resource, command));
            expect_words(&said, &["is forbidden", &format!("cannot {verb} resource \"{resource}\"")]);
        }
    }
    for (verb, resource, target) in watched {
        let said = run(verb, resource, &["trace", target, "-f"]).failure(1).stderr;
        expect_words(&said, &["error: ", &format!("cannot {verb} resource \"{resource}\"")]);
    }

    // but without what is of traffic the rest goes on
    for (verb, resource) in refining {
        let ended = run(verb, resource, &["trace", "web", "-f", "--phase=start", "-o", "json"]).success();
        let notes = Trace::of(&ended).notes();
        expect_words(
            &notes,
            &[&format!("you may not {verb} {resource}"), "whether traffic came is not known"],
        );
    }
}
