//! The plan of `kubectl isolate restore POD`: back without losing a request.
//!
//! The order is what loses none (0 of about 400 lost, four times of four; by the hash alone 7 to 11,
//! six times of six): the pod takes traffic again; another pod of its controller leaves traffic and
//! controller in one request, and only then this one rejoins; the other is deleted once it had time
//! to serve what still reached it.

use std::time::Duration;

use drover::change::{Plan, Step, Wait, Write};
use drover::cli::Failure;
use drover::model::label_edit::without;
use drover::model::object::{ObjectRef, PODS, Resource};
use drover::model::pod::Pod;
use drover::model::selector::Labels;

use super::isolate::{readable_record, smallest_edit};
use super::refusal::living_pod;
use super::restore_stages::Progress;
use super::{quarantine, traffic_only, undo, victim, write};
use crate::observe::TO_QUARANTINE;
use crate::record::{self, Record, Rejoin, Victim, own_labels};
use crate::state::State;

/// Decides what to do now.
pub fn decide(state: &State, drain: Duration) -> Result<Plan, Failure> {
    let pod = living_pod(state)?;
    let Some(record) = readable_record(state, pod)? else { return rejoined(state, pod) };
    if record.traffic_only {
        return traffic_only::put_back(state, &record);
    }
    let opening = end_quarantine(state, pod, &record);
    if !matches!(opening, Ok(None)) {
        refuse_harm(state, pod, &record)?;
        let victim = victim::named_or_chosen(state, &record);
        let labels = without(&record.labels, &record.leave);
        let stages = Progress::TakesTraffic { labels }.stages(victim.as_ref());
        return Ok(Plan { stages, now: opening?.into_iter().collect(), ..Plan::default() });
    }
    let labels = own_labels(pod);
    let never_left_traffic = record.rejoin.is_none() && record.is_half_done(pod);
    if never_left_traffic && (record.is_undone(pod) || victim::choose(state, &record).is_none()) {
        // Its replacement is not Ready: the controller deletes that one, and nobody notices.
        refuse_harm(state, pod, &record)?;
        return undo::decide(state);
    }
    if labels != record.labels {
        refuse_harm(state, pod, &record)?;
        return take_traffic(state, pod, &record);
    }
    make_room(state, pod, &record, drain)
}

/// What opens the network to the pod again, before it takes traffic; none where nothing closes it. Refused
/// where nobody can tell, or do it.
pub fn end_quarantine(state: &State, pod: &Pod, record: &Record) -> Result<Option<Step>, Failure> {
    if record.quarantine.is_none() {
        return Ok(None);
    }
    let lacking = |(verb, resource): &&(&str, Resource)| !state.may(verb, *resource);
    if let Some((verb, resource)) = TO_QUARANTINE.iter().filter(|(verb, _)| *verb != "create").find(lacking) {
        let message =
            format!("{} is in quarantine, and you may not {verb} {}", state.target(), resource.plural);
        return Err(Failure::new(message)
            .hint("the README of kubectl isolate has a ClusterRole with all rights that this needs"));
    }
    Ok(quarantine::end(state, pod))
}

/// Nothing is left to be done, if the pod ever was what it is now.
fn rejoined(state: &State, pod: &Pod) -> Result<Plan, Failure> {
    match pod.metadata.controller() {
        Some(_) => {
            let victim = state.subject.victim.as_ref().map(victim::of);
            Ok(Plan { stages: Progress::Verified.stages(victim.as_ref()), ..Plan::default() })
        }
        None => Err(Failure::new(format!("{} is not isolated", state.target()))),
    }
}

fn refuse_harm(state: &State, pod: &Pod, record: &Record) -> Result<(), Failure> {
    let Some(harm) = undo::harm(state, record) else { return Ok(()) };
    let (target, namespace, name) = (state.target(), &state.survey.namespace, &pod.metadata.name);
    let failure = Failure::new(format!("{target} can't be put back: {harm}"));
    let in_traffic = !state.slices_sending_to(pod).is_empty() || record.is_half_done(pod);
    Err(match in_traffic {
        true => failure.hint(format!("take it out of traffic:  kubectl isolate -n {namespace} {name}")),
        false => {
            failure.hint(format!("clear it away instead:  kubectl isolate cleanup -n {namespace} {name}"))
        }
    })
}

/// Until the pod has its last label back.
fn take_traffic(state: &State, pod: &Pod, record: &Record) -> Result<Plan, Failure> {
    let serving = without(&record.labels, &record.leave);
    let victim = match &record.rejoin {
        Some(rejoin) if victim::is_settled(state, rejoin, record) => rejoin.victim.clone(),
        _ => {
            let victim = victim::choose(state, record);
            return Ok(begin(state, pod, record, &serving, victim));
        }
    };
    let services = state.services_of(&serving);
    if let Some(missing) =
        services.iter().find(|service| state.ready_endpoints(service, [pod].into_iter()) == 0)
    {
        let missing = format!("it is not yet a ready endpoint of Service {missing}");
        return Ok(Plan {
            stages: Progress::TakesTraffic { labels: serving.clone() }.stages(victim.as_ref()),
            wait: Some(wait(state, record, "traffic", missing, None)),
            ..Plan::default()
        });
    }
    let mut now = Vec::new();
    if let Some(other) = victim::seen(state, victim.as_ref())
        && other.metadata.controller().is_some_and(|owner| owner.uid == record.owner.uid)
    {
        now.push(take_out(state, other, pod, record)?);
    }
    now.push(Step {
        title: format!("rejoin {}", record.owner),
        write: write::give_back(state.target(), pod, record),
    });
    Ok(Plan {
        stages: Progress::MakesRoom { services }.stages(victim.as_ref()),
        now,
        followed_suffices: true,
        ..Plan::default()
    })
}

fn begin(state: &State, pod: &Pod, record: &Record, serving: &Labels, victim: Option<Victim>) -> Plan {
    let stages = Progress::TakesTraffic { labels: serving.clone() }.stages(victim.as_ref());
    let warnings = warnings(state, record, serving);
    let record = Record { rejoin: Some(Rejoin { victim }), ..record.clone() };
    let step = Step {
        title: "take traffic again".to_owned(),
        write: write::rejoin_traffic(state.target(), pod, serving, &record),
    };
    Plan { stages, now: vec![step], warnings, ..Plan::default() }
}

/// The Services that the pod can only join together with its controller: there the other pod leaves
/// before this one is back.
fn warnings(state: &State, record: &Record, serving: &Labels) -> Vec<String> {
    let early = state.services_of(serving);
    let services = state.survey.services.iter();
    services
        .filter(|service| service.selector.matches(&record.labels) && !early.contains(&service.name.as_str()))
        .map(|service| {
            let keys: Vec<_> =
                service.selector.required_keys().filter(|key| record.leave.contains(*key)).collect();
            format!(
                "Service {} selects on {}: it has one endpoint less until the pod is back with its controller",
                service.name,
                keys.join(", ")
            )
        })
        .collect()
}

/// The victim leaves controller and traffic in one request, marked as what it is then: isolated.
fn take_out(state: &State, victim: &Pod, for_pod: &Pod, record: &Record) -> Result<Step, Failure> {
    let labels = own_labels(victim);
    let edit = smallest_edit(state, &labels)?;
    let name = &victim.metadata.name;
    let record = Record {
        version: record::VERSION,
        labels,
        owner: record.owner.clone(),
        workload: record.workload.clone(),
        available: 0,
        twins: [].into(),
        services: [].into(),
        leave: edit.leave,
        traffic: edit.traffic,
        at_once: true,
        deletion_cost: None,
        rejoin: None,
        at: record::moment(state.survey.now),
        by: state.survey.user.clone(),
        reason: Some(victim::makes_room_for(&for_pod.metadata.name)),
        until: None,
        quarantine: None,
        traffic_only: false,
        restarts: Some(victim.restarts()),
    };
    Ok(Step { title: format!("take {name} out"), write: write::first(pod_ref(state, name), victim, &record) })
}

/// The pod has its labels: until its controller has it, and the victim is gone.
fn make_room(state: &State, pod: &Pod, record: &Record, drain: Duration) -> Result<Plan, Failure> {
    let named = record.rejoin.as_ref().and_then(|rejoin| rejoin.victim.as_ref());
    let victim = victim::seen(state, named);
    let waiting = |progress: Progress, until: &str, missing: String, wake_after: Option<Duration>| {
        Ok(Plan {
            stages: progress.stages(named),
            wait: Some(wait(state, record, until, missing, wake_after)),
            ..Plan::default()
        })
    };
    if let Some(sending) =
        victim.map(|victim| state.slices_sending_to(victim)).filter(|names| !names.is_empty())
    {
        let services = state.services_of(&record.labels);
        let missing = format!("still in EndpointSlice {}", sending.join(", "));
        return waiting(Progress::MakesRoom { services }, "room", missing, None);
    }
    let Some(owner) = pod.metadata.controller() else {
        refuse_harm(state, pod, record)?;
        let missing = format!("{} has not adopted it yet", record.owner);
        return waiting(Progress::Rejoins, "adoption", missing, None);
    };
    let desired = state.replica_set(&record.owner.uid).map_or(0, |set| set.desired);
    let pods = state.owned(&record.owner).count() + 1;
    if pods > desired {
        let missing = format!("{owner} has {pods} pods and wants {desired}");
        return waiting(Progress::Rejoins, "the surplus pod to go", missing, None);
    }
    let services = state.services_of(&record.labels);
    if let Some(service) =
        services.iter().find(|service| state.ready_endpoints(service, [pod].into_iter()) == 0)
    {
        let missing = format!("it is not yet a ready endpoint of Service {service}");
        return waiting(Progress::Rejoins, "traffic", missing, None);
    }
    let mut now = Vec::new();
    if let Some(victim) = victim {
        let left = remaining_drain(state, drain);
        if left.is_none_or(|left| !left.is_zero()) {
            let missing =
                format!("{} serves what still reaches it for {}s", victim.metadata.name, drain.as_secs());
            return waiting(Progress::Drains, "the drain", missing, Some(left.unwrap_or_default()));
        }
        let target = pod_ref(state, &victim.metadata.name);
        now.push(Step {
            title: format!("delete {}", victim.metadata.name),
            write: Write::delete(target, &victim.metadata.uid)
                .unchanged_since(&victim.metadata.resource_version),
        });
    }
    now.push(Step { title: "tidy up".to_owned(), write: write::tidy(state.target(), pod, record) });
    // Both pods, their siblings, their controller and every slice were followed, and each write holds
    // only for what was seen. But a named pod that was never seen may have left its siblings before
    // it was named: only a look for it tells that it is gone.
    let followed_suffices = named.is_none() || state.subject.victim.is_some();
    Ok(Plan { stages: Progress::Drains.stages(named), now, followed_suffices, ..Plan::default() })
}

/// How much of the drain is left; none while it was not yet seen to begin.
fn remaining_drain(state: &State, drain: Duration) -> Option<Duration> {
    let since = state.subject.victim_silent_since?;
    let passed = Duration::try_from(state.survey.now.duration_since(since)).unwrap_or_default();
    Some(drain.saturating_sub(passed))
}

fn wait(state: &State, record: &Record, until: &str, missing: String, wake_after: Option<Duration>) -> Wait {
    let followed = state.followed(&record.owner);
    Wait { until: until.to_owned(), missing, followed, wake_after }
}

fn pod_ref(state: &State, name: &str) -> ObjectRef {
    ObjectRef::namespaced(PODS, &state.survey.namespace, name)
}
