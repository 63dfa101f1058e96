//! The plan of a pod that leaves traffic and nothing else, from every state that it passes through.

use std::time::Duration;

use drover::change::{Body, Plan};
use drover::model::controller::Claimant;
use drover::model::label_edit::Keys;
use serde_json::json;

use super::isolate::{self, Wish};
use super::restore;
use super::testing::*;
use super::traffic_only::removable;
use crate::state::State;

fn wish() -> Wish {
    Wish { traffic_only: true, ..Wish::default() }
}

fn plan(state: &State) -> Plan {
    isolate::decide(state, &wish()).expect("there is a plan")
}

/// `web-a` is a pod of StatefulSet `web`, which selects by `app`, as its Service does by `app` and `tier`.
fn kept() -> State {
    let mut state = web();
    state.survey.replica_sets.clear();
    state.subject.deployment = None;
    state.survey.other_controllers =
        vec![Claimant { owner: owner("StatefulSet", "web"), selector: selector(&[("app", "web")]) }];
    state.survey.services = vec![service("web", &[("app", "web"), ("tier", "front")])];
    state.survey.slices.clear();
    put_slice(&mut state, slice("web", &["web-a", "web-b"]));
    state.subject.pod = Some(changed(pod_json("web-a"), |json| {
        json["metadata"]["labels"] =
            json!({"app": "web", "tier": "front", "statefulset.kubernetes.io/pod-name": "web-a"});
        json["metadata"]["ownerReferences"][0] = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
            "name": "web", "uid": "uid-web", "controller": true});
    }));
    state
}

fn keys(names: &[&str]) -> Keys {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn it_leaves_and_comes_back() {
    let mut state = kept();
    let first = plan(&state);
    assert_eq!(
        first.warnings,
        ["Service web will have one ready endpoint less: nothing takes the pod's place"]
    );
    apply(&mut state, &first);
    let record = state.record().unwrap();
    assert_eq!((&record.traffic, record.leave.is_empty()), (&keys(&["tier"]), true));
    assert!(plan(&state).wait.unwrap().missing.contains("still in EndpointSlice web-slice"));
    assert!(!isolate::is_out(&state, &record));
    put_slice(&mut state, slice("web", &["web-b"]));
    let end = plan(&state);
    assert!(end.now.is_empty() && end.wait.is_none() && isolate::is_out(&state, &record), "{end:?}");

    let back = |state: &State| restore::decide(state, Duration::ZERO).expect("there is a plan");
    let first = back(&state);
    assert_eq!(first.now[0].title, "take traffic again");
    apply(&mut state, &first);
    assert!(back(&state).wait.unwrap().missing.contains("not yet a ready endpoint of Service web"));
    put_slice(&mut state, slice("web", &["web-a", "web-b"]));
    let tidy = back(&state);
    assert_eq!(tidy.now[0].title, "tidy up");
    apply(&mut state, &tidy);
    assert!(state.record().is_none());
    assert_eq!(state.subject.pod.unwrap().metadata.labels, kept().subject.pod.unwrap().metadata.labels);
}

#[test]
fn a_pod_that_is_not_ready_is_put_back_without_being_awaited() {
    let mut state = kept();
    let first = plan(&state);
    apply(&mut state, &first);
    put_slice(&mut state, slice("web", &["web-b"]));
    state.subject.pod.as_mut().unwrap().status.conditions[0].status = "False".to_owned();
    for title in ["take traffic again", "tidy up"] {
        let plan = restore::decide(&state, Duration::ZERO).unwrap();
        assert_eq!(plan.now[0].title, title);
        apply(&mut state, &plan);
    }
}

#[test]
fn where_one_label_serves_both_the_two_selectors_are_shown() {
    let mut state = kept();
    state.survey.services = vec![service("web", &[("app", "web")])];
    let failure = isolate::decide(&state, &wish()).unwrap_err();
    assert_eq!(
        failure.hints,
        ["StatefulSet/web   selects by app=web", "Service/web       selects by app=web"]
    );
    let plain = isolate::decide(&state, &Wish::default()).unwrap_err();
    assert!(!plain.hints.iter().any(|hint| hint.contains("--traffic-only")), "{plain:?}");
    let possible = isolate::decide(&kept(), &Wish::default()).unwrap_err();
    assert!(possible.hints.iter().any(|hint| hint.contains("--traffic-only")), "{possible:?}");
}

#[test]
fn a_label_that_a_controller_wrote_stays() {
    let mut state = kept();
    let own = ("statefulset.kubernetes.io/pod-name", "web-a");
    let labels = state.subject.pod.as_ref().unwrap().metadata.labels.clone();
    state.survey.services = vec![service("first", &[own])];
    assert_eq!(removable(&state, &labels), None);
    state.survey.services = vec![service("first", &[own, ("tier", "front")])];
    assert_eq!(removable(&state, &labels), Some(keys(&["tier"])));
}

#[test]
fn of_two_labels_the_one_that_a_network_policy_needs_stays() {
    let mut state = kept();
    let mut labels = state.subject.pod.as_ref().unwrap().metadata.labels.clone();
    labels.insert("live".to_owned(), "yes".to_owned());
    state.survey.services = vec![service("web", &[("live", "yes"), ("tier", "front")])];
    for (needed, gone) in [("tier", "live"), ("live", "tier")] {
        state.survey.policies = Some(vec![policy("front", &[(needed, &labels[needed])])]);
        assert_eq!(removable(&state, &labels), Some(keys(&[gone])));
    }
}

#[test]
fn a_pod_in_no_service_has_nothing_to_leave() {
    let mut state = kept();
    state.survey.services.clear();
    let failure = isolate::decide(&state, &wish()).unwrap_err();
    assert!(failure.message.contains("is in no Service"), "{failure:?}");
}

#[test]
fn one_whose_controllers_selector_is_not_known_is_left_alone() {
    let mut state = kept();
    state.survey.other_controllers.clear();
    let failure = isolate::decide(&state, &wish()).unwrap_err();
    assert!(failure.message.contains("is not known"), "{failure:?}");
}

#[test]
fn its_first_write_is_one_patch_of_the_pod() {
    let first = plan(&kept());
    assert!(matches!(first.now[0].write.body, Body::Patch(_)) && first.later.is_empty());
}
