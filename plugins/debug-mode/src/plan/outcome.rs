//! What became of the debug pods.

use std::time::Duration;

use drover::model::pod::{ContainerStatus, Pod, Terminated};

use super::template::HOLD_NAME;
use crate::record::{Held, Record};
use crate::state::State;

/// How long all containers of a pod must have run before it counts as up.
const SETTLED: Duration = Duration::from_secs(3);

/// The same where one does nothing: it does not end by itself.
const HELD_SETTLED: Duration = Duration::from_secs(1);

/// How far the debug pods are.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// None is up yet; what is missing, and when to look again although nothing changes.
    Coming(String, Option<Duration>),
    /// This one runs all its containers.
    Runs { pod: String },
    /// A container ends although nobody kills it.
    Exits { pod: String, container: String, end: Terminated },
    /// The held container's image has no `sleep`.
    LacksSleep,
}

impl Outcome {
    /// In a few words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Coming(missing, _) => missing.clone(),
            Self::Runs { pod } => format!("{pod} runs"),
            Self::Exits { pod, container, end } => format!("{pod}: {container} {}", end.in_words()),
            Self::LacksSleep => "its image has no sleep".to_owned(),
        }
    }
}

/// The best that can be said of the debug pods.
pub fn look(state: &State, record: &Record) -> Outcome {
    let pods = state.debug_pods(record).filter(|pod| pod.is_active());
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Coming(..) => 0,
        Outcome::Exits { .. } => 1,
        Outcome::LacksSleep => 2,
        Outcome::Runs { .. } => 3,
    };
    pods.map(|pod| of(state, record.held.as_ref(), pod)).max_by_key(rank).unwrap_or_else(|| {
        let failure = state.own_replica_sets().find_map(|set| {
            let conditions = set.status.conditions.iter();
            conditions
                .clone()
                .find(|condition| condition.r#type == "ReplicaFailure" && condition.status == "True")
        });
        let why = failure.map_or(String::new(), |condition| format!(": {}", condition.message));
        Outcome::Coming(format!("no debug pod was made yet{why}"), None)
    })
}

/// How far one debug pod is.
pub fn of(state: &State, held: Option<&Held>, pod: &Pod) -> Outcome {
    let statuses = || pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let is_held = |status: &ContainerStatus| held.is_some_and(|held| held.container == status.name);
    let could_not_start = statuses().any(|status| is_held(status) && status.could_not_start());
    match held.map(|held| held.image.is_some()) {
        Some(false) if could_not_start => return Outcome::LacksSleep,
        // Only its successor has the init container; until that is there, this one's end says nothing new.
        Some(true) if could_not_start && !has_busybox(pod) => {
            let name = &pod.metadata.name;
            let missing = format!("{name}: its image has no sleep, one with a busybox replaces it");
            return Outcome::Coming(missing, None);
        }
        _ => {}
    }
    if let Some((container, end)) = statuses().find_map(|status| Some((status, ended_badly(pod, status)?))) {
        let (pod, container) = (pod.metadata.name.clone(), container.name.clone());
        return Outcome::Exits { pod, container, end: end.clone() };
    }
    let Some(since) = state.running_since.get(&pod.metadata.uid) else {
        return Outcome::Coming(format!("{} ({})", why_not_up(pod), pod.metadata.name), None);
    };
    let runs = Duration::try_from(state.now.duration_since(*since)).unwrap_or_default();
    let settled = if held.is_some() { HELD_SETTLED } else { SETTLED };
    if runs < settled {
        let missing = format!("{} runs, for less than {}s so far", pod.metadata.name, settled.as_secs());
        return Outcome::Coming(missing, Some(settled - runs));
    }
    Outcome::Runs { pod: pod.metadata.name.clone() }
}

/// Whether what holds it is brought along.
fn has_busybox(pod: &Pod) -> bool {
    pod.status.init_container_statuses.iter().any(|status| status.name == HOLD_NAME)
}

/// How a container ended that was not to end. An init container may, with 0.
fn ended_badly<'a>(pod: &Pod, status: &'a ContainerStatus) -> Option<&'a Terminated> {
    let is_init = pod.status.init_container_statuses.iter().any(|init| init.name == status.name);
    status.last_end().filter(|end| !is_init || end.exit_code != 0)
}

/// Why not all its containers run: as `Pod::reason_not_ready`, but the gate is no reason.
fn why_not_up(pod: &Pod) -> String {
    let reason = pod.reason_not_ready();
    if reason.contains("readiness gates") { "its containers are being started".to_owned() } else { reason }
}
