//! Out of traffic, and of nothing else: the pod keeps its controller, which makes no replacement. The only
//! form for pods that can't have a second copy beside them.
//!
//! Only labels go that no controller of the pod selects by, and none that a controller wrote: such a label
//! comes back, or costs the pod (observed with StatefulSets).

use drover::change::{Plan, Step, Wait};
use drover::cli::Failure;
use drover::model::CONTROLLER_WRITTEN_LABELS;
use drover::model::label_edit::{Keys, smallest_removals_sparing, without};
use drover::model::object::Owner;
use drover::model::pod::Pod;
use drover::model::selector::{Labels, Selector};
use drover::print::Stage;

use super::isolate::{Wish, cut_off, readable_record};
use super::quarantine;
use super::stages::{quarantine_stage, silence};
use super::{edit, refusal, restore, write};
use crate::record::{self, Record, own_labels};
use crate::state::State;

/// The record of a pod that is to leave traffic alone.
pub fn new_record(state: &State, wish: &Wish, pod: &Pod) -> Result<Record, Failure> {
    let owner = refusal::owner_that_keeps(state, pod)?;
    refusal::deaf_slices(state, pod)?;
    let labels = own_labels(pod);
    let traffic = smallest_edit(state, &owner, &labels)?;
    Ok(Record {
        version: record::VERSION,
        workload: state.replica_set(&owner.uid).and_then(|set| set.controller.clone()),
        owner,
        available: 0,
        services: [].into(),
        twins: [].into(),
        leave: Keys::new(),
        traffic,
        at_once: true,
        deletion_cost: None,
        rejoin: None,
        at: record::moment(state.survey.now),
        by: state.survey.user.clone(),
        reason: wish.reason.clone(),
        until: wish.until,
        quarantine: wish.quarantine,
        traffic_only: true,
        restarts: Some(pod.restarts()),
        labels,
    })
}

/// The smallest edit that ends traffic and leaves the pod to its controllers.
fn smallest_edit(state: &State, owner: &Owner, labels: &Labels) -> Result<Keys, Failure> {
    let target = state.target();
    let services = state.survey.services.iter().map(|service| &service.selector);
    let services: Vec<_> = services.collect();
    if !services.iter().any(|selector| selector.matches(labels)) {
        return Err(Failure::new(format!("{target} is in no Service: there is no traffic to take it from")));
    }
    removable(state, labels).ok_or_else(|| {
        let message =
            format!("{target}: no label can go that takes it out of traffic and leaves it to {owner}");
        side_by_side(state, labels).into_iter().fold(Failure::new(message), Failure::hint)
    })
}

/// The labels whose removal ends traffic and nothing else; none where there are no such labels. Among
/// equally few, those stay that NetworkPolicies select by.
pub fn removable(state: &State, labels: &Labels) -> Option<Keys> {
    let services: Vec<_> = state.survey.services.iter().map(|service| &service.selector).collect();
    let candidates = smallest_removals_sparing(labels, &services, &needed(state, labels));
    candidates
        .into_iter()
        .min_by_key(|keys| edit::changed_policies(state, labels, &without(labels, keys)).count())
}

/// The labels that must stay: a controller selects the pod by them, or wrote them.
pub fn needed(state: &State, labels: &Labels) -> Keys {
    let selecting = controllers(state).filter(|(_, selector)| selector.matches(labels));
    let keys = selecting.flat_map(|(_, selector)| selector.required_keys());
    keys.chain(CONTROLLER_WRITTEN_LABELS).map(str::to_owned).collect()
}

fn controllers(state: &State) -> impl Iterator<Item = (&Owner, &Selector)> {
    let sets = state.survey.replica_sets.iter().map(|set| (&set.owner, &set.selector));
    let others = state.survey.other_controllers.iter().map(|other| (&other.owner, &other.selector));
    sets.chain(others)
}

/// The selectors that get into each other's way: one line each, those of controllers first.
pub fn side_by_side(state: &State, labels: &Labels) -> Vec<String> {
    let services = state.survey.services.iter().filter(|service| service.selector.matches(labels));
    let spared = needed(state, labels);
    let stuck = services.filter(|service| service.selector.required_keys().all(|key| spared.contains(key)));
    let services = stuck.map(|service| (format!("Service/{}", service.name), service.selector.in_words()));
    let selecting = controllers(state).filter(|(_, selector)| selector.matches(labels));
    let rows: Vec<_> =
        selecting.map(|(owner, selector)| (owner.to_string(), selector.in_words())).chain(services).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.into_iter().map(|(name, selector)| format!("{name:width$}   selects by {selector}")).collect()
}

/// The pod is as its controller made it.
pub fn begin(state: &State, pod: &Pod, record: &Record) -> Plan {
    Plan {
        stages: stages(state, record, Done::default()),
        now: vec![Step {
            title: "leave all traffic".to_owned(),
            write: write::first(state.target(), pod, record),
        }],
        later: record
            .quarantine
            .map(|quarantine| quarantine::begin(state, pod, quarantine))
            .into_iter()
            .collect(),
        warnings: super::warnings::before_traffic_only(state, record),
        ..Plan::default()
    }
}

/// The pod was told to leave traffic.
pub fn go_on(state: &State, wish: &Wish, pod: &Pod, record: &Record) -> Result<Plan, Failure> {
    refusal::deaf_slices(state, pod)?;
    let labels = own_labels(pod);
    let Some(owner) = pod.metadata.controller().filter(|owner| owner.uid == record.owner.uid) else {
        let message = format!("{} no longer belongs to {}", state.target(), record.owner);
        return Err(Failure::new(message).hint("see what is so:  kubectl isolate list"));
    };
    let to_drop = match serves(state, &labels) {
        true => smallest_edit(state, &owner, &labels)?,
        false => Keys::new(),
    };
    let sending = state.slices_sending_to(pod);
    let done = Done { out: to_drop.is_empty(), sending: sending.clone() };
    let mut plan = Plan { stages: stages(state, record, done), ..Plan::default() };
    if !to_drop.is_empty() {
        let write = write::traffic(state.target(), pod, &to_drop, record);
        plan.now.push(Step { title: "leave all traffic".to_owned(), write });
    } else if !sending.is_empty() {
        let missing = format!("it is still in EndpointSlice {}", sending.join(", "));
        plan.wait = Some(wait(state, record, "silence", missing));
    } else if !wish.still_connected && !quarantine::is_in_place(state, pod, record) {
        cut_off(state, pod, record, &mut plan)?;
    }
    Ok(plan)
}

fn serves(state: &State, labels: &Labels) -> bool {
    state.survey.services.iter().any(|service| service.selector.matches(labels))
}

/// Whether the pod is out of traffic.
pub fn is_silent(state: &State, pod: &Pod) -> bool {
    !serves(state, &own_labels(pod)) && state.slices_sending_to(pod).is_empty()
}

/// Decides what to do now to put a pod back that left traffic alone; `begun` is the record that it had at
/// first.
pub fn put_back(state: &State, begun: &Record) -> Result<Plan, Failure> {
    let pod = refusal::living_pod(state)?;
    match readable_record(state, pod)? {
        Some(record) => back(state, pod, &record),
        None => Ok(Plan { stages: stages_back(state, begun, 2), ..Plan::default() }),
    }
}

/// The way back: the network is opened, the labels are given back, and its Services take note.
fn back(state: &State, pod: &Pod, record: &Record) -> Result<Plan, Failure> {
    let plan = |done: usize| Plan { stages: stages_back(state, record, done), ..Plan::default() };
    if let Some(step) = restore::end_quarantine(state, pod, record)? {
        return Ok(Plan { now: vec![step], ..plan(0) });
    }
    if own_labels(pod) != record.labels {
        let write = write::back_into_traffic(state.target(), pod, record);
        return Ok(Plan { now: vec![Step { title: "take traffic again".to_owned(), write }], ..plan(0) });
    }
    let services = state.services_of(&record.labels);
    // One that is not Ready is sent to as soon as it is.
    let mut missing = services.iter().filter(|_| pod.is_ready());
    if let Some(service) = missing.find(|service| state.ready_endpoints(service, [pod].into_iter()) == 0) {
        let missing = format!("it is not yet a ready endpoint of Service {service}");
        return Ok(Plan { wait: Some(wait(state, record, "traffic", missing)), ..plan(1) });
    }
    let step = Step { title: "tidy up".to_owned(), write: write::tidy(state.target(), pod, record) };
    Ok(Plan { now: vec![step], ..plan(1) })
}

fn wait(state: &State, record: &Record, until: &str, missing: String) -> Wait {
    Wait { until: until.to_owned(), missing, followed: state.followed(&record.owner), wake_after: None }
}

/// How far a pod is on its way out.
struct Done {
    out: bool,
    sending: Vec<String>,
}

impl Default for Done {
    fn default() -> Self {
        Self { out: false, sending: vec!["any".to_owned()] }
    }
}

fn stages(state: &State, record: &Record, done: Done) -> Vec<Stage> {
    let keys = record.traffic.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let verb = if done.out { "dropped" } else { "drop" };
    let owner = record.workload();
    let silent = silence(state, if done.out { &done.sending } else { &[] });
    let ways = [
        ("leave all traffic".to_owned(), format!("{verb} {keys} (still of {owner})"), done.out),
        ("verified".to_owned(), silent, done.out && done.sending.is_empty()),
    ];
    let ways: Vec<_> = ways.into_iter().chain(quarantine_stage(state, record)).collect();
    let behind = ways.iter().take_while(|(_, _, done)| *done).count();
    Stage::in_order(ways.into_iter().map(|(title, detail, _)| (title, detail)), behind)
}

fn stages_back(state: &State, record: &Record, done: usize) -> Vec<Stage> {
    let keys = record.traffic.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let services = state.services_of(&record.labels).join(", ");
    let stages =
        [("take traffic again", format!("add {keys}")), ("verified", format!("ready in {services}"))];
    Stage::in_order(stages.map(|(title, detail)| (title.to_owned(), detail)), done)
}
