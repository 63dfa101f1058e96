//! Who may isolate: nobody needs more than rights in the namespace.

use harness::{Finished, Rights, User};
use scenarios::roles::{
    ClusterRole, Lackers, expect_missing, marked_role, role_of_the_readme, rules, rules_by_resource, without,
};

use crate::pods::{Pod, pods};
use crate::promises::{
    expect_gone, expect_isolated, expect_order, expect_restored, expect_untouched, expect_words, isolate,
    refused,
};
use crate::shop::shop;

/// What only refines the answer, so that isolating works without.
const OPTIONAL: [&str; 4] = ["networkpolicies", "poddisruptionbudgets", "resourcequotas", "events"];

#[test]
fn a_namespace_admin_may() {
    let namespace = shop("admin", 2);
    let admin = namespace.limited_user("admin", Rights::ClusterRole("admin"));
    let sick = &pods(&namespace, "app=web")[0];

    isolate_as(&admin, sick).success();

    expect_isolated(&namespace, sick);
}

#[test]
fn who_has_the_cluster_role_of_the_readme_may() {
    // Given a user with exactly those rights
    let namespace = shop("minimal", 2);
    let role = ClusterRole::create(&namespace, &role_of_the_readme("isolate"));
    let user = namespace.limited_user("oncall", Rights::ClusterRole(&role.name));
    let before = pods(&namespace, "app=web");
    let sick = &before[0];

    // When they isolate a pod, then they lack nothing
    let said = isolate_as(&user, sick).success().stderr;
    assert!(!said.contains("you may not"), "the README's rights leave nothing out:\n{said}");
    expect_isolated(&namespace, sick);

    // nor when they put it back, nor when they clear it away
    user.kubectl(["isolate", "restore", sick.name(), "--drain=1s"]).success();
    expect_restored(&namespace, &before, sick);
    isolate_as(&user, sick).success();
    user.kubectl(["isolate", "cleanup", sick.name()]).success();
    expect_gone(&namespace, sick);
}

#[test]
fn who_may_not_see_policies_budgets_quotas_and_events_may_and_is_told() {
    // Given a user with the README's rights except those four
    let namespace = shop("no-policies", 2);
    let role =
        OPTIONAL.iter().fold(role_of_the_readme("isolate"), |role, resource| without(role, resource, "list"));
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));
    let sick = &pods(&namespace, "app=web")[0];

    // When they isolate a pod
    let said = isolate_as(&user, sick).success().stderr;

    // Then they were told beforehand what could not be looked at
    for resource in OPTIONAL {
        expect_order(&said, &format!("warning: you may not list {resource}"), "1 leave the Deployment");
    }
    expect_isolated(&namespace, sick);
}

#[test]
fn who_may_only_look_may_not() {
    let namespace = shop("view", 1);
    let viewer = namespace.limited_user("viewer", Rights::ClusterRole("view"));
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(isolate_as(&viewer, sick));

    expect_words(&said, &["patch pods", namespace.name()]);
    expect_untouched(&namespace, sick);
}

#[test]
fn all_missing_rights_are_named_at_once() {
    let namespace = shop("few-rights", 1);
    let rules = "- {apiGroups: [''], resources: [pods], verbs: [get]}";
    let user = namespace.limited_user("newcomer", Rights::Rules(rules));
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(isolate_as(&user, sick));

    expect_words(&said, &["list, watch, patch pods", "list services", "list, watch endpointslices"]);
    expect_words(&said, &["list, watch replicasets", "get deployments"]);
    assert!(!said.contains("get, "), "the right they have is not missing:\n{said}");
    expect_untouched(&namespace, sick);
}

#[test]
fn every_right_of_the_cluster_role_is_needed_and_named_when_it_is_missing() {
    // Given a pod that is isolated and one that serves, and for each right somebody who has all others
    let namespace = shop("each-right", 1);
    let isolated = pods(&namespace, "app=web").remove(0);
    isolate(&namespace, &isolated);
    let serving = pods(&namespace, "app=web").remove(0);
    let role = role_of_the_readme("isolate");
    let mut rights: Vec<(String, String)> = Vec::new();
    for (_, resource, verbs) in rules_by_resource(&role) {
        rights.extend(verbs.into_iter().map(|verb| (verb, resource.clone())));
    }
    let lackers = Lackers::create(&namespace, &role, &rights);

    for (verb, resource) in &rights {
        // When they try what needs it
        let isolate = vec!["isolate", serving.name()];
        let restore = vec!["isolate", "restore", isolated.name()];
        let cleanup = vec!["isolate", "cleanup", isolated.name()];
        let commands = match (verb.as_str(), resource.as_str()) {
            ("delete", _) => vec![restore, cleanup],
            ("get" | "list" | "watch", "pods") => vec![isolate, restore, cleanup],
            _ => vec![isolate, restore],
        };
        for command in commands {
            let finished = lackers.dry_run(verb, resource, &command);
            // Then they are warned where it can be done without, and refused elsewhere
            if OPTIONAL.contains(&resource.as_str()) {
                let said = finished.success().stderr;
                if command == ["isolate", serving.name()] {
                    expect_words(&said, &[&format!("warning: you may not {verb} {resource}")]);
                }
            } else {
                expect_missing(&refused(finished), verb, resource);
            }
        }
    }
    // and who may not list pods learns it from `list` too
    let said = refused(lackers.run("list", "pods", &["isolate", "list"]));
    expect_words(&said, &["cannot list resource \"pods\""]);
    expect_untouched(&namespace, &serving);
    expect_isolated(&namespace, &isolated);
}

#[test]
fn every_right_of_the_roles_for_the_scene_is_needed_and_named_when_it_is_missing() {
    // Given for each right of these roles somebody who has all others, and those of isolating
    let namespace = shop("scene-rights", 1);
    let serving = pods(&namespace, "app=web").remove(0);
    let mut role = role_of_the_readme("isolate");
    let mut rights: Vec<(String, String)> = Vec::new();
    for more in ["evidence-role", "exec-role"].map(|mark| marked_role("isolate", mark)) {
        for (_, resource, verbs) in rules_by_resource(&more) {
            rights.extend(verbs.into_iter().map(|verb| (verb, resource.clone())));
        }
        let rules = more["rules"].as_array().expect("a ClusterRole has rules").clone();
        role["rules"].as_array_mut().expect("a ClusterRole has rules").extend(rules);
    }
    let lackers = Lackers::create(&namespace, &role, &rights);
    let command =
        ["isolate", serving.name(), "--connections", "--offline=true", "--evidence=/no-such-evidence"];

    for (verb, resource) in &rights {
        // When they try all of it, then they are refused what can't be done, and warned of what will be missing
        let finished = lackers.dry_run(verb, resource, &command);
        if resource == "pods/exec" {
            expect_missing(&refused(finished), verb, resource);
        } else {
            let said = finished.success().stderr;
            expect_words(&said, &[&format!("warning: you may not {verb} {resource}: that will be missing")]);
        }
    }
    expect_untouched(&namespace, &serving);
    // and who has all of them lacks nothing
    let user = namespace.limited_user("oncall", Rights::Rules(&rules(&role)));
    let said = user.kubectl(["isolate", serving.name(), "--connections", "--offline=true"]).success().stderr;
    assert!(!said.contains("you may not"), "{said}");
    expect_words(&said, &["exit code 0", "none to port 8080"]);
    expect_isolated(&namespace, &serving);
}

fn isolate_as(user: &User, pod: &Pod) -> Finished {
    user.kubectl(["isolate", pod.name()])
}

/// Its rules without one right, as the value of `rules:`.
pub fn rules_without(resource: &str, verb: &str) -> String {
    rules(&without(role_of_the_readme("isolate"), resource, verb))
}
