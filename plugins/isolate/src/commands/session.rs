//! What all verbs that change pods share: where they work, and how a plan is carried out.

use std::time::Duration;

use drover::change::{Ending, Plan, Run, preflight, reach};
use drover::cli::{Cancel, Failure, FinishedStage, Progress, Streams};
use drover::cluster::{Cluster, Connection};
use drover::print::escape;

use crate::args::ChangeArgs;
use crate::observe;
use crate::plan::Problem;
use crate::plan::refusal::does_not_exist;
use crate::state::State;

/// One command on one cluster.
pub struct Session<'a> {
    pub cluster: &'a Cluster,
    pub change: &'a ChangeArgs,
    /// The flags that make a suggested command work in the same place.
    pub flags: String,
    pub cancel: Cancel,
}

impl<'a> Session<'a> {
    /// Begins to listen for Ctrl-C.
    pub fn new(cluster: &'a Cluster, change: &'a ChangeArgs, connection: &Connection) -> Self {
        let mut flags = String::new();
        for (flag, value) in [("-n", &connection.namespace), ("--context", &connection.context)] {
            if let Some(value) = value {
                flags.push_str(&format!(" {flag} {value}"));
            }
        }
        Self { cluster, change, flags, cancel: Cancel::on_signal() }
    }

    /// Plans for every pod before the first is touched.
    pub async fn plan_all(
        &self,
        states: &[State],
        decide: impl Fn(&State) -> Result<Plan, Failure>,
    ) -> Result<Vec<Plan>, Failure> {
        let mut plans = Vec::new();
        for state in states {
            match decide(state) {
                Ok(plan) => plans.push(plan),
                Err(failure) => return Err(self.with_close_names(state, failure).await),
            }
        }
        Ok(plans)
    }

    /// Lets the server check what each plan would write first.
    pub async fn preflight(&self, plans: &[Plan]) -> Result<(), Problem> {
        for step in plans.iter().filter_map(|plan| plan.now.first()) {
            preflight(self.cluster, step, &self.change.field_manager).await?;
        }
        Ok(())
    }

    async fn with_close_names(&self, state: &State, failure: Failure) -> Failure {
        if state.subject.pod.is_some() {
            return failure;
        }
        let close = observe::close_names(self.cluster, &state.subject.name).await;
        does_not_exist(&state.target(), &close)
    }

    /// Carries a plan out, with progress, and shows the server's warnings.
    pub async fn reach(
        &self,
        state: State,
        timeout: Duration,
        decide: impl Fn(&State) -> Result<Plan, Failure>,
        streams: &mut Streams,
    ) -> Result<(Ending<State>, Vec<FinishedStage>), Problem> {
        let mut progress = Progress::new(streams);
        let ending = self.drive(state, timeout, &self.cancel, decide, &mut progress).await;
        progress.clear();
        let stages = progress.into_finished();
        for warning in self.cluster.take_warnings() {
            // stderr that is closed must not stop the work.
            let _ = writeln!(streams.err, "Warning: {}", escape(&warning));
        }
        Ok((ending?, stages))
    }

    /// Carries a plan out to its end although the person asked to stop.
    pub async fn finish(
        &self,
        state: State,
        timeout: Duration,
        decide: impl Fn(&State) -> Result<Plan, Failure>,
        streams: &mut Streams,
    ) -> Result<(), String> {
        let state = observe::again(self.cluster, &state).await.map_err(|error| error.to_string())?;
        let mut progress = Progress::new(streams);
        let ending = self.drive(state, timeout, &Cancel::never(), decide, &mut progress).await;
        progress.clear();
        match ending {
            Ok(Ending::Reached(_)) => Ok(()),
            Ok(Ending::TimedOut(_, plan) | Ending::Cancelled(_, plan)) => {
                Err(plan.wait.map(|wait| wait.missing).unwrap_or_default())
            }
            Err(Problem::Refused(failure)) => Err(failure.message),
            Err(Problem::Cluster(error)) => Err(error.to_string()),
        }
    }

    async fn drive(
        &self,
        state: State,
        timeout: Duration,
        cancel: &Cancel,
        decide: impl Fn(&State) -> Result<Plan, Failure>,
        progress: &mut Progress<'_>,
    ) -> Result<Ending<State>, Problem> {
        let run = Run { cluster: self.cluster, field_manager: &self.change.field_manager, cancel, timeout };
        let observe = async |before: &State| observe::again(self.cluster, before).await;
        reach(&run, state, observe, State::update, |state| Ok(decide(state)?), progress).await
    }
}
