//! Putting a half-isolated pod back, and when that would kill it.

use drover::model::POD_DELETION_COST;
use serde_json::json;

use super::isolate::{self, Wish};
use super::testing::*;
use super::undo::{decide, harm};
use crate::state::State;

fn half_isolated() -> State {
    let mut state = web();
    let first = isolate::decide(&state, &Wish::default()).unwrap();
    apply(&mut state, &first);
    release(&mut state);
    put_sibling(&mut state, replacement(false));
    state
}

#[test]
fn labels_come_back_with_the_highest_cost_and_every_trace_goes() {
    let mut state = half_isolated();
    let back = decide(&state).unwrap();
    let required = json!(back.now[0].write.require);
    let ready = json!({"path": "/status/conditions/0/status", "value": "True"});
    assert!(required.as_array().unwrap().contains(&ready), "only while it is Ready: {required}");
    apply(&mut state, &back);
    assert_eq!(decide(&state).unwrap().wait.unwrap().missing, "ReplicaSet/web-1 has not adopted it yet");
    let adopted = pod("web-a").metadata.owner_references;
    state.subject.pod.as_mut().unwrap().metadata.owner_references = adopted;
    assert_eq!(decide(&state).unwrap().wait.unwrap().missing, "ReplicaSet/web-1 has 4 pods and wants 3");
    state.subject.siblings.remove("uid-web-d");
    let tidy = decide(&state).unwrap();
    apply(&mut state, &tidy);
    let pod = state.subject.pod.as_ref().unwrap();
    assert_eq!(pod.metadata.labels, web_labels());
    assert_eq!(pod.metadata.annotations, Some(labels(&[])));
    let end = decide(&state).unwrap();
    assert!(end.now.is_empty() && end.wait.is_none());
}

#[test]
fn a_cost_that_was_there_before_is_given_back() {
    let mut state = web();
    state.subject.pod = Some(changed(pod_json("web-a"), |json| {
        json["metadata"]["annotations"] = json!({POD_DELETION_COST: "5"});
    }));
    let first = isolate::decide(&state, &Wish::default()).unwrap();
    apply(&mut state, &first);
    let back = decide(&state).unwrap();
    apply(&mut state, &back);
    state.subject.siblings.remove("uid-web-d");
    let tidy = decide(&state).unwrap();
    apply(&mut state, &tidy);
    let pod = state.subject.pod.as_ref().unwrap();
    assert_eq!(pod.metadata.annotation(POD_DELETION_COST), Some("5"));
}

#[test]
fn an_undo_that_was_not_tidied_up_is_no_obstacle() {
    let mut state = half_isolated();
    let back = decide(&state).unwrap();
    apply(&mut state, &back);
    state.subject.pod.as_mut().unwrap().metadata.owner_references = pod("web-a").metadata.owner_references;
    let again = isolate::decide(&state, &Wish::default()).unwrap();
    apply(&mut state, &again);
    let record = state.record().unwrap();
    assert_eq!((record.labels, record.deletion_cost), (web_labels(), None), "ours is not taken for theirs");
}

#[test]
fn it_is_not_done_where_the_controller_would_delete_the_pod() {
    let record = half_isolated().record().unwrap();
    let with = |change: fn(&mut State)| {
        let mut state = half_isolated();
        change(&mut state);
        harm(&state, &record)
    };
    assert_eq!(with(|_| ()), None);
    let harms = [
        with(|state| state.subject.pod.as_mut().unwrap().status.conditions[0].status = "False".to_owned()),
        with(|state| state.survey.replica_sets[0].desired = 0),
        with(|state| state.survey.replica_sets[0].terminating = true),
        with(|state| {
            let mut newer = state.survey.replica_sets[0].clone();
            newer.owner = owner("ReplicaSet", "web-2");
            newer.revision = Some(2);
            state.survey.replica_sets.push(newer);
        }),
    ];
    let harms: Vec<_> = harms.into_iter().map(Option::unwrap_or_default).collect();
    insta::assert_snapshot!(harms.join("\n"), @"
    it is not Ready: ReplicaSet/web-1 would delete it at once
    ReplicaSet/web-1 is scaled to 0: it would be deleted at once
    ReplicaSet/web-1 is gone: nothing would adopt it
    it was made from an older template (ReplicaSet/web-1, now ReplicaSet/web-2): it would be deleted at once
    ");
}
