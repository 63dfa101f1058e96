//! The plan of `kubectl debug-mode on`, in place.

use std::collections::BTreeMap;
use std::time::Duration;

use drover::change::{Plan, Step, Write};
use drover::cli::Failure;
use drover::model::object::{ObjectRef, PODS};
use drover::model::pod::Pod;
use drover::print::{Stage, age};
use serde_json::{Value, json};

use super::outcome::{self, Outcome};
use super::template::{self, Debugged};
use super::{is_clear, refusal, wait, warnings, write};
use crate::options::{Mode, Overrides, Part};
use crate::record::{Before, Held, Pinned, Record, Replaced, Shape};
use crate::state::State;
use crate::target::Kind;
use crate::workload::Workload;

/// When slices are looked at again: they are not followed, since a gate keeps the pod out from the start.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the plan depends on beside the state.
#[derive(Debug, Clone)]
pub struct Wish {
    pub overrides: Overrides,
    pub mode: Option<Mode>,
    pub hold_image: String,
    pub manager: String,
    pub reason: Option<String>,
    /// What admission makes of a debug template; none while it was not asked.
    pub admitted: Option<Admitted>,
}

/// A template as we would write it, and as the server would store it.
#[derive(Debug, Clone)]
pub struct Admitted {
    pub asked: Value,
    pub given: Value,
}

/// Decides what to do now.
pub fn decide(state: &State, wish: &Wish) -> Result<Plan, Failure> {
    let workload = refusal::living(state)?;
    match refusal::readable_record(state, workload)? {
        None => begin(state, workload, wish),
        // Its record is of a template that there is no more.
        Some(record) if is_clear(workload, &record) && workload.shape() != record.original => {
            begin(state, workload, wish)
        }
        Some(record) => go_on(state, workload, wish, &record),
    }
}

/// The record of a debug mode that begins now.
pub fn new_record(state: &State, workload: &Workload, wish: &Wish) -> Result<Record, Failure> {
    refusal::to_begin(state, workload, wish)?;
    let original = workload.shape();
    let Debugged { template, taken, held } = template::debugged(&original.template, &wish.overrides)
        .map_err(|failure| failure.about(&workload.object_ref().to_string()))?;
    // Of another template, which a colleague changed since, admission was not asked.
    let asked = wish.admitted.as_ref().filter(|admitted| admitted.asked == template);
    let admitted = asked.map_or(template, |admitted| admitted.given.clone());
    let strategy = debug_strategy(state, workload);
    let replaced = (workload.kind() != Kind::Deployment).then(|| pod_to_replace(state, workload)).flatten();
    Ok(Record {
        version: Record::version(),
        workload: workload.owner(),
        debug: Shape { template: admitted, strategy },
        restoring: None,
        managed_fields: workload.object["metadata"]["managedFields"].clone(),
        replica_set: state.replica_set_of(&original.template).map(|set| set.owner()),
        pods: state
            .owned()
            .map(|pod| {
                let before = Before { restarts: pod.restarts(), ready: pod.is_ready() };
                (pod.metadata.uid.clone(), before)
            })
            .collect(),
        replaced: replaced
            .map(|pod| Replaced { name: pod.metadata.name.clone(), uid: pod.metadata.uid.clone() }),
        pinned: if wish.overrides.suspend_hpa { pins(state, workload) } else { Vec::new() },
        original,
        taken,
        held,
        manager: wish.manager.clone(),
        overrides: wish.overrides.clone(),
        at: state.now,
        by: state.user.clone(),
        reason: wish.reason.clone(),
    })
}

fn begin(state: &State, workload: &Workload, wish: &Wish) -> Result<Plan, Failure> {
    let record = new_record(state, workload, wish)?;
    let mut now = vec![match state.config_map {
        None => write::create_record(state, workload, &record),
        Some(_) => write::replace_record(state, workload, &record),
    }];
    now.extend(enter(state, workload, &record));
    Ok(Plan {
        stages: stages(0, state, &record),
        now,
        warnings: warnings::before(state, workload, wish),
        ..Plan::default()
    })
}

/// The writes between the record and debug mode.
fn enter(state: &State, workload: &Workload, record: &Record) -> Vec<Step> {
    let autoscalers = state.surroundings.autoscalers.iter().flatten();
    let pins = autoscalers.filter_map(|autoscaler| {
        let pinned = record.pinned.iter().find(|pinned| pinned.uid == autoscaler.metadata.uid)?;
        let is_pinned = (autoscaler.min, autoscaler.max) == (Some(pinned.at), pinned.at);
        (!is_pinned).then(|| write::pin(&state.namespace, autoscaler, pinned))
    });
    pins.chain([write::debug(workload, record)]).collect()
}

fn go_on(state: &State, workload: &Workload, wish: &Wish, record: &Record) -> Result<Plan, Failure> {
    let (object, namespace, typed) = (workload.object_ref(), &state.namespace, workload.target.typed());
    let live = workload.shape();
    let off = format!("leave it first:  kubectl debug-mode off -n {namespace} {typed}");
    if record.overrides != wish.overrides {
        let ago = age(state.now.duration_since(record.at).as_secs());
        let message = format!("{object} is in debug mode with other options, for {ago}, by {}", record.by);
        return Err(Failure::new(message).hint(off));
    }
    if live == record.original && !workload.is_annotated() && record.restoring.is_none() {
        let now = enter(state, workload, record);
        return Ok(Plan { stages: stages(1, state, record), now, ..Plan::default() });
    }
    if live != record.debug || !workload.is_annotated() {
        let message = format!("{object} was changed since it went into debug mode");
        return Err(Failure::new(message)
            .hint(format!("see how:  kubectl debug-mode status -n {namespace} {typed}"))
            .hint(off));
    }
    if let Some(pod) = record.replaced.as_ref().and_then(|replaced| state.pods.get(&replaced.uid))
        && pod.metadata.deletion_timestamp.is_none()
    {
        let target = ObjectRef::namespaced(PODS, namespace, &pod.metadata.name);
        let step =
            Step { title: format!("delete {target}"), write: Write::delete(target, &pod.metadata.uid) };
        return Ok(Plan { stages: stages(2, state, record), now: vec![step], ..Plan::default() });
    }
    match outcome::look(state, record) {
        Outcome::Coming(missing, wake_after) => {
            let mut wait = wait(state, "the debug pod", missing);
            if let Some(wait) = &mut wait {
                wait.wake_after = wake_after;
            }
            Ok(Plan { stages: stages(2, state, record), wait, ..Plan::default() })
        }
        Outcome::LacksSleep => Ok(bring_sleep(state, workload, wish, record)),
        Outcome::Exits { .. } => Ok(Plan { stages: stages(2, state, record), ..Plan::default() }),
        Outcome::Runs { .. } => {
            let sending = sending(state, record);
            if record.overrides.allow_traffic || sending.is_empty() {
                return Ok(Plan { stages: stages(4, state, record), ..Plan::default() });
            }
            let mut wait = wait(state, "silence", format!("still in EndpointSlice {}", sending.join(", ")));
            if let Some(wait) = &mut wait {
                wait.wake_after = Some(LOOK_AGAIN);
            }
            Ok(Plan { stages: stages(3, state, record), wait, ..Plan::default() })
        }
    }
}

/// The held container's image has no `sleep`: a busybox is brought along.
fn bring_sleep(state: &State, workload: &Workload, wish: &Wish, record: &Record) -> Plan {
    let Some(held) = &record.held else { return Plan::default() };
    let mut newer = record.clone();
    newer.debug.template = template::with_hold_image(&record.debug.template, held, &wish.hold_image);
    newer.held = Some(Held { image: Some(wish.hold_image.clone()), ..held.clone() });
    let mut now = vec![write::replace_record(state, workload, &newer), write::debug(workload, &newer)];
    if workload.kind() != Kind::Deployment {
        // Nobody but us replaces the pod that can't start.
        now.extend(state.debug_pods(record).filter(|pod| pod.is_active()).map(|pod| {
            let target = ObjectRef::namespaced(PODS, &state.namespace, &pod.metadata.name);
            let title = format!("delete {target}");
            Step { title, write: Write::delete(target, &pod.metadata.uid) }
        }));
    }
    Plan { stages: stages(2, state, &newer), now, ..Plan::default() }
}

/// How pods are replaced meanwhile. A Deployment makes one pod more and keeps all that serve; with
/// every pod bad one must go, or a hostPort or a quota would block the debug pod for ever (observed on
/// 1.35). A StatefulSet or DaemonSet replaces only what is deleted.
fn debug_strategy(state: &State, workload: &Workload) -> Value {
    let Shape { strategy, .. } = workload.shape();
    match workload.kind() {
        Kind::Deployment if strategy["type"] == "Recreate" => strategy,
        Kind::Deployment => {
            let serves = state.owned().any(Pod::is_ready);
            let most_unavailable = if serves { 0 } else { 1 };
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": most_unavailable}})
        }
        Kind::StatefulSet | Kind::DaemonSet => json!({"type": "OnDelete"}),
        _ => strategy,
    }
}

/// The pod that makes room for a debug pod where the kind has no rollout: one that does not serve; the
/// lowest ordinal of a StatefulSet, since an unready pod blocks those behind it (OrderedReady). Of Ready ones it is the one that restarted
/// most: without a readiness probe a crash-looping pod is Ready whenever it happens to run.
pub fn pod_to_replace<'a>(state: &'a State, workload: &Workload) -> Option<&'a Pod> {
    let ordinal = |pod: &Pod| pod.metadata.name.rsplit('-').next().and_then(|end| end.parse::<u64>().ok());
    let mut pods: Vec<_> = state.owned().collect();
    pods.sort_by_key(|pod| (ordinal(pod), pod.metadata.name.clone()));
    let unready = pods.iter().find(|pod| !pod.is_ready());
    let most = pods.iter().map(|pod| pod.restarts()).max().filter(|most| *most > 0);
    let restarted = pods.iter().find(|pod| Some(pod.restarts()) == most);
    unready
        .or(restarted)
        .or(if workload.kind() == Kind::StatefulSet { pods.last() } else { pods.first() })
        .copied()
}

fn pins(state: &State, workload: &Workload) -> Vec<Pinned> {
    let at = u32::try_from(workload.replicas()).unwrap_or(u32::MAX);
    let autoscalers = state.surroundings.autoscalers.iter().flatten();
    autoscalers
        .map(|autoscaler| Pinned {
            name: autoscaler.metadata.name.clone(),
            uid: autoscaler.metadata.uid.clone(),
            min: autoscaler.min,
            max: autoscaler.max,
            at,
            managed_fields: autoscaler.object["metadata"]["managedFields"].clone(),
        })
        .collect()
}

/// The slices that send traffic to a debug pod.
fn sending<'a>(state: &'a State, record: &'a Record) -> Vec<&'a str> {
    state.debug_pods(record).flat_map(|pod| state.slices_sending_to(pod)).collect()
}

/// The way, of which the first `done` are behind us.
fn stages(done: usize, state: &State, record: &Record) -> Vec<Stage> {
    let pod = match done {
        0 | 1 => "made and watched until it runs".to_owned(),
        _ => outcome::look(state, record).in_words(),
    };
    let sending = sending(state, record);
    let traffic = match (&sending[..], record.overrides.allow_traffic) {
        ([], _) => state.silence(),
        (some, true) => format!("in EndpointSlice {}, as allowed", some.join(", ")),
        (some, false) => format!("still in EndpointSlice {}", some.join(", ")),
    };
    let stages = [
        ("record", "what was there, to be restored".to_owned()),
        ("debug mode", taken_words(record)),
        ("debug pod", pod),
        ("away from users", traffic),
    ];
    Stage::in_order(stages.map(|(title, detail)| (title.to_owned(), detail)), done)
}

/// What was taken away, in words.
pub fn taken_words(record: &Record) -> String {
    words(&record.taken, record.held.as_ref())
}

/// What was taken away and what is held, in words.
pub fn words(taken: &BTreeMap<String, Vec<Part>>, held: Option<&Held>) -> String {
    let containers = taken.iter().map(|(name, parts)| {
        let parts: Vec<_> = parts.iter().map(Part::to_string).collect();
        format!("{name}: {}", parts.join(", "))
    });
    let words: Vec<_> = containers.collect();
    match (&words[..], held) {
        ([], Some(held)) => format!("holds {}", held.container),
        ([], None) => "there were no probes and hooks".to_owned(),
        (some, Some(held)) => format!("without {}; holds {}", some.join("; "), held.container),
        (some, None) => format!("without {}", some.join("; ")),
    }
}
