//! Pure: what a rehearsal makes, and what follows from what it measured.

pub mod clone;
mod grace;
mod measure;
mod rules;
mod run;

use drover::change::{Plan, Step};
use drover::cli::{ChangeArgs, DryRunArg};
use drover::model::object::PODS;
use serde::Serialize;

pub use grace::Suggestion;
pub use measure::{Length, Measure, Measured, measures};
pub use rules::{Outcome, Tested, tested};
pub use run::{HookRun, Run};

use crate::instrument::Unmeasured;
use crate::schedule::Schedule;
use clone::{Clone, State};

/// All that a rehearsal brought to light. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rehearsal {
    /// Such as `deployment.apps/web`.
    pub object: String,
    pub namespace: String,
    pub context: String,
    /// `none`, `client` or `server`.
    pub dry_run: &'static str,
    /// Such as `pod/web-rehearsal`.
    pub clone: String,
    /// What it was rehearsed with.
    pub grace_period_seconds: u64,
    /// What the object says.
    pub own_grace_period_seconds: u64,
    pub measures: Vec<Measure>,
    /// The rules of lint that could be tested, harm first.
    pub rules: Vec<Tested>,
    /// The hooks that could not be measured.
    pub unmeasured: Vec<Unmeasured>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Suggestion>,
    /// The command that makes the suggestion so; none of a pod, whose grace period is set where it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    pub runs: Vec<Run>,
    /// Of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

impl Rehearsal {
    pub fn of(state: &State, clone: &Clone, runs: Vec<Run>, change: &ChangeArgs) -> Self {
        let (schedule, grace) = (state.schedule(), clone.grace_seconds());
        let own = schedule.pod.grace_period_seconds;
        let suggestion = Suggestion::of(runs.iter().filter(|run| run.was_ready()), grace);
        let mut unmeasured = clone.unmeasured.clone();
        unmeasured.extend(silent(&runs));
        Self {
            object: state.object.to_string(),
            namespace: schedule.namespace.clone(),
            context: state.context.clone(),
            dry_run: change.dry_run.name(),
            clone: clone.target.to_string(),
            grace_period_seconds: grace,
            own_grace_period_seconds: own,
            measures: measures(&runs),
            rules: tested(&runs, &schedule, grace),
            unmeasured,
            patch: suggestion.as_ref().and_then(|suggestion| patch(state, &schedule, suggestion)),
            suggestion,
            runs,
            plan: (change.dry_run != DryRunArg::None).then(|| plan(clone)),
        }
    }

    /// The run that is shown: the one in the middle, by how long the clone took to end.
    pub fn median_run(&self) -> Option<&Run> {
        let slowest = |run: &Run| run.ends.iter().map(|end| end.took.most_milliseconds).max();
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_by_key(|run| slowest(run));
        runs.get(runs.len().checked_sub(1)? / 2).copied()
    }
}

/// Hooks that were wrapped, and of which nothing came back.
fn silent(runs: &[Run]) -> Vec<Unmeasured> {
    let Some(last) = runs.last() else { return Vec::new() };
    let silent = last.hooks.iter().filter(|hook| hook.is_silent);
    let unmeasured = silent.map(|hook| Unmeasured {
        container: hook.container.clone(),
        hook: hook.hook,
        because: match hook.failed {
            true => "its shell could not be started".to_owned(),
            false => "nothing of it was left in the container's termination log".to_owned(),
        },
    });
    unmeasured.collect()
}

fn plan(clone: &Clone) -> Plan {
    let create = clone.create();
    let step =
        Step { title: format!("delete {}", clone.target), write: clone::delete(&clone.target, "").write };
    Plan { now: vec![create], later: vec![step], ..Plan::default() }
}

/// A shorter one than there is need not be set.
fn patch(state: &State, schedule: &Schedule, suggestion: &Suggestion) -> Option<String> {
    let Suggestion::Enough { seconds, .. } = suggestion else { return None };
    if state.object.resource == PODS || *seconds <= schedule.pod.grace_period_seconds {
        return None;
    }
    let (object, namespace) = (&state.object, &schedule.namespace);
    Some(format!(
        "kubectl patch {object} -n {namespace} --type=merge -p \
         '{{\"spec\":{{\"template\":{{\"spec\":{{\"terminationGracePeriodSeconds\":{seconds}}}}}}}}}'"
    ))
}
