//! The way back from the first phase: the pod rejoins its controller, and its unfinished
//! replacement is the one that goes.

use drover::change::{Plan, Step, Wait};
use drover::cli::Failure;
use drover::model::controller::ReplicaSet;
use drover::model::pod::Pod;
use drover::print::Stage;

use super::isolate::readable_record;
use super::refusal::living_pod;
use super::write;
use crate::record::{Record, own_labels};
use crate::state::State;

/// Decides what to do now to put a half-isolated pod back.
pub fn decide(state: &State) -> Result<Plan, Failure> {
    let pod = living_pod(state)?;
    let Some(record) = readable_record(state, pod)? else {
        return Ok(Plan { stages: stages(3), ..Plan::default() });
    };
    if own_labels(pod) != record.labels {
        if let Some(harm) = harm(state, &record) {
            return Err(Failure::new(harm));
        }
        let step = Step {
            title: "give its labels back".to_owned(),
            write: write::give_back(state.target(), pod, &record),
        };
        return Ok(Plan { stages: stages(0), now: vec![step], ..Plan::default() });
    }
    let wait = |until: &str, missing: String| {
        Some(Wait {
            until: until.to_owned(),
            missing,
            followed: state.followed(&record.owner),
            wake_after: None,
        })
    };
    if pod.metadata.controller().is_none() {
        let missing = format!("{} has not adopted it yet", record.owner);
        return Ok(Plan { stages: stages(1), wait: wait("adoption", missing), ..Plan::default() });
    }
    let desired = state.replica_set(&record.owner.uid).map_or(0, |set| set.desired);
    let pods = state.owned(&record.owner).count() + 1;
    if pods > desired {
        let missing = format!("{} has {pods} pods and wants {desired}", record.owner);
        return Ok(Plan {
            stages: stages(2),
            wait: wait("the surplus pod to go", missing),
            ..Plan::default()
        });
    }
    let step = Step { title: "tidy up".to_owned(), write: write::tidy(state.target(), pod, &record) };
    Ok(Plan { stages: stages(2), now: vec![step], ..Plan::default() })
}

/// Why giving the labels back would do harm, if it would.
pub fn harm(state: &State, record: &Record) -> Option<String> {
    let Some(pod) = &state.subject.pod else { return Some(format!("{} is gone", state.target())) };
    harm_to(pod, record, &state.survey.replica_sets)
}

/// The same for any pod, by the ReplicaSets of its namespace.
pub fn harm_to(pod: &Pod, record: &Record, sets: &[ReplicaSet]) -> Option<String> {
    let owner = &record.owner;
    if pod.metadata.deletion_timestamp.is_some() {
        return Some("it is being deleted".to_owned());
    }
    if record.traffic_only {
        // It never left its controller.
        return None;
    }
    if !pod.is_ready() {
        return Some(format!("it is not Ready: {owner} would delete it at once"));
    }
    let Some(set) = sets.iter().find(|set| set.owner.uid == owner.uid && !set.terminating) else {
        return Some(format!("{owner} is gone: nothing would adopt it"));
    };
    let newest = sets
        .iter()
        .filter(|other| other.controller.is_some() && other.controller == set.controller)
        .max_by_key(|other| other.revision);
    match newest {
        Some(newest) if newest.owner.uid != set.owner.uid => Some(format!(
            "it was made from an older template ({owner}, now {}): it would be deleted at once",
            newest.owner
        )),
        _ if set.desired == 0 => Some(format!("{owner} is scaled to 0: it would be deleted at once")),
        _ => None,
    }
}

fn stages(done: usize) -> Vec<Stage> {
    let stages = [
        ("put it back", "its labels"),
        ("adoption", "by its controller"),
        ("tidy up", "the surplus pod goes"),
    ];
    Stage::in_order(stages.map(|(title, detail)| (title.to_owned(), detail.to_owned())), done)
}
