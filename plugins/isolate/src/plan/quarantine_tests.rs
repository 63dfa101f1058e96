//! The plan of an isolation that also cuts the pod off, and of its way back.

use std::sync::Arc;
use std::time::Duration;

use drover::change::{Body, Plan};
use drover::cluster::{Change, Right};
use drover::model::network_plugin::Enforcement;
use drover::model::object::NETWORK_POLICIES;
use drover::model::selector::Selector;
use serde_json::{Value, json};

use super::isolate::{self, Wish};
use super::quarantine::{self, Quarantine};
use super::testing::*;
use super::{restore, undo};
use crate::state::State;

fn wish() -> Wish {
    Wish { quarantine: Some(Quarantine::All), ..Wish::default() }
}

fn plan(state: &State, wish: &Wish) -> Plan {
    isolate::decide(state, wish).expect("there is a plan")
}

fn at(state: &mut State, time: &str) {
    let change = Change::of_time(time.parse().unwrap());
    state.update(&change);
}

/// The policy that the plan creates.
fn created(plan: &Plan) -> &Value {
    let Body::Create(policy) = &plan.now.first().expect("there is something to write").write.body else {
        panic!("nothing is created: {plan:?}")
    };
    policy
}

/// The server stores what the plan creates.
fn store(state: &mut State, plan: &Plan) {
    let mut object = created(plan).clone();
    object["metadata"]["uid"] = json!("uid-policy");
    assert!(plan.now[0].write.effect.holds(Some(&object)), "a write brings about what it claims");
    let at = state.survey.now;
    state.update(&Change { resource: NETWORK_POLICIES, gone: false, object, at, unheard_since: None });
}

/// `web-a` has left its controller and all traffic, and `web-d` replaced it.
fn silent(wish: &Wish) -> State {
    let mut state = web();
    let first = plan(&state, wish);
    apply(&mut state, &first);
    release(&mut state);
    put_sibling(&mut state, replacement(true));
    let all = ["web-a", "web-b", "web-c", "web-d"];
    put_slice(&mut state, slice("web", &all));
    put_slice(&mut state, slice("web-metrics", &all));
    let second = plan(&state, wish);
    apply(&mut state, &second);
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &all[1..]));
    }
    at(&mut state, "2026-11-22T12:01:00Z");
    state
}

#[test]
fn a_pod_that_served_is_cut_off_once_its_last_requests_are_answered() {
    let mut state = silent(&wish());
    let waiting = plan(&state, &wish());
    assert!(waiting.now.is_empty(), "it still answers");
    assert_eq!(waiting.wait.unwrap().wake_after, Some(Duration::from_secs(2)));
    at(&mut state, "2026-11-22T12:01:02Z");
    let cut = plan(&state, &wish());
    let policy = created(&cut);
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], json!({"drover.dev/quarantine": "uid-web-a"}));
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(policy["metadata"]["ownerReferences"][0]["uid"], "uid-web-a");
    store(&mut state, &cut);
    let end = plan(&state, &wish());
    assert!(end.now.is_empty() && end.wait.is_none(), "{end:?}");
    assert_eq!(end.stages.len(), 5);
    assert!(isolate::is_out(&state, &state.record().unwrap()));
}

#[test]
fn what_needs_its_network_is_done_before() {
    let mut state = silent(&wish());
    at(&mut state, "2026-11-22T12:01:02Z");
    let still_connected = Wish { still_connected: true, ..wish() };
    let end = plan(&state, &still_connected);
    assert!(end.now.is_empty() && end.wait.is_none(), "{end:?}");
    let record = state.record().unwrap();
    assert!(isolate::is_silent(&state, &record) && !isolate::is_out(&state, &record));
    created(&plan(&state, &wish()));
}

#[test]
fn the_second_creation_is_foreseen_and_checked_beforehand() {
    let state = web();
    let first = plan(&state, &wish());
    let last = first.later.last().unwrap();
    assert!(matches!(last.write.body, Body::Create(_)), "{last:?}");
}

#[test]
fn one_that_does_harm_is_cut_off_before_its_replacement_is_there() {
    let harmful = Wish { traffic_first: true, ..wish() };
    let mut state = web();
    let first = plan(&state, &harmful);
    apply(&mut state, &first);
    release(&mut state);
    for service in ["web", "web-metrics"] {
        put_slice(&mut state, slice(service, &["web-b", "web-c"]));
    }
    created(&plan(&state, &harmful));
}

#[test]
fn it_is_out_only_with_its_policy() {
    let state = silent(&wish());
    let record = state.record().unwrap();
    assert!(!isolate::is_out(&state, &record));
    assert!(isolate::is_out(&silent(&Wish::default()), &silent(&Wish::default()).record().unwrap()));
}

#[test]
fn a_policy_of_that_name_which_is_anothers_is_refused() {
    let mut state = web();
    state.survey.policies = Some(vec![policy("quarantine-web-a", &[("app", "other")])]);
    let failure = isolate::decide(&state, &wish()).unwrap_err();
    assert!(failure.message.contains("quarantine-web-a is there already"), "{failure:?}");
    assert!(isolate::decide(&state, &Wish::default()).is_ok(), "it is of no concern otherwise");
}

/// As [`silent`], cut off.
fn cut_off() -> State {
    let mut state = silent(&wish());
    at(&mut state, "2026-11-22T12:01:02Z");
    let cut = plan(&state, &wish());
    store(&mut state, &cut);
    state
}

#[test]
fn the_network_is_opened_before_the_pod_serves_again() {
    let mut state = cut_off();
    assert!(undo::harm(&state, &state.record().unwrap()).is_none());
    let first = restore::decide(&state, Duration::ZERO).unwrap();
    assert_eq!(first.now[0].title, "end the quarantine");
    assert!(matches!(&first.now[0].write.body, Body::Delete { uid, .. } if uid == "uid-policy"));
    state.survey.policies = Some(Vec::new());
    let then = restore::decide(&state, Duration::ZERO).unwrap();
    assert_eq!(then.now[0].title, "take traffic again");
}

#[test]
fn who_may_not_open_it_is_told_so_before_anything_is_done() {
    let mut state = cut_off();
    let namespace = Some("shop".to_owned());
    state.survey.lacking = vec![Right { verb: "delete", resource: NETWORK_POLICIES, namespace }];
    let failure = restore::decide(&state, Duration::ZERO).unwrap_err();
    assert!(failure.message.contains("you may not delete networkpolicies"), "{failure:?}");
}

#[test]
fn only_policies_that_let_something_through_undermine_it() {
    let mut state = cut_off();
    let mut dns = policy("dns", &[]);
    dns.subject = Selector::default();
    (dns.allows_ingress, dns.allows_egress) = (false, true);
    let mut closed = dns.clone();
    (closed.name, closed.allows_egress) = ("closed".to_owned(), false);
    state.survey.policies.as_mut().unwrap().extend([dns, closed, policy("front", &[("app", "web")])]);
    let labels = state.subject.pod.as_ref().unwrap().metadata.labels.clone();
    let undermining = |what| quarantine::undermining(&state, &labels, what);
    assert_eq!(undermining(Quarantine::All), ["dns"]);
    assert_eq!(undermining(Quarantine::Egress), ["dns"]);
    assert!(undermining(Quarantine::Ingress).is_empty());
}

#[test]
fn what_it_is_worth_is_said_before_the_first_write() {
    let warned = |change: fn(&mut State)| {
        let mut state = web();
        change(&mut state);
        plan(&state, &wish()).warnings.join("\n")
    };
    assert_eq!(warned(|state| state.survey.enforcement = Some(Enforcement::By("Cilium"))), "");
    assert!(
        warned(|state| state.survey.enforcement = Some(Enforcement::NoneSeen))
            .contains("nothing will heed it")
    );
    assert!(
        warned(|state| state.survey.enforcement = Some(Enforcement::Unknown)).contains("could not be seen")
    );
    let on_its_node = warned(|state| {
        let spec = json!({"containers": [], "hostNetwork": true});
        state.subject.spec = Some(Arc::new(serde_json::from_value(spec).unwrap()));
    });
    assert!(on_its_node.contains("on its node's network"), "{on_its_node}");
}

#[test]
fn what_is_asked_for_later_is_put_into_the_record_once() {
    let state = silent(&Wish::default());
    let record = state.record().unwrap();
    let amended = wish().amended(&record).unwrap();
    assert_eq!((amended.quarantine, amended.reason), (Some(Quarantine::All), None));
    assert!(wish().amended(&wish().amended(&record).unwrap()).is_none(), "it is so already");
    assert!(Wish::default().amended(&record).is_none(), "nothing was asked for");
}
