//! The pod that makes room for one that is put back.

use drover::model::pod::Pod;
use drover::model::ranking::{deletion_cost, sort_by_deletion};

use super::replacement::newcomer;
use crate::record::{Record, Rejoin, Victim};
use crate::state::State;

/// The pod that makes room, or will; none when no Ready pod has to go.
pub fn named_or_chosen(state: &State, record: &Record) -> Option<Victim> {
    match &record.rejoin {
        Some(rejoin) if is_settled(state, rejoin, record) => rejoin.victim.clone(),
        _ => choose(state, record),
    }
}

/// The pod that the record names still is, or was, the one to go; and none is named only while the
/// controller lacks a pod, or would delete an unready one by itself.
pub fn is_settled(state: &State, rejoin: &Rejoin, record: &Record) -> bool {
    match &rejoin.victim {
        Some(named) => seen(state, Some(named)).is_some(),
        None => choose(state, record).is_none(),
    }
}

/// The pod of that name, unless it goes anyway, or somebody else isolated it meanwhile: then it is theirs.
pub fn seen<'a>(state: &'a State, named: Option<&Victim>) -> Option<&'a Pod> {
    let pod = state.subject.victim.as_ref().filter(|pod| pod.is_active())?;
    let is_ours = match Record::of(pod) {
        Ok(Some(record)) => record.reason.is_some_and(|reason| reason == makes_room_for(&state.subject.name)),
        _ => true,
    };
    named.filter(|named| is_ours && named.uid == pod.metadata.uid).map(|_| pod)
}

/// The reason in the record of a pod that makes room.
pub fn makes_room_for(pod: &str) -> String {
    format!("makes room for {pod}")
}

/// The pod that came in its place; where it is gone or costs more, the one that the controller would
/// delete first if it had one too many. None when it has not, or when that one is not Ready, so that its
/// deletion costs nothing.
///
/// The controller alone would not do: of pods about as old its choice is chance, which may hit one that
/// was put back a moment ago.
pub fn choose(state: &State, record: &Record) -> Option<Victim> {
    let mut pods: Vec<_> = state.owned(&record.owner).collect();
    if pods.len() < state.replica_set(&record.owner.uid)?.desired {
        return None;
    }
    sort_by_deletion(&mut pods, state.survey.now);
    let first = *pods.first().filter(|pod| pod.is_ready())?;
    let replacement = newcomer(state, record).filter(|pod| deletion_cost(pod) == deletion_cost(first));
    Some(of(replacement.unwrap_or(first)))
}

/// Why that pod makes room, in words.
pub fn reason(state: &State, record: &Record, victim: &Victim) -> String {
    let is_victim = |pod: &&Pod| pod.metadata.uid == victim.uid;
    if newcomer(state, record).is_some_and(|pod| is_victim(&pod)) {
        "it came in its place".to_owned()
    } else if choose(state, record).as_ref() == Some(victim) {
        format!("{} would delete it first", record.owner)
    } else if state.owned(&record.owner).any(|pod| is_victim(&pod)) {
        "it was chosen when this began".to_owned()
    } else {
        "it has left already".to_owned()
    }
}

pub fn of(pod: &Pod) -> Victim {
    Victim { name: pod.metadata.name.clone(), uid: pod.metadata.uid.clone() }
}
