//! The plan of `kubectl isolate POD`.

use drover::change::{Plan, Step, Wait};
use drover::cli::Failure;
use drover::model::POD_DELETION_COST;
use drover::model::label_edit::Keys;
use drover::model::pod::Pod;
use drover::model::selector::Labels;
use jiff::Timestamp;

use super::edit::{self, Edit};
use super::quarantine::{self, Quarantine};
use super::refusal;
use super::replacement::{self, Replacement};
use super::stages::Way;
use super::{loss, traffic_only, warnings, write};
use crate::record::{self, Record, own_labels};
use crate::state::State;

/// What the plan depends on beside the state.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Leave traffic before the replacement is there.
    pub traffic_first: bool,
    /// The pod and its replacement may both write to one volume.
    pub allow_second_writer: bool,
    /// Why, for the record.
    pub reason: Option<String>,
    /// Until when it is needed, for the record.
    pub until: Option<Timestamp>,
    /// What is to be cut off.
    pub quarantine: Option<Quarantine>,
    /// Not yet: what is to be done in the pod before needs its network.
    pub still_connected: bool,
    /// Leave traffic and nothing else.
    pub traffic_only: bool,
}

impl Wish {
    /// What a record has to become when the pod was isolated before, without this.
    pub fn amended(&self, record: &Record) -> Option<Record> {
        let amended = Record {
            reason: self.reason.clone().or_else(|| record.reason.clone()),
            until: self.until.or(record.until),
            quarantine: self.quarantine.or(record.quarantine),
            ..record.clone()
        };
        (amended != *record).then_some(amended)
    }
}

/// Decides what to do now.
pub fn decide(state: &State, wish: &Wish) -> Result<Plan, Failure> {
    let pod = refusal::living_pod(state)?;
    match readable_record(state, pod)? {
        Some(record) if record.is_undone(pod) => begin(state, wish, pod, Some(&record)),
        Some(record) if record.traffic_only => traffic_only::go_on(state, wish, pod, &record),
        Some(record) => go_on(state, wish, pod, &record),
        None => begin(state, wish, pod, None),
    }
}

/// The pod's record, if it carries one.
pub fn readable_record(state: &State, pod: &Pod) -> Result<Option<Record>, Failure> {
    Record::of(pod).map_err(|words| Failure::new(format!("{}: {words}", state.target())))
}

/// The pod is as its controller made it.
fn begin(state: &State, wish: &Wish, pod: &Pod, earlier: Option<&Record>) -> Result<Plan, Failure> {
    let record = new_record(state, wish, pod, earlier)?;
    if record.traffic_only {
        return Ok(traffic_only::begin(state, pod, &record));
    }
    let mut later = Vec::new();
    if !record.at_once && !record.traffic.is_empty() {
        let mut then = pod.clone();
        then.metadata.labels = write::labels_when_released(pod, &record);
        later.push(traffic_step(state, &then, &record.traffic, &record));
    }
    later.extend(record.quarantine.map(|quarantine| quarantine::begin(state, pod, quarantine)));
    let forgotten = earlier.and_then(|earlier| loss::of_forgotten_restore(state, earlier));
    Ok(Plan {
        stages: Way::ahead(state, &record).stages(),
        now: vec![Step {
            title: format!("leave {}", record.workload()),
            write: write::first(state.target(), pod, &record),
        }],
        later,
        warnings: warnings::before(state, &record).into_iter().chain(forgotten).collect(),
        ..Plan::default()
    })
}

/// The record of an isolation that begins now: what is so, and what is meant.
fn new_record(state: &State, wish: &Wish, pod: &Pod, earlier: Option<&Record>) -> Result<Record, Failure> {
    if wish.quarantine.is_some() {
        quarantine::refuse_name(state, pod)?;
    }
    if wish.traffic_only {
        return traffic_only::new_record(state, wish, pod);
    }
    let owner = refusal::owner_to_leave(state, pod)?;
    refusal::deaf_slices(state, pod)?;
    if !wish.allow_second_writer {
        refusal::second_writer(state)?;
    }
    let labels = own_labels(pod);
    let Edit { leave, traffic } = smallest_edit(state, &labels)?;
    let target = replacement::target(state, &owner, &state.services_of(&labels));
    Ok(Record {
        version: record::VERSION,
        workload: state.replica_set(&owner.uid).and_then(|set| set.controller.clone()),
        twins: replacement::twins(state, &owner),
        owner,
        available: target.available,
        services: target.services,
        leave,
        traffic,
        at_once: wish.traffic_first || !pod.is_ready(),
        // An undo that was not tidied up left its own cost behind.
        deletion_cost: match earlier {
            Some(earlier) => earlier.deletion_cost.clone(),
            None => pod.metadata.annotation(POD_DELETION_COST).map(str::to_owned),
        },
        at: record::moment(state.survey.now),
        by: state.survey.user.clone(),
        reason: wish.reason.clone(),
        until: wish.until,
        quarantine: wish.quarantine,
        traffic_only: false,
        restarts: Some(pod.restarts()),
        rejoin: None,
        labels,
    })
}

/// Whether the pod is where its controller made it: not yet isolated, or put back.
pub fn is_in_place(state: &State) -> bool {
    let Some(pod) = &state.subject.pod else { return false };
    match Record::of(pod) {
        Ok(None) => pod.metadata.controller().is_some(),
        Ok(Some(record)) => record.is_undone(pod),
        Err(_) => false,
    }
}

/// Whether a pod that was told to leave has left: controller, labels and every slice. Whether its
/// replacement is well is another question, and one that may arise much later.
pub fn is_out(state: &State, record: &Record) -> bool {
    let is_cut_off = |pod| quarantine::is_in_place(state, pod, record);
    state.subject.pod.as_ref().is_some_and(is_cut_off) && is_silent(state, record)
}

/// The same, whether or not it is to be cut off as well.
pub fn is_silent(state: &State, record: &Record) -> bool {
    let Some(pod) = &state.subject.pod else { return false };
    if record.traffic_only {
        return traffic_only::is_silent(state, pod);
    }
    let edit = edit::smallest(state, &own_labels(pod));
    pod.metadata.controller().is_none()
        && !record.is_half_done(pod)
        && edit.is_some_and(|edit| edit.leave.is_empty() && edit.traffic.is_empty())
        && state.slices_sending_to(pod).is_empty()
}

/// The pod's record, or the one that isolating it would give it.
pub fn record(state: &State, wish: &Wish) -> Result<Record, Failure> {
    let pod = refusal::living_pod(state)?;
    match readable_record(state, pod)? {
        Some(record) if !record.is_undone(pod) => Ok(record),
        earlier => new_record(state, wish, pod, earlier.as_ref()),
    }
}

/// The pod was told to leave: by this run, or by an earlier one that did not come to its end.
fn go_on(state: &State, wish: &Wish, pod: &Pod, record: &Record) -> Result<Plan, Failure> {
    refusal::deaf_slices(state, pod)?;
    let labels = own_labels(pod);
    let Edit { leave, traffic } = smallest_edit(state, &labels)?;
    let to_drop: Keys = leave.union(&traffic).cloned().collect();
    let way = Way {
        state,
        record,
        dropped: record.labels.keys().filter(|key| !labels.contains_key(*key)).cloned().collect(),
        released: pod.metadata.controller().is_none(),
        to_drop: to_drop.clone(),
        sending: state.slices_sending_to(pod),
        replacement: replacement::look(state, record),
    };
    let warnings = loss::of_forgotten_restore(state, record).into_iter().collect();
    let mut plan = Plan { stages: way.stages(), warnings, ..Plan::default() };
    let wait = |until: &str, missing: String| {
        let followed = state.followed(&record.owner);
        Some(Wait { until: until.to_owned(), missing, followed, wake_after: None })
    };
    if let Some(owner) = pod.metadata.controller() {
        if owner.uid != record.owner.uid {
            let failure = Failure::new(format!("{} was adopted by {owner} meanwhile", state.target()));
            let (namespace, name) = (&state.survey.namespace, &pod.metadata.name);
            let hint = format!("look at its labels:  kubectl get pod -n {namespace} {name} --show-labels");
            return Err(failure.hint(hint));
        }
        plan.wait = wait("the release", format!("{owner} has not released the pod yet"));
        return Ok(plan);
    }
    let still_serves = pod.is_ready() && !wish.traffic_first && !to_drop.is_empty();
    match &way.replacement {
        Replacement::Missing(missing) if still_serves => {
            plan.wait = wait("the replacement", missing.clone());
        }
        _ if !to_drop.is_empty() => plan.now.push(traffic_step(state, pod, &to_drop, record)),
        _ if !way.sending.is_empty() => {
            plan.wait = wait("silence", format!("it is still in EndpointSlice {}", way.sending.join(", ")));
        }
        _ if !wish.still_connected && !quarantine::is_in_place(state, pod, record) => {
            cut_off(state, pod, record, &mut plan)?
        }
        Replacement::Missing(missing) => plan.wait = wait("the replacement", missing.clone()),
        Replacement::Whole { .. } => {}
    }
    Ok(plan)
}

/// The pod is out of traffic: it is cut off once the last requests that still reached it are answered.
pub fn cut_off(state: &State, pod: &Pod, record: &Record, plan: &mut Plan) -> Result<(), Failure> {
    quarantine::refuse_name(state, pod)?;
    match quarantine::remaining(state, record) {
        None if !quarantine::is_selected(pod) => {
            let write = write::amend(state.target(), pod, record);
            plan.now.push(Step { title: "select it".to_owned(), write });
        }
        Some(left) => {
            plan.wait = Some(Wait {
                until: "the last requests".to_owned(),
                missing: "it answers what still reaches it".to_owned(),
                followed: state.followed(&record.owner),
                wake_after: Some(left),
            });
        }
        None => {
            plan.now.extend(record.quarantine.map(|quarantine| quarantine::begin(state, pod, quarantine)))
        }
    }
    Ok(())
}

fn traffic_step(state: &State, pod: &Pod, keys: &Keys, record: &Record) -> Step {
    Step { title: "leave all traffic".to_owned(), write: write::traffic(state.target(), pod, keys, record) }
}

/// The smallest edit, or a refusal when no removal of labels frees the pod.
pub fn smallest_edit(state: &State, labels: &Labels) -> Result<Edit, Failure> {
    edit::smallest(state, labels).ok_or_else(|| {
        Failure::new(format!(
            "{}: a controller in this namespace selects pods without demanding any label, so that taking labels away can't free it",
            state.target()
        ))
        .hint(format!(
            "see the selectors:  kubectl get replicasets,statefulsets,daemonsets -o wide -n {}",
            state.survey.namespace
        ))
    })
}
