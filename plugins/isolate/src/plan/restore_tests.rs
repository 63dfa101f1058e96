//! The plan of a restore, from the first label to the last.

use std::time::Duration;

use drover::change::{Body, Plan};
use drover::cluster::Change;
use drover::model::POD_DELETION_COST;
use drover::model::object::{ENDPOINT_SLICES, PODS, Resource, SERVICES};
use jiff::Timestamp;
use serde_json::json;

use super::isolate::{self, Wish};
use super::restore::decide;
use super::testing::*;
use super::victim;
use crate::record::{ISOLATION_ANNOTATION, Record};
use crate::state::State;

const DRAIN: Duration = Duration::from_secs(10);

fn plan(state: &State) -> Plan {
    decide(state, DRAIN).expect("there is a plan")
}

fn missing(plan: &Plan) -> &str {
    assert!(plan.now.is_empty(), "nothing is written while waiting: {:?}", plan.now);
    &plan.wait.as_ref().expect("there is something to wait for").missing
}

fn titles(plan: &Plan) -> Vec<&str> {
    plan.now.iter().map(|step| step.title.as_str()).collect()
}

/// `web-a` is isolated; `web-d` replaced it and is the youngest.
fn isolated() -> State {
    let mut state = web();
    let wish = Wish::default();
    let first = isolate::decide(&state, &wish).unwrap();
    apply(&mut state, &first);
    release(&mut state);
    put_sibling(&mut state, replacement(true));
    let others = ["web-b", "web-c", "web-d"];
    put_slice(&mut state, slice("web", &others));
    put_slice(&mut state, slice("web-metrics", &others));
    let second = isolate::decide(&state, &wish).unwrap();
    apply(&mut state, &second);
    state.survey.now = "2026-11-22T13:00:00Z".parse().unwrap();
    state
}

/// It takes traffic again, and its Services know.
fn serving() -> State {
    let mut state = isolated();
    let first = plan(&state);
    apply(&mut state, &first);
    let victim = state.record().unwrap().rejoin.unwrap().victim.unwrap();
    state.subject.victim = state.subject.siblings.get(&victim.uid).cloned();
    state
}

#[test]
fn it_serves_again_before_another_pod_makes_room() {
    let mut state = isolated();
    let first = plan(&state);
    assert_eq!(titles(&first), ["take traffic again"]);
    apply(&mut state, &first);
    let victim = state.record().unwrap().rejoin.unwrap().victim.unwrap();
    assert_eq!(victim.name, "web-d", "the one that came in its place");
    state.subject.victim = state.subject.siblings.get(&victim.uid).cloned();
    assert_eq!(missing(&plan(&state)), "it is not yet a ready endpoint of Service web");
    put_slice(&mut state, slice("web", &["web-a", "web-b", "web-c", "web-d"]));
    assert_eq!(missing(&plan(&state)), "it is not yet a ready endpoint of Service web-metrics");
    put_slice(&mut state, slice("web-metrics", &["web-a", "web-b", "web-c", "web-d"]));
    assert_eq!(titles(&plan(&state)), ["take web-d out", "rejoin ReplicaSet/web-1"]);
}

/// The pod that would make room now.
fn makes_room(state: &State) -> (String, String) {
    let record = state.record().unwrap();
    let victim = victim::named_or_chosen(state, &record).unwrap();
    let reason = victim::reason(state, &record, &victim);
    (victim.name, reason)
}

#[test]
fn its_replacement_goes_and_not_a_pod_that_was_put_back_a_moment_ago() {
    let mut state = isolated();
    // About as old as web-d: between them its controller would toss a coin, by their uids.
    let put_back = changed(pod_json("web-b"), |json| {
        json["metadata"]["creationTimestamp"] = json!("2026-11-22T11:59:00Z");
    });
    put_sibling(&mut state, put_back);
    assert_eq!(makes_room(&state), ("web-d".to_owned(), "it came in its place".to_owned()));
    let mut dear = replacement(true);
    dear.metadata.annotations = Some([(POD_DELETION_COST.to_owned(), "100".to_owned())].into());
    put_sibling(&mut state, dear);
    let would_go = "ReplicaSet/web-1 would delete it first".to_owned();
    assert_eq!(makes_room(&state), ("web-b".to_owned(), would_go), "somebody wants to keep web-d");
}

/// Both changes were made, and the controller has the pod.
fn rejoined() -> State {
    let mut state = serving();
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c", "web-d"]));
    }
    let both = plan(&state);
    let back = Plan { now: vec![both.now[1].clone()], ..Plan::default() };
    apply(&mut state, &back);
    let Body::Patch(operations) = &both.now[0].write.body else { panic!("not a patch") };
    let mut victim = pod_json("web-d");
    json_patch::patch(&mut victim, operations).expect("the patch applies to the victim");
    assert!(both.now[0].write.effect.holds(Some(&victim)));
    victim["metadata"]["ownerReferences"] = json!([]);
    state.subject.victim = Some(serde_json::from_value(victim).unwrap());
    state.subject.siblings.remove("uid-web-d");
    state
}

#[test]
fn the_other_pod_is_deleted_only_after_it_drained() {
    let mut state = rejoined();
    assert!(missing(&plan(&state)).starts_with("still in EndpointSlice"));
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c"]));
    }
    assert_eq!(missing(&plan(&state)), "ReplicaSet/web-1 has not adopted it yet");
    state.subject.pod.as_mut().unwrap().metadata.owner_references = pod("web-a").metadata.owner_references;
    put_slice(&mut state, slice("web", &["web-b", "web-c"]));
    assert_eq!(missing(&plan(&state)), "it is not yet a ready endpoint of Service web");
    put_slice(&mut state, slice("web", &["web-a", "web-b", "web-c"]));
    let wait = plan(&state).wait.unwrap();
    assert_eq!(wait.wake_after, Some(Duration::ZERO), "the drain begins when silence was seen");
    let since = |seconds: i64, state: &State| state.survey.now.as_second() - seconds;
    state.subject.victim_silent_since = Some(Timestamp::from_second(since(4, &state)).unwrap());
    assert_eq!(plan(&state).wait.unwrap().wake_after, Some(Duration::from_secs(6)));
    state.subject.victim_silent_since = Some(Timestamp::from_second(since(10, &state)).unwrap());
    let last = plan(&state);
    assert_eq!(titles(&last), ["delete web-d", "tidy up"]);
    let Body::Delete { uid, .. } = &last.now[0].write.body else { panic!("not a deletion") };
    assert_eq!(uid, "uid-web-d");
    let tidy = Plan { now: vec![last.now[1].clone()], ..Plan::default() };
    apply(&mut state, &tidy);
    let pod = state.subject.pod.as_ref().unwrap();
    assert_eq!(pod.metadata.labels, web_labels());
    assert_eq!(pod.metadata.annotation(POD_DELETION_COST), None, "our cost is gone");
    let end = plan(&state);
    assert!(end.now.is_empty() && end.wait.is_none());
    assert_eq!(end.stages[3].detail, "web-d is deleted");
}

#[test]
fn a_pod_that_was_named_and_never_seen_is_looked_for_before_the_marks_go() {
    let mut state = rejoined();
    state.subject.pod.as_mut().unwrap().metadata.owner_references = pod("web-a").metadata.owner_references;
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c"]));
    }
    state.subject.victim_silent_since = Some(Timestamp::UNIX_EPOCH);
    assert!(plan(&state).followed_suffices, "it was seen");
    state.subject.victim = None;
    let blind = plan(&state);
    assert_eq!(titles(&blind), ["tidy up"]);
    assert!(!blind.followed_suffices, "it may be there all the same");
}

#[test]
fn a_pod_that_was_to_make_room_and_that_somebody_else_isolated_is_theirs() {
    let mut state = rejoined();
    state.subject.pod.as_mut().unwrap().metadata.owner_references = pod("web-a").metadata.owner_references;
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c"]));
    }
    state.subject.victim_silent_since = Some(Timestamp::UNIX_EPOCH);
    assert_eq!(titles(&plan(&state)), ["delete web-d", "tidy up"]);
    let victim = state.subject.victim.as_mut().unwrap();
    let record = Record::of(victim).unwrap().unwrap();
    let theirs = json!(Record { reason: Some("it leaks".to_owned()), ..record }).to_string();
    victim.metadata.annotations.as_mut().unwrap().insert(ISOLATION_ANNOTATION.to_owned(), theirs);
    assert_eq!(titles(&plan(&state)), ["tidy up"]);
}

fn seen(resource: Resource, object: serde_json::Value, at: &str) -> Change {
    Change { resource, gone: false, object, at: at.parse().unwrap(), unheard_since: None }
}

#[test]
fn the_victim_is_known_by_the_write_that_names_it_and_its_drain_by_the_slice_that_lets_it_go() {
    let mut state = isolated();
    let first = plan(&state);
    apply(&mut state, &first);
    state.update(&seen(SERVICES, json!({}), "2026-11-22T13:00:01Z"));
    assert_eq!(state.subject.victim.as_ref().unwrap().metadata.name, "web-d", "one of its siblings");
    assert_eq!(state.subject.victim_silent_since, None);
    for (service, at) in [("web", "2026-11-22T13:00:02Z"), ("web-metrics", "2026-11-22T13:00:03.5Z")] {
        let without = slice(service, &["web-a", "web-b", "web-c"]);
        state.update(&seen(ENDPOINT_SLICES, without, at));
    }
    assert_eq!(state.subject.victim_silent_since, Some("2026-11-22T13:00:03.5Z".parse().unwrap()));
    state.update(&seen(ENDPOINT_SLICES, slice("web", &["web-d"]), "2026-11-22T13:00:04Z"));
    assert_eq!(state.subject.victim_silent_since, None, "it came back");
}

#[test]
fn what_a_watch_tells_again_does_not_bring_back_an_earlier_state() {
    let mut state = isolated();
    let of_version = |version: &str| {
        let mut pod = pod_json("web-b");
        pod["metadata"]["resourceVersion"] = json!(version);
        pod["status"]["phase"] = json!(version);
        seen(PODS, pod, NOW)
    };
    for version in ["20", "9"] {
        state.update(&of_version(version));
        assert_eq!(state.subject.siblings["uid-web-b"].status.phase, "20");
    }
}

#[test]
fn a_controller_that_went_meanwhile_is_not_waited_for() {
    let mut state = rejoined();
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c"]));
    }
    state.survey.replica_sets.clear();
    let failure = decide(&state, DRAIN).unwrap_err();
    assert_eq!(
        failure.message,
        "pod/web-a can't be put back: ReplicaSet/web-1 is gone: nothing would adopt it"
    );
    assert_eq!(failure.hints, ["take it out of traffic:  kubectl isolate -n shop web-a"]);
}

#[test]
fn a_service_on_the_hash_is_warned_of() {
    let mut state = isolated();
    state.survey.services.push(service("pinned", &[("pod-template-hash", "1")]));
    let warning = "Service pinned selects on pod-template-hash: it has one endpoint less until the pod is back with its controller";
    assert_eq!(plan(&state).warnings, [warning]);
}

#[test]
fn a_surplus_pod_of_the_controllers_own_is_waited_out() {
    let mut state = rejoined();
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c"]));
    }
    state.subject.pod.as_mut().unwrap().metadata.owner_references = pod("web-a").metadata.owner_references;
    put_sibling(&mut state, changed(pod_json("web-e"), |json| json["status"]["phase"] = json!("Pending")));
    assert_eq!(missing(&plan(&state)), "ReplicaSet/web-1 has 4 pods and wants 3");
}

#[test]
fn nobody_makes_room_where_a_pod_is_missing_or_unready_anyway() {
    let mut state = isolated();
    state.subject.siblings.remove("uid-web-d");
    let first = plan(&state);
    apply(&mut state, &first);
    assert_eq!(state.record().unwrap().rejoin.unwrap().victim, None);
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c"]));
    }
    assert_eq!(titles(&plan(&state)), ["rejoin ReplicaSet/web-1"]);
    put_sibling(&mut state, replacement(false));
    assert_eq!(titles(&plan(&state)), ["rejoin ReplicaSet/web-1"], "the unready one is deleted first");
    put_sibling(&mut state, replacement(true));
    assert_eq!(titles(&plan(&state)), ["take traffic again"], "now one has to be chosen after all");
}

#[test]
fn a_victim_that_somebody_deleted_is_replaced_by_another_choice() {
    let mut state = serving();
    state.subject.victim = None;
    state.subject.siblings.remove("uid-web-d");
    put_sibling(&mut state, changed(pod_json("web-e"), |_| ()));
    let again = plan(&state);
    assert_eq!(titles(&again), ["take traffic again"]);
    apply(&mut state, &again);
    let victim = state.record().unwrap().rejoin.unwrap().victim.unwrap();
    assert_ne!(victim.name, "web-d");
}

#[test]
fn it_is_refused_where_the_pod_would_be_deleted_and_cleanup_named() {
    let mut state = isolated();
    state.subject.pod.as_mut().unwrap().status.conditions[0].status = "False".to_owned();
    let failure = decide(&state, DRAIN).unwrap_err();
    assert_eq!(
        failure.message,
        "pod/web-a can't be put back: it is not Ready: ReplicaSet/web-1 would delete it at once"
    );
    assert_eq!(failure.hints, ["clear it away instead:  kubectl isolate cleanup -n shop web-a"]);
}

#[test]
fn a_half_isolated_pod_goes_back_by_the_short_way() {
    let mut state = web();
    let first = isolate::decide(&state, &Wish::default()).unwrap();
    apply(&mut state, &first);
    release(&mut state);
    put_sibling(&mut state, replacement(false));
    assert_eq!(titles(&plan(&state)), ["give its labels back"]);
    put_sibling(&mut state, replacement(true));
    assert_eq!(
        titles(&plan(&state)),
        ["take traffic again"],
        "a replacement that serves already has to drain"
    );
}

#[test]
fn isolating_again_ends_a_restore_that_did_not_come_to_its_end() {
    let mut state = serving();
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-a", "web-b", "web-c", "web-d"]));
    }
    let out = isolate::decide(&state, &Wish::default()).unwrap();
    apply(&mut state, &out);
    assert_eq!(state.record().unwrap().rejoin, None, "the way back is forgotten");
}
