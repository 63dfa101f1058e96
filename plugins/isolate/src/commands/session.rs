//! What all verbs that change pods share: where they work, and how a plan is carried out.

use std::time::Duration;

use drover::change::{Body, Ending, Plan, Run, Step, carry_out, preflight};
use drover::cli::{Cancel, ChangeArgs, Failure, FinishedStage, Streams};
use drover::cluster::{Cluster, Connection};

use crate::FIELD_MANAGER;
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
        let flags = connection.flags();
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

    /// Lets the server check what each plan would write first, and what it would create: that may be refused
    /// for reasons that can be known now.
    pub async fn preflight(&self, plans: &[Plan]) -> Result<(), Problem> {
        let is_creation = |step: &&Step| matches!(step.write.body, Body::Create(_));
        let steps = plans
            .iter()
            .flat_map(|plan| plan.now.first().into_iter().chain(plan.later.iter().filter(is_creation)));
        for step in steps {
            preflight(self.cluster, step, self.change.field_manager(FIELD_MANAGER)).await?;
        }
        Ok(())
    }

    async fn with_close_names(&self, state: &State, failure: Failure) -> Failure {
        if state.subject.pod.is_some() {
            return failure;
        }
        let target = state.target();
        does_not_exist(&target, &self.cluster.close_names(&target).await)
    }

    /// Carries a plan out, with progress, and shows the server's warnings.
    pub async fn reach(
        &self,
        state: State,
        timeout: Duration,
        decide: impl Fn(&State) -> Result<Plan, Failure>,
        streams: &mut Streams,
    ) -> Result<(Ending<State>, Vec<FinishedStage>), Problem> {
        self.drive(state, timeout, &self.cancel, decide, streams).await
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
        match self.drive(state, timeout, &Cancel::never(), decide, streams).await {
            Ok((Ending::Reached(_), _)) => Ok(()),
            Ok((Ending::TimedOut(_, plan) | Ending::Cancelled(_, plan), _)) => {
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
        streams: &mut Streams,
    ) -> Result<(Ending<State>, Vec<FinishedStage>), Problem> {
        let field_manager = self.change.field_manager(FIELD_MANAGER);
        let run = Run { cluster: self.cluster, field_manager, cancel, timeout, lock: None };
        let observe = async |before: &State| observe::again(self.cluster, before).await;
        carry_out(&run, state, observe, State::update, decide, streams).await
    }
}
