//! A pod in quarantine is off the network, by a policy that goes with it however it goes.

use harness::{Load, Namespace, Proxy, Rights, Select};
use scenarios::roles::{marked_role, role_of_the_readme, rules_by_resource};
use serde_json::{Value, json};

use crate::killed::{Kill, killed_at};
use crate::pods::{Pod, pod, pods};
use crate::promises::{
    expect_gone, expect_isolated, expect_order, expect_replaced, expect_restored, expect_untouched,
    expect_words, isolate, isolate_with, refused, restore_with,
};
use crate::shop::shop;

const LABEL: &str = "drover.dev/quarantine";

#[test]
fn one_policy_selects_this_pod_alone_and_no_request_is_lost() {
    // Given a shop under load
    let namespace = shop("quarantine", 3);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let load = Load::start(&namespace, "web", 100);

    // When a pod is isolated and cut off
    let said = isolate_with(&namespace, sick, &["--quarantine"]).stderr;

    // Then it is isolated as ever, and one policy that allows nothing selects it and no other pod
    let report = load.finish();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    expect_isolated(&namespace, sick);
    expect_replaced(&namespace, &before, sick, &["web"]);
    let policy = policy(&namespace, sick);
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(policy["spec"]["ingress"].is_null() && policy["spec"]["egress"].is_null(), "{policy}");
    let selected = pods(&namespace, &format!("{LABEL}={}", sick.uid()));
    assert_eq!(selected.iter().map(Pod::uid).collect::<Vec<_>>(), [sick.uid()]);
    assert_eq!(policy["metadata"]["ownerReferences"][0]["uid"], sick.uid(), "it goes with its pod");

    // and it is said plainly that nothing here heeds it, before anything is done
    expect_order(&said, "warning: no network plugin that is known to enforce NetworkPolicies", "1 leave");
    expect_words(&said, &["5 quarantine", "nothing in, nothing out"]);
    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;
    expect_words(
        &shown,
        &["nothing in, nothing out, by NetworkPolicy", "nothing in this cluster is known to enforce it"],
    );

    // When it is put back, then nothing is left of it
    restore_with(&namespace, sick, &["--drain=1s"]);
    expect_restored(&namespace, &before, sick);
    expect_no_policy(&namespace);
}

#[test]
fn a_last_step_still_has_the_network_and_is_not_run_again() {
    // Given a pod that is to leave a registry and then to be cut off
    let namespace = shop("quarantine-step", 1);
    let sick = &pods(&namespace, "app=web")[0];
    let proxy = Proxy::start();
    let flags = ["--quarantine", "--offline=echo gone", "-o", "json"];
    let command = [&["isolate", sick.name()], &flags[..]].concat();
    let finished = namespace.through(&proxy).kubectl(command).success();

    // Then the step ran before the policy was made, and both are told
    let requests = proxy.recording().requests;
    let first = |resource: &str| {
        let is_it = |one: &harness::Recorded| one.resource == resource && one.verb != "list" && !one.dry_run;
        requests.iter().position(is_it)
    };
    let (ran, made) = (first("pods/exec"), first("networkpolicies"));
    assert!(ran.is_some() && ran < made, "{}", proxy.recording().table());
    let told: Value = serde_json::from_str(&finished.stdout).expect("-o json prints JSON");
    assert_eq!(told["items"][0]["offline"]["exitCode"], 0);
    assert_eq!(told["items"][0]["quarantine"]["inPlace"], true);
    assert_eq!(told["items"][0]["stages"].as_array().map(Vec::len), Some(5));
    policy(&namespace, sick);
}

#[test]
fn one_direction_alone() {
    let namespace = shop("quarantine-one", 2);
    let before = pods(&namespace, "app=web");
    for (sick, direction, types) in
        [(&before[0], "ingress", json!(["Ingress"])), (&before[1], "egress", json!(["Egress"]))]
    {
        isolate_with(&namespace, sick, &[&format!("--quarantine={direction}")]);
        assert_eq!(policy(&namespace, sick)["spec"]["policyTypes"], types);
    }
}

#[test]
fn however_the_pod_goes_its_policy_goes_with_it() {
    let namespace = shop("quarantine-goes", 2);
    let before = pods(&namespace, "app=web");
    for (sick, command) in [
        (&before[0], vec!["isolate", "cleanup", before[0].name()]),
        (&before[1], vec!["delete", "pod", before[1].name()]),
    ] {
        isolate_with(&namespace, sick, &["--quarantine", "--traffic-first"]);
        policy(&namespace, sick);
        namespace.kubectl(command).success();
        expect_gone(&namespace, sick);
        expect_no_policy(&namespace);
    }
}

#[test]
fn a_pod_that_is_isolated_can_be_cut_off_later() {
    // Given an isolated pod
    let namespace = shop("quarantine-later", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    isolate(&namespace, sick);

    // When it is found to be worse than thought
    let said = isolate_with(&namespace, sick, &["--quarantine"]).stderr;
    policy(&namespace, sick);
    expect_isolated(&namespace, sick);
    expect_order(&said, "warning: no network plugin that is known to enforce", "5 quarantine");
    expect_words(&said, &["Nothing in this cluster is known to enforce its quarantine."]);

    // Then another direction is not taken for the same, and the way to it is named
    let said = refused(namespace.kubectl(["isolate", sick.name(), "--quarantine=egress"]));
    expect_words(&said, &["in another quarantine already", "kubectl delete networkpolicy"]);
}

#[test]
fn an_isolation_that_was_killed_before_or_after_its_policy_is_finished_or_taken_back() {
    let namespace = shop("quarantine-killed", 3);
    // The first is the server's own check beforehand.
    let creation = Select::nth(2, "create", "networkpolicies");
    for (kill, finish) in [
        (Kill::Before, "isolate"),
        (Kill::After, "isolate"),
        (Kill::After, "restore"),
        (Kill::Before, "restore"),
        (Kill::After, "cleanup"),
    ] {
        // Given an isolation that was killed at its policy
        let before = pods(&namespace, "app=web");
        let sick = &before[0];
        killed_at(&namespace, creation.clone(), kill, &["isolate", sick.name(), "--quarantine"]);

        // When the same command is run again, or the pod is put back or cleared away
        match finish {
            "isolate" => {
                isolate_with(&namespace, sick, &["--quarantine"]);
                expect_isolated(&namespace, sick);
                policy(&namespace, sick);
                namespace.kubectl(["isolate", "cleanup", sick.name()]).success();
            }
            "restore" => {
                restore_with(&namespace, sick, &["--drain=1s"]);
                expect_restored(&namespace, &before, sick);
            }
            _ => {
                namespace.kubectl(["isolate", "cleanup", sick.name()]).success();
            }
        }

        // Then no policy is left behind
        expect_no_policy(&namespace);
    }
}

#[test]
fn policies_that_let_the_pod_through_all_the_same_are_named() {
    // Given a policy for every pod, which lets something out, and one for the pods of the Service
    let namespace = shop("quarantine-open", 2);
    network_policy(
        &namespace,
        "dns",
        "{}",
        "policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]",
    );
    network_policy(&namespace, "front", "{matchLabels: {app: web}}", "ingress: [{}]");
    let sick = &pods(&namespace, "app=web")[0];

    // When a pod is cut off
    let said = isolate_with(&namespace, sick, &["--quarantine"]).stderr;

    // Then it is told beforehand which applies no more, and which goes on letting something through
    expect_order(&said, "warning: NetworkPolicy front will no longer apply", "1 leave the Deployment");
    expect_order(&said, "warning: NetworkPolicy dns selects the pod too", "1 leave the Deployment");
    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;
    expect_words(&shown, &["NetworkPolicy dns lets some through"]);

    // and where only the other direction is cut off, that is no concern
    let other = &pods(&namespace, "app=web")[0];
    let said = isolate_with(&namespace, other, &["--quarantine=ingress"]).stderr;
    assert!(!said.contains("dns"), "{said}");
}

#[test]
fn a_policy_of_that_name_that_is_not_the_pods_is_let_alone() {
    let namespace = shop("quarantine-name", 1);
    let sick = &pods(&namespace, "app=web")[0];
    let name = format!("quarantine-{}", sick.name());
    network_policy(&namespace, &name, "{matchLabels: {app: other}}", "ingress: [{}]");

    let said = refused(namespace.kubectl(["isolate", sick.name(), "--quarantine"]));

    expect_words(&said, &[&name, "is not that of", "kubectl describe networkpolicy"]);
    expect_untouched(&namespace, sick);
    assert_eq!(
        namespace.get(&format!("networkpolicy/{name}"))["spec"]["podSelector"]["matchLabels"]["app"],
        "other"
    );
}

#[test]
fn each_right_of_its_cluster_role_is_needed_and_missed_before_anything_is_done() {
    // Given a pod in quarantine and one that serves, and for each right somebody who has all others
    let namespace = shop("quarantine-rights", 2);
    let cut_off = pods(&namespace, "app=web").remove(0);
    isolate_with(&namespace, &cut_off, &["--quarantine"]);
    let isolated = pod(&namespace, cut_off.name());
    let serving = pods(&namespace, "app=web").remove(0);
    let quarantine = marked_role("isolate", "quarantine-role");
    let (_, _, verbs) = rules_by_resource(&quarantine).remove(0);
    let others = scenarios::roles::without(role_of_the_readme("isolate"), "networkpolicies", "list");

    for verb in &verbs {
        let rest = scenarios::roles::without(quarantine.clone(), "networkpolicies", verb);
        let rules = [others["rules"].as_array(), rest["rules"].as_array()];
        let rules: Vec<Value> = rules.into_iter().flatten().flatten().cloned().collect();
        let user =
            namespace.limited_user(&format!("no-{verb}"), Rights::Rules(&format!(" {}", json!(rules))));

        // When they try, then they are refused before anything is done, and told what they lack
        let said = refused(user.kubectl(["isolate", serving.name(), "--quarantine"]));
        expect_words(&said, &[&format!("{verb} networkpolicies")]);
        expect_untouched(&namespace, &serving);
        if verb != "create" {
            let said = refused(user.kubectl(["isolate", "restore", cut_off.name()]));
            expect_words(&said, &["is in quarantine", &format!("you may not {verb} networkpolicies")]);
            expect_untouched(&namespace, &isolated);
        }
    }

    // and who has all of them may do both, but can't see whether anything enforces it
    let rules = [others["rules"].as_array(), quarantine["rules"].as_array()];
    let rules: Vec<Value> = rules.into_iter().flatten().flatten().cloned().collect();
    let user = namespace.limited_user("all", Rights::Rules(&format!(" {}", json!(rules))));
    let said = user.kubectl(["isolate", serving.name(), "--quarantine"]).success().stderr;
    expect_words(&said, &["whether a network plugin enforces NetworkPolicies here could not be seen"]);
    expect_isolated(&namespace, &serving);
    user.kubectl(["isolate", "restore", serving.name(), "--drain=1s"]).success();
    expect_untouched(&namespace, &serving);
}

fn policy(namespace: &Namespace, sick: &Pod) -> Value {
    namespace.get(&format!("networkpolicy/quarantine-{}", sick.name()))
}

/// The garbage collector follows in a moment.
fn expect_no_policy(namespace: &Namespace) {
    namespace.watch_until("networking.k8s.io/v1/networkpolicies", 30, |policies| {
        policies.is_empty().then_some(())
    });
}

fn network_policy(namespace: &Namespace, name: &str, selector: &str, rules: &str) {
    namespace.apply(&format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}}}, \
         spec: {{podSelector: {selector}, {rules}}}}}"
    ));
}
