//! The plan from every state that an isolation passes through, and from those it must not.

use drover::change::{Body, Plan};
use drover::model::selector::Selector;
use drover::model::{ISOLATED_LABEL, POD_TEMPLATE_HASH};
use drover::print::StageState;
use serde_json::json;

use super::isolate::{Wish, decide};
use super::testing::*;
use crate::state::State;

fn plan(state: &State) -> Plan {
    decide(state, &Wish::default()).expect("there is a plan")
}

fn refusal(state: &State) -> String {
    decide(state, &Wish::default()).expect_err("there is no plan").message
}

/// The labels that the plan's write removes.
fn removed(plan: &Plan) -> Vec<String> {
    let prefix = "/metadata/labels/";
    let patch = sent(plan);
    patch
        .as_array()
        .unwrap()
        .iter()
        .filter(|operation| operation["op"] == "remove")
        .filter_map(|operation| operation["path"].as_str()?.strip_prefix(prefix).map(str::to_owned))
        .collect()
}

/// The patch of the plan's first write, as it is sent.
fn sent(plan: &Plan) -> serde_json::Value {
    let write = &plan.now.first().expect("there is something to write").write;
    let Body::Patch(operations) = &write.body else { panic!("not a patch: {write:?}") };
    serde_json::to_value(write.patch(operations)).unwrap()
}

fn missing(plan: &Plan) -> &str {
    assert!(plan.now.is_empty(), "nothing is written while waiting");
    &plan.wait.as_ref().expect("there is something to wait for").missing
}

/// The subject after the first phase, released, with its replacement not there yet.
fn half_isolated() -> State {
    let mut state = web();
    let first = plan(&state);
    apply(&mut state, &first);
    release(&mut state);
    state
}

#[test]
fn a_ready_pod_goes_the_whole_way_one_write_at_a_time() {
    let mut state = web();
    let first = plan(&state);
    assert_eq!(removed(&first), [POD_TEMPLATE_HASH]);
    assert_eq!(first.later.len(), 1, "the second write is foreseen");
    apply(&mut state, &first);
    assert_eq!(missing(&plan(&state)), "ReplicaSet/web-1 has not released the pod yet");
    release(&mut state);
    assert_eq!(missing(&plan(&state)), "ReplicaSet/web-1 has not created a pod yet");
    put_sibling(&mut state, replacement(false));
    assert!(missing(&plan(&state)).starts_with("web-d is not Ready"));
    put_sibling(&mut state, replacement(true));
    assert!(missing(&plan(&state)).contains("web-d is not yet a ready endpoint of Service web "));
    put_slice(&mut state, slice("web", &["web-a", "web-b", "web-c", "web-d"]));
    assert!(missing(&plan(&state)).contains("ready endpoint of Service web-metrics"));
    put_slice(&mut state, slice("web-metrics", &["web-a", "web-b", "web-c", "web-d"]));
    let second = plan(&state);
    assert_eq!(removed(&second), ["app"]);
    apply(&mut state, &second);
    assert!(missing(&plan(&state)).starts_with("it is still in EndpointSlice web-metrics-slice, web-slice"));
    put_slice(&mut state, slice("web", &["web-b", "web-c", "web-d"]));
    put_slice(&mut state, slice("web-metrics", &["web-b", "web-c", "web-d"]));
    let end = plan(&state);
    assert!(end.now.is_empty() && end.wait.is_none());
    assert!(end.stages.iter().all(|stage| stage.state == StageState::Done));
}

#[test]
fn the_first_write_holds_only_for_the_very_pod_that_was_seen() {
    let tests = sent(&plan(&web()));
    assert_eq!(tests[0], json!({"op": "test", "path": "/metadata/uid", "value": "uid-web-a"}));
    assert_eq!(tests[1], json!({"op": "test", "path": "/metadata/labels", "value": web_labels()}));
    assert_eq!(tests[2], json!({"op": "test", "path": "/metadata/annotations", "value": null}));
}

#[test]
fn a_pod_that_is_not_ready_leaves_both_at_once() {
    let mut state = web();
    let unready = |json: &mut serde_json::Value| json["status"]["conditions"][0]["status"] = json!("False");
    state.subject.pod = Some(changed(pod_json("web-a"), unready));
    let first = plan(&state);
    assert_eq!(removed(&first), ["app", POD_TEMPLATE_HASH]);
    assert!(first.later.is_empty());
}

#[test]
fn traffic_first_takes_a_ready_pod_out_at_once() {
    let wish = Wish { traffic_first: true, ..Wish::default() };
    assert_eq!(removed(&decide(&web(), &wish).unwrap()), ["app", POD_TEMPLATE_HASH]);
}

#[test]
fn a_pod_that_stops_being_ready_in_between_does_not_wait_for_its_replacement() {
    let mut state = half_isolated();
    state.subject.pod.as_mut().unwrap().status.conditions[0].status = "False".to_owned();
    assert_eq!(removed(&plan(&state)), ["app"]);
}

#[test]
fn capacity_counts_not_names() {
    let mut state = half_isolated();
    put_sibling(&mut state, replacement(true));
    let all = ["web-a", "web-b", "web-c", "web-d"];
    put_slice(&mut state, slice("web", &all));
    put_slice(&mut state, slice("web-metrics", &all));
    let broken =
        changed(pod_json("web-b"), |json| json["status"]["conditions"][0]["status"] = json!("False"));
    put_sibling(&mut state, broken);
    assert_eq!(missing(&plan(&state)), "web-d is Ready, but only 2 of 3 pods are");
    state.survey.replica_sets[0].desired = 2;
    assert_eq!(
        removed(&plan(&state)),
        ["app"],
        "a Deployment that was scaled down needs no more than it wants"
    );
}

#[test]
fn a_pod_as_young_as_the_isolation_is_not_taken_for_the_replacement() {
    let mut state = web();
    let twin = changed(pod_json("web-b"), |json| json["metadata"]["creationTimestamp"] = json!(NOW));
    put_sibling(&mut state, twin);
    let first = plan(&state);
    apply(&mut state, &first);
    release(&mut state);
    state.survey.replica_sets[0].failure = Some("exceeded quota: pods".to_owned());
    assert_eq!(missing(&plan(&state)), "ReplicaSet/web-1 can't create a pod: exceeded quota: pods");
}

#[test]
fn being_ready_is_not_enough_where_min_ready_seconds_count() {
    let mut state = half_isolated();
    put_sibling(&mut state, replacement(true));
    let all = ["web-a", "web-b", "web-c", "web-d"];
    put_slice(&mut state, slice("web", &all));
    put_slice(&mut state, slice("web-metrics", &all));
    state.survey.replica_sets[0].min_ready_seconds = 10;
    state.survey.replica_sets[0].available = 2;
    assert!(missing(&plan(&state)).contains("not yet Available (minReadySeconds 10; 2 of 3)"));
    state.survey.replica_sets[0].available = 3;
    assert_eq!(removed(&plan(&state)), ["app"]);
}

#[test]
fn a_quota_is_named_in_its_own_words() {
    let mut state = half_isolated();
    state.survey.replica_sets[0].failure = Some("exceeded quota: pods".to_owned());
    assert_eq!(missing(&plan(&state)), "ReplicaSet/web-1 can't create a pod: exceeded quota: pods");
}

#[test]
fn a_service_on_the_hash_is_said_before() {
    let mut state = web();
    state.survey.services.push(service("canary", &[(POD_TEMPLATE_HASH, "1")]));
    let first = plan(&state);
    assert_eq!(removed(&first), [POD_TEMPLATE_HASH]);
    assert_eq!(
        first.warnings,
        [
            "Service canary selects on pod-template-hash: the pod leaves its traffic at once, before the replacement is there"
        ]
    );
}

#[test]
fn a_service_that_only_this_pod_is_in_is_not_waited_for() {
    let mut state = web();
    let by_hand = |json: &mut serde_json::Value| json["metadata"]["labels"]["debug"] = json!("yes");
    state.subject.pod = Some(changed(pod_json("web-a"), by_hand));
    state.survey.services.push(service("probe", &[("debug", "yes")]));
    let first = plan(&state);
    assert!(
        first.warnings[0].starts_with("Service probe selects labels that ReplicaSet/web-1 does not give")
    );
    apply(&mut state, &first);
    assert!(!state.record().unwrap().services.contains_key("probe"));
}

#[test]
fn labels_that_policies_need_are_kept_where_there_is_a_choice() {
    let mut state = web();
    state.survey.services = vec![service("web", &[("app", "web"), ("tier", "front")])];
    state.subject.deployment.as_mut().unwrap().selector = selector(&[("app", "web"), ("tier", "front")]);
    state.survey.policies = Some(vec![policy("front", &[("app", "web")])]);
    let first = plan(&state);
    assert!(first.warnings.is_empty());
    assert_eq!(first.stages[2].detail, "drop tier (kept app: NetworkPolicy front needs it)");
    state.survey.policies = Some(vec![policy("front", &[("app", "web"), ("tier", "front")])]);
    let first = plan(&state);
    assert_eq!(first.warnings, ["NetworkPolicy front will no longer apply to the pod as before"]);
}

#[test]
fn budgets_are_escaped_or_named() {
    let mut state = web();
    let budgets = vec![budget("tier", selector(&[("tier", "front")])), budget("all", Selector::default())];
    state.survey.budgets = Some(budgets);
    let first = plan(&state);
    assert_eq!(first.stages[2].detail, "drop app, tier");
    assert_eq!(first.warnings, ["PodDisruptionBudget all selects every pod: it goes on counting this one"]);
    state.survey.budgets = None;
    assert_eq!(
        plan(&state).warnings,
        ["you may not list poddisruptionbudgets: one may go on counting the pod"]
    );
}

#[test]
fn a_controller_that_would_adopt_the_pod_is_escaped_too() {
    let mut state = web();
    let mut bare = state.survey.replica_sets[0].clone();
    bare.owner = owner("ReplicaSet", "greedy");
    bare.selector = selector(&[("tier", "front")]);
    state.survey.replica_sets.push(bare);
    assert_eq!(removed(&plan(&state)), [POD_TEMPLATE_HASH, "tier"]);
}

#[test]
fn a_slice_that_follows_no_labels_is_refused_and_named() {
    let mut state = web();
    put_slice(
        &mut state,
        json!({"metadata": {"name": "by-hand"}, "endpoints": [{"addresses": ["ip-web-a"]}]}),
    );
    let message = refusal(&state);
    assert_eq!(
        message,
        "pod/web-a would stay in traffic: EndpointSlice/by-hand (managed by nobody) names it and does not follow labels"
    );
}

#[test]
fn what_can_not_be_isolated_says_why() {
    let with = |change: fn(&mut serde_json::Value)| {
        let mut state = web();
        state.subject.pod = Some(changed(pod_json("web-a"), change));
        refusal(&state)
    };
    let refusals = [
        with(|json| json["metadata"]["deletionTimestamp"] = json!(NOW)),
        with(|json| json["status"]["phase"] = json!("Succeeded")),
        with(|json| json["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"})),
        with(|json| json["metadata"]["ownerReferences"] = json!([])),
        with(|json| json["metadata"]["ownerReferences"][0]["kind"] = json!("Job")),
        with(|json| json["metadata"]["ownerReferences"][0]["kind"] = json!("DaemonSet")),
        with(|json| json["metadata"]["ownerReferences"][0]["kind"] = json!("Workflow")),
        with(|json| json["metadata"]["ownerReferences"][0]["uid"] = json!("gone")),
        with(|json| json["metadata"]["annotations"] = json!({"drover.dev/isolation": "{}"})),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @"
    pod/web-a is being deleted: it left its controller and all traffic already
    pod/web-a has finished (Succeeded): it serves nothing and its controller no longer counts it
    pod/web-a is a static pod: the kubelet runs it from a file on its node, whatever the API server says
    pod/web-a has no controller: nothing would replace it
    pod/web-a belongs to Job/web-1: a second pod would do its work again
    pod/web-a belongs to DaemonSet/web-1: its replacement would have to run beside it on the same node
    pod/web-a belongs to Workflow/web-1: only pods of a ReplicaSet or a ReplicationController can be isolated
    pod/web-a belongs to ReplicaSet/web-1, which is gone: nothing would replace it
    pod/web-a: its annotation drover.dev/isolation can't be read: missing field `version` at line 1 column 2
    ");
}

#[test]
fn a_pod_of_a_stateful_set_is_refused_with_the_label_that_serves_both() {
    let mut state = web();
    state.subject.pod = Some(changed(pod_json("web-a"), |json| {
        json["metadata"]["ownerReferences"][0] = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "uid-db", "controller": true});
    }));
    state.survey.other_controllers = vec![drover::model::controller::Claimant {
        owner: owner("StatefulSet", "db"),
        selector: selector(&[("app", "web")]),
    }];
    let failure = decide(&state, &Wish::default()).unwrap_err();
    insta::assert_snapshot!([vec![failure.message], failure.hints].concat().join("\n"), @"
    pod/web-a belongs to StatefulSet/db: while it lives, the StatefulSet can't create another web-a, so isolating it would cost a replica.
    Label app serves both StatefulSet/db and Service/web: labels can't take web-a out of traffic.
    look at it where it is:  kubectl exec -it -n shop web-a -- sh
    ");
}

#[test]
fn the_way_keeps_its_order_when_the_pod_stops_being_ready() {
    let mut state = half_isolated();
    let titles = |state: &State| plan(state).stages.into_iter().map(|stage| stage.title).collect::<Vec<_>>();
    let before = titles(&state);
    state.subject.pod.as_mut().unwrap().status.conditions[0].status = "False".to_owned();
    let second = plan(&state);
    apply(&mut state, &second);
    assert_eq!(titles(&state), before);
}

#[test]
fn an_isolated_pod_needs_nothing() {
    let mut state = half_isolated();
    put_sibling(&mut state, replacement(true));
    let all = ["web-b", "web-c", "web-d"];
    put_slice(&mut state, slice("web", &all));
    put_slice(&mut state, slice("web-metrics", &all));
    let second = plan(&state);
    apply(&mut state, &second);
    let pod = state.subject.pod.as_ref().unwrap();
    assert_eq!(pod.metadata.labels, labels(&[("tier", "front"), (ISOLATED_LABEL, "true")]));
    let end = plan(&state);
    assert!(end.now.is_empty() && end.wait.is_none());
}
