//! Is the capacity back: the replacement Available, and serving wherever the pod served.

use std::collections::{BTreeMap, BTreeSet};

use drover::model::controller::ReplicaSet;
use drover::model::object::Owner;
use drover::model::pod::Pod;
use jiff::Timestamp;

use crate::record::Record;
use crate::state::State;

/// How many pods, the replacement included, must be Available or ready for the capacity to be what
/// it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub available: usize,
    pub services: BTreeMap<String, usize>,
}

/// What must be reached if the pod leaves its owner now: what its siblings are, and one more.
///
/// Only Services count whose selector matches the owner's template: a label that somebody put on
/// this one pod by hand is not on its replacement.
pub fn target(state: &State, owner: &Owner, services: &[&str]) -> Target {
    let ready = state.owned(owner).filter(|pod| pod.is_ready()).count();
    let template = state.replica_set(&owner.uid).map(|set| &set.template_labels);
    let services = state
        .survey
        .services
        .iter()
        .filter(|service| services.contains(&service.name.as_str()))
        .filter(|service| template.is_some_and(|labels| service.selector.matches(labels)))
        .map(|service| {
            let others = state.ready_endpoints(&service.name, state.owned(owner));
            (service.name.clone(), others + 1)
        })
        .collect();
    Target { available: ready + 1, services }
}

/// How far the replacement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// Capacity is what it was; the words name the pod and where it is ready.
    Whole { pod: Option<String>, words: String },
    /// Not yet; the words say what is missing.
    Missing(String),
}

/// Looks how far the replacement of an isolated pod is.
pub fn look(state: &State, record: &Record) -> Replacement {
    let Some(set) = state.replica_set(&record.owner.uid).filter(|set| !set.terminating) else {
        return Replacement::Whole { pod: None, words: format!("{} is gone: none will come", record.owner) };
    };
    let newcomer = newcomer(state, record);
    let wanted = record.available.min(set.desired);
    let available = available(state, set);
    if available < wanted {
        return Replacement::Missing(missing(set, newcomer, available, wanted));
    }
    for (service, wanted) in &record.services {
        // A Service that was deleted meanwhile lacks nothing.
        if !state.survey.services.iter().any(|known| &known.name == service) {
            continue;
        }
        let ready = state.ready_endpoints(service, state.owned(&record.owner));
        let wanted = (*wanted).min(set.desired);
        if ready < wanted {
            let name = newcomer.map_or("the replacement", |pod| pod.metadata.name.as_str());
            return Replacement::Missing(format!(
                "{name} is not yet a ready endpoint of Service {service} ({ready} of {wanted})"
            ));
        }
    }
    let words = match newcomer {
        None => format!("none needed: {available} of {} Available", set.desired),
        Some(pod) if record.services.is_empty() => format!("{} Available", pod.metadata.name),
        Some(pod) => {
            let services: Vec<_> = record.services.keys().map(String::as_str).collect();
            format!("{} Available, ready in {}", pod.metadata.name, services.join(", "))
        }
    };
    Replacement::Whole { pod: newcomer.map(|pod| pod.metadata.name.clone()), words }
}

/// The pod its owner made since, the first Ready one of several: by the server's clock, in which both times
/// are written.
pub fn newcomer<'a>(state: &'a State, record: &'a Record) -> Option<&'a Pod> {
    state
        .owned(&record.owner)
        .filter(|pod| is_as_young(pod, record.at) && !record.twins.contains(&pod.metadata.uid))
        .min_by_key(|pod| (!pod.is_ready(), pod.metadata.creation_timestamp))
}

/// The uids of the owner's pods that their creation time could not tell from a replacement's.
pub fn twins(state: &State, owner: &Owner) -> BTreeSet<String> {
    let young = state.owned(owner).filter(|pod| is_as_young(pod, state.survey.now));
    young.map(|pod| pod.metadata.uid.clone()).collect()
}

fn is_as_young(pod: &Pod, as_what: Timestamp) -> bool {
    let created = pod.metadata.creation_timestamp;
    created.is_some_and(|created| created.as_second() >= as_what.as_second())
}

/// Ready pods; where being Ready is not enough, only as many as their owner counts as Available.
fn available(state: &State, set: &ReplicaSet) -> usize {
    let ready = state.owned(&set.owner).filter(|pod| pod.is_ready()).count();
    if set.min_ready_seconds > 0 { ready.min(set.available) } else { ready }
}

fn missing(set: &ReplicaSet, newcomer: Option<&Pod>, available: usize, wanted: usize) -> String {
    let Some(pod) = newcomer else {
        return match &set.failure {
            Some(failure) => format!("{} can't create a pod: {failure}", set.owner),
            None => format!("{} has not created a pod yet", set.owner),
        };
    };
    let name = &pod.metadata.name;
    if !pod.is_ready() {
        format!("{name} is not Ready: {}", pod.reason_not_ready())
    } else if set.min_ready_seconds > 0 {
        let seconds = set.min_ready_seconds;
        format!("{name} is Ready, not yet Available (minReadySeconds {seconds}; {available} of {wanted})")
    } else {
        format!("{name} is Ready, but only {available} of {wanted} pods are")
    }
}
