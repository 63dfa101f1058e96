//! The plan of `kubectl debug-mode off`: exactly as before, or as others made it meanwhile.
//!
//! Each step is recognised by what it leaves, so that any rerun goes on where the last one stopped.
//! The record goes last.

use drover::change::{Plan, Step, give_fields_back};
use drover::cli::Failure;
use drover::model::difference::{self, Difference};
use drover::print::{Stage, counted};
use serde_json::json;

use super::departure::{copies_go, last_pods_go, wait_for_pods};
use super::{is_clear, refusal, write};
use crate::options::Conflict;
use crate::record::{DEBUG_MODE_ANNOTATION, GATE, Pinned, Record, Shape};
use crate::state::State;
use crate::target::Kind;
use crate::workload::{Autoscaler, Workload};

/// What the plan depends on beside the state.
#[derive(Debug, Clone)]
pub struct Wish {
    pub conflict: Conflict,
    pub manager: String,
    /// The workload itself is not in debug mode: only copies of it are to go.
    pub only_copies: bool,
}

/// Decides what to do now.
pub fn decide(state: &State, wish: &Wish) -> Result<Plan, Failure> {
    let nothing = |state: &State| Plan { stages: stages(4, state, None), ..Plan::default() };
    if wish.only_copies {
        let done = || Plan { stages: copies_stages(1), ..Plan::default() };
        let plan = copies_go(state, None).map(|plan| Plan { stages: copies_stages(0), ..plan });
        return Ok(plan.unwrap_or_else(done));
    }
    if state.workload.is_none() && state.config_map.is_none() {
        return Ok(copies_go(state, None).unwrap_or_else(|| nothing(state)));
    }
    let workload = refusal::living(state)?;
    match refusal::readable_record(state, workload)? {
        None if workload.is_annotated() => without_record(state, workload, wish),
        None => {
            let going = copies_go(state, None).or_else(|| last_pods_go(state));
            Ok(going.unwrap_or_else(|| nothing(state)))
        }
        Some(record) => go_back(state, workload, wish, &record),
    }
}

fn go_back(state: &State, workload: &Workload, wish: &Wish, record: &Record) -> Result<Plan, Failure> {
    if let Some(now) = restore(state, workload, wish, record)? {
        let warnings = match wish.conflict {
            Conflict::KeepTheirs => theirs(record, &workload.shape()),
            _ => Vec::new(),
        };
        return Ok(Plan { stages: stages(0, state, Some(record)), now, warnings, ..Plan::default() });
    }
    let pods_go = || wait_for_pods(state, workload, wish, record);
    if let Some(plan) = copies_go(state, Some(record)).or_else(pods_go) {
        return Ok(plan);
    }
    let mut now: Vec<_> = state
        .debug_replica_sets(record)
        .map(|set| write::delete_replica_set(&state.namespace, set))
        .collect();
    now.extend(tidy(state, workload, wish, record));
    let unpinned = unpin(state, record);
    // An autoscaler that is changed now has its fields given back in the next round, by the record.
    if let Some(config_map) = state.config_map.as_ref().filter(|_| unpinned.is_empty()) {
        now.push(write::delete_record(workload, config_map));
    }
    now.extend(unpinned);
    Ok(Plan { stages: stages(2, state, Some(record)), now, ..Plan::default() })
}

/// The writes that bring template and strategy back; none where they are back.
fn restore(
    state: &State,
    workload: &Workload,
    wish: &Wish,
    record: &Record,
) -> Result<Option<Vec<Step>>, Failure> {
    let live = workload.shape();
    if is_clear(workload, record) || live == *record.goal() && !workload.is_annotated() {
        return Ok(None);
    }
    let changed = conflicts(workload, record);
    if changed.is_empty() || live == *record.goal() {
        return Ok(Some(vec![write::restore(workload, record.goal())]));
    }
    let goal = match wish.conflict {
        Conflict::Refuse => return Err(changed_meanwhile(state, workload, &changed)),
        Conflict::ForceRestore => record.original.clone(),
        Conflict::KeepTheirs => merged(record, &live),
    };
    let mut now = Vec::new();
    if goal != *record.goal() {
        let newer = Record { restoring: Some(goal.clone()), ..record.clone() };
        now.push(write::replace_record(state, workload, &newer));
    }
    if live != goal || workload.is_annotated() {
        now.push(write::restore(workload, &goal));
    }
    Ok(Some(now))
}

/// In what the workload differs from how `on` left it.
pub fn changed_since(workload: &Workload, record: &Record) -> Vec<Difference> {
    differences(workload, &record.debug, &workload.shape())
}

/// What others made of it that is neither debug mode's nor what was there before: template and
/// strategy each for itself, since `kubectl rollout undo` brings back the one and not the other.
fn conflicts(workload: &Workload, record: &Record) -> Vec<Difference> {
    let (Record { original, debug, .. }, mut live) = (record, workload.shape());
    if live.template == original.template {
        live.template.clone_from(&debug.template);
    }
    if live.strategy == original.strategy {
        live.strategy.clone_from(&debug.strategy);
    }
    differences(workload, debug, &live)
}

fn differences(workload: &Workload, before: &Shape, after: &Shape) -> Vec<Difference> {
    let field = workload.kind().strategy_field().unwrap_or("strategy");
    let whole = |shape: &Shape| json!({"spec": {"template": shape.template, field: shape.strategy}});
    difference::differences(&whole(before), &whole(after))
}

/// Theirs, with what debug mode did taken back where they left it alone.
fn merged(record: &Record, live: &Shape) -> Shape {
    let (template, _) = difference::merge(&record.debug.template, &record.original.template, &live.template);
    let (strategy, _) = difference::merge(&record.debug.strategy, &record.original.strategy, &live.strategy);
    Shape { template, strategy }
}

/// What debug mode took away and somebody else set anew: it stays as they set it.
fn theirs(record: &Record, live: &Shape) -> Vec<String> {
    let (_, conflicts) = difference::merge(&record.debug.template, &record.original.template, &live.template);
    let words = |conflict: &Difference| {
        format!("before debug mode it was different, and stays as it is now: {conflict}")
    };
    conflicts.iter().map(words).collect()
}

fn changed_meanwhile(state: &State, workload: &Workload, changed: &[Difference]) -> Failure {
    const SHOWN: usize = 10;
    let (object, namespace, typed) = (workload.object_ref(), &state.namespace, workload.target.typed());
    let mut failure =
        Failure::new(format!("{object} was changed in debug mode, in {}", counted(changed.len(), "field")));
    for difference in changed.iter().take(SHOWN) {
        failure = failure.hint(format!("  {difference}"));
    }
    if changed.len() > SHOWN {
        failure = failure.hint(format!("  and {} more", changed.len() - SHOWN));
    }
    failure
        .hint(format!(
            "as before, without these changes:  kubectl debug-mode off -n {namespace} {typed} --force-restore"
        ))
        .hint(format!("with these changes:  kubectl debug-mode off -n {namespace} {typed} --keep-theirs"))
}

/// What is left of debug mode beside template and pods.
fn tidy(state: &State, workload: &Workload, wish: &Wish, record: &Record) -> Vec<Step> {
    let managers = [record.manager.as_str(), wish.manager.as_str()];
    let goes: Vec<_> = state.debug_replica_sets(record).map(|set| set.metadata.uid.clone()).collect();
    let marked = state
        .own_replica_sets()
        .filter(|set| set.metadata.annotation(DEBUG_MODE_ANNOTATION).is_some())
        .filter(|set| !goes.contains(&set.metadata.uid))
        .map(|set| write::unmark(&state.namespace, set));
    let mut steps: Vec<_> = marked.collect();
    // What others changed meanwhile has new owners, which the old list does not know.
    let before = if record.restoring.is_none() { &record.managed_fields } else { &serde_json::Value::Null };
    steps.extend(give_fields_back(workload.object_ref(), &workload.object, before, &managers));
    for (autoscaler, pinned) in
        pinned(state, record).filter(|(autoscaler, pinned)| !is_pinned(autoscaler, pinned))
    {
        let target = write::autoscaler_ref(&state.namespace, autoscaler);
        steps.extend(give_fields_back(target, &autoscaler.object, &pinned.managed_fields, &managers));
    }
    steps
}

/// The autoscalers that are still kept at one number.
fn unpin(state: &State, record: &Record) -> Vec<Step> {
    let still = pinned(state, record).filter(|(autoscaler, pinned)| is_pinned(autoscaler, pinned));
    still.map(|(autoscaler, pinned)| write::unpin(&state.namespace, autoscaler, pinned)).collect()
}

fn pinned<'a>(state: &'a State, record: &'a Record) -> impl Iterator<Item = (&'a Autoscaler, &'a Pinned)> {
    let autoscalers = state.surroundings.autoscalers.iter().flatten();
    autoscalers.filter_map(|autoscaler| {
        let uid = &autoscaler.metadata.uid;
        Some((autoscaler, record.pinned.iter().find(|pinned| pinned.uid == *uid)?))
    })
}

fn is_pinned(autoscaler: &Autoscaler, pinned: &Pinned) -> bool {
    let at_one_number = (Some(pinned.at), pinned.at);
    (autoscaler.min, autoscaler.max) == at_one_number && (pinned.min, pinned.max) != at_one_number
}

/// The record is lost, so that what was there is not known: only what can't be anybody else's is taken
/// back, and only when asked for.
fn without_record(state: &State, workload: &Workload, wish: &Wish) -> Result<Plan, Failure> {
    let (object, namespace, typed) = (workload.object_ref(), &state.namespace, workload.target.typed());
    if wish.conflict != Conflict::KeepTheirs {
        let failure = Failure::new(format!("{object} is marked as in debug mode, but its record is gone"));
        let failure = if workload.kind() == Kind::Deployment {
            failure.hint(format!(
                "an earlier revision brings it back:  kubectl rollout undo -n {namespace} {typed}"
            ))
        } else {
            failure
        };
        return Err(failure.hint(format!(
            "drop the mark and the gate, leave the rest:  kubectl debug-mode off -n {namespace} {typed} --keep-theirs"
        )));
    }
    let mut goal = workload.shape();
    if let Some(gates) = goal.template["spec"]["readinessGates"].as_array_mut() {
        gates.retain(|gate| gate["conditionType"] != GATE);
        if gates.is_empty()
            && let Some(spec) = goal.template["spec"].as_object_mut()
        {
            spec.remove("readinessGates");
        }
    }
    let now = vec![write::restore(workload, &goal)];
    Ok(Plan { stages: stages(0, state, None), now, ..Plan::default() })
}

fn copies_stages(done: usize) -> Vec<Stage> {
    Stage::in_order([("copies".to_owned(), "deleted".to_owned())], done)
}

/// The way, of which the first `done` are behind us.
pub fn stages(done: usize, state: &State, record: Option<&Record>) -> Vec<Stage> {
    let goal = match record {
        Some(Record { restoring: Some(_), .. }) => "with the changes made meanwhile",
        _ => "template and strategy as before",
    };
    let pods = match (record, &state.workload) {
        (Some(record), Some(workload)) if workload.kind() == Kind::Deployment => {
            let template =
                if workload.is_annotated() { &record.goal().template } else { workload.template() };
            let set = state.replica_set_of(template);
            let name = set.map_or("its ReplicaSet", |set| set.metadata.name.as_str());
            format!("{name} is current, those of debug mode are gone")
        }
        _ => "deleted, made anew from the template".to_owned(),
    };
    let stages = [
        ("restore", goal.to_owned()),
        ("debug pods", pods),
        ("tidy up", "field owners, autoscalers, record".to_owned()),
        ("verified", "read back".to_owned()),
    ];
    Stage::in_order(stages.map(|(title, detail)| (title.to_owned(), detail)), done)
}
