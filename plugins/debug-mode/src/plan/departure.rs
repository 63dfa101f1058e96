//! How the debug pods go: by their controller, by their ReplicaSet's end, or by ours.

use drover::change::{Plan, Step, Write};
use drover::model::object::{ObjectRef, PODS, REPLICA_SETS};
use drover::model::pod::Pod;

use super::off::{Wish, stages};
use super::proof::served;
use super::wait;
use crate::options::Conflict;
use crate::record::{GATE, Record};
use crate::state::{State, has_gate};
use crate::target::Kind;
use crate::workload::Workload;

/// Until no copy is left.
pub fn copies_go(state: &State, record: Option<&Record>) -> Option<Plan> {
    if state.copies.is_empty() {
        return None;
    }
    let (staying, going): (Vec<_>, Vec<_>) =
        state.copies.values().partition(|pod| pod.metadata.deletion_timestamp.is_none());
    let names: Vec<_> = going.iter().map(|pod| pod.metadata.name.as_str()).collect();
    let missing = format!("{} is still ending", names.join(", "));
    Some(Plan {
        stages: stages(1, state, record),
        now: staying.into_iter().map(|pod| delete(state, pod)).collect(),
        wait: (!names.is_empty()).then(|| wait(state, "the copies to go", missing)).flatten(),
        ..Plan::default()
    })
}

/// The garbage collector ends the pods of a deleted ReplicaSet a moment later.
pub fn last_pods_go(state: &State) -> Option<Plan> {
    state.workload.as_ref().filter(|workload| workload.kind() == Kind::Deployment)?;
    let sets: Vec<_> = state.own_replica_sets().map(|set| set.metadata.uid.clone()).collect();
    let is_orphaned = |pod: &&Pod| {
        let owner = pod.metadata.controller();
        owner.is_some_and(|owner| owner.kind == REPLICA_SETS.kind && !sets.contains(&owner.uid))
    };
    let mut left = state.pods.values().filter(|pod| pod.is_active() && pod.has_gate(GATE));
    let pod = left.find(is_orphaned)?;
    let missing = format!("{} is not ended yet", pod.metadata.name);
    Some(Plan {
        stages: stages(3, state, None),
        wait: wait(state, "the last debug pods to go", missing),
        ..Plan::default()
    })
}

fn delete(state: &State, pod: &Pod) -> Step {
    let target = ObjectRef::namespaced(PODS, &state.namespace, &pod.metadata.name);
    Step { title: format!("delete {target}"), write: Write::delete(target, &pod.metadata.uid) }
}

/// Until no pod of the debug template is left, and the goal's pods are on their way.
pub fn wait_for_pods(state: &State, workload: &Workload, wish: &Wish, record: &Record) -> Option<Plan> {
    let stage = |now: Vec<Step>, missing: Option<String>| Plan {
        stages: stages(1, state, Some(record)),
        now,
        wait: missing.and_then(|missing| wait(state, "the debug pods to go", missing)),
        ..Plan::default()
    };
    if workload.kind() == Kind::Deployment {
        if !is_observed(workload) || state.replica_set_of(workload.template()).is_none() {
            return Some(stage(Vec::new(), Some("its ReplicaSet is not back yet".to_owned())));
        }
        // Without traffic none is waited for: they go with their ReplicaSet, since a crash-looping workload
        // would never get ready enough for its rollout to end them. Where nothing served before, nothing
        // will be ready to take over.
        if served(record).is_empty() || wish.conflict == Conflict::ForceRestore {
            return None;
        }
        let serving = serving_debug_pod(state, record)?;
        let missing = format!("{} serves until the rollout replaces it", serving.metadata.name);
        return Some(stage(Vec::new(), Some(missing)));
    }
    let mut left = state.debug_pods(record).filter(|pod| is_left(pod, record)).peekable();
    left.peek()?;
    let (going, staying): (Vec<_>, Vec<_>) = left.partition(|pod| !pod.is_active());
    let now: Vec<_> = staying.into_iter().map(|pod| delete(state, pod)).collect();
    let names: Vec<_> = going.iter().map(|pod| pod.metadata.name.as_str()).collect();
    Some(stage(now, (!names.is_empty()).then(|| format!("{} is still ending", names.join(", ")))))
}

fn serving_debug_pod<'a>(state: &'a State, record: &'a Record) -> Option<&'a Pod> {
    state.debug_pods(record).find(|pod| pod.is_active() && pod.is_ready())
}

/// Whether debug pods serve until pods of the restored template do, which may never come.
pub fn waits_for_takeover(state: &State) -> bool {
    let is_restored = state
        .workload
        .as_ref()
        .is_some_and(|workload| workload.kind() == Kind::Deployment && !workload.is_annotated());
    let record = state.record().ok().flatten();
    is_restored && record.is_some_and(|record| serving_debug_pod(state, &record).is_some())
}

/// Whether its controller acts by its latest spec already.
fn is_observed(workload: &Workload) -> bool {
    let generation = |part: &str| workload.object[part].clone();
    let observed = generation("status")["observedGeneration"].as_i64();
    observed.zip(generation("metadata")["generation"].as_i64()).is_some_and(|(seen, latest)| seen >= latest)
}

/// A pod of the debug template, and not one that was made from the goal since.
fn is_left(pod: &Pod, record: &Record) -> bool {
    match has_gate(&record.debug.template) {
        true => pod.has_gate(GATE),
        false => {
            pod.metadata.creation_timestamp.is_none_or(|created| created >= record.at) && !pod.is_ready()
        }
    }
}
