//! `kubectl isolate restore POD…`.

use std::cell::Cell;

use drover::change::{Ending, Plan};
use drover::cli::{DryRunArg, Failure, FinishedStage, Progress, Streams};
use drover::cluster::{Cluster, Connection};
use drover::model::object::Owner;
use drover::print::escape;
use futures::channel::oneshot;
use futures::join;
use serde::Serialize;

use super::announce::tell_restored;
use super::session::Session;
use crate::again;
use crate::args::RestoreOptions;
use crate::observe::{self, Need};
use crate::plan::event::Story;
use crate::plan::restore::decide;
use crate::plan::{Problem, isolate, loss, traffic_only, victim};
use crate::record::{Record, own_labels};
use crate::report;
use crate::state::State;

/// One restored pod. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Restoration {
    pod: String,
    namespace: String,
    context: String,
    dry_run: &'static str,
    owner: Owner,
    services: Vec<String>,
    stages: Vec<FinishedStage>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
}

pub async fn run(
    cluster: &Cluster,
    options: &RestoreOptions,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let command =
        Command { session: Session::new(cluster, &options.change, connection), options, connection };
    let about = format!("pod/{}", options.names.join(", pod/"));
    let nothing_changed =
        |problem: Problem| problem.into_failure(&about, &options.again(&options.names, connection));
    let need = Need {
        rights: [observe::TO_ISOLATE, observe::TO_RESTORE].concat(),
        perhaps: observe::TO_QUARANTINE,
        enforcement: false,
    };
    let states = observe::first(cluster, &options.names, &need).await.map_err(nothing_changed)?;
    for state in &states {
        isolated(state)?;
    }
    let plans = command.session.plan_all(&states, |state| decide(state, options.drain)).await?;
    if options.change.dry_run == DryRunArg::Server {
        command.session.preflight(&plans).await.map_err(nothing_changed)?;
    }
    let mut restored = Vec::new();
    let mut outcome = Ok(());
    for (index, (state, plan)) in states.into_iter().zip(plans).enumerate() {
        match command.restore(state, plan, index > 0, streams).await {
            Ok(restoration) => restored.push(restoration),
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        }
    }
    streams.structured(options.change.output, "RestorationList", &restored)?;
    outcome
}

/// The record of a pod that can be put back at all.
fn isolated(state: &State) -> Result<Option<Record>, Failure> {
    let Some(pod) = &state.subject.pod else { return Ok(None) };
    match isolate::readable_record(state, pod)? {
        Some(record) => Ok(Some(record)),
        None => Err(Failure::new(format!("{} is not isolated", state.target()))
            .hint(format!("see what is:  kubectl isolate list -n {}", state.survey.namespace))),
    }
}

struct Command<'a> {
    session: Session<'a>,
    options: &'a RestoreOptions,
    connection: &'a Connection,
}

impl Command<'_> {
    async fn restore(
        &self,
        state: State,
        plan: Plan,
        is_old: bool,
        streams: &mut Streams,
    ) -> Result<Restoration, Failure> {
        let (cluster, change) = (self.session.cluster, &self.options.change);
        let state = if is_old { observe::again(cluster, &state).await? } else { state };
        let Some(record) = isolated(&state)? else {
            return Err(Failure::new(format!("{} is gone", state.target())));
        };
        let services = state.services_of(&record.labels);
        let heading = report::heading(&cluster.context, &state, record.workload(), &services, streams.width);
        writeln!(streams.err, "{heading}")?;
        if let Some(other) = victim::named_or_chosen(&state, &record) {
            let line = format!("{} makes room: {}", other.name, victim::reason(&state, &record, &other));
            writeln!(streams.err, "{}", escape(&line))?;
        }
        streams.warnings(&plan.warnings)?;
        let mut restoration = Restoration {
            pod: state.subject.name.clone(),
            namespace: state.survey.namespace.clone(),
            context: cluster.context.clone(),
            dry_run: change.dry_run.name(),
            owner: record.owner.clone(),
            services: services.into_iter().map(str::to_owned).collect(),
            stages: Vec::new(),
            warnings: Vec::new(),
            plan: None,
        };
        if change.dry_run != DryRunArg::None {
            Progress::new(streams).foresee(&plan.stages);
            restoration.plan = Some(plan);
        } else {
            let timeout = self.options.timeout + self.options.drain;
            let (target, again) = (state.target().to_string(), self.again(&state));
            let drain = self.options.drain;
            // A colleague who isolates the pod again would otherwise be fought over every label.
            let begun = Cell::new(false);
            let put_back = Cell::new(false);
            // It is told while all is read once more: nobody waits for it.
            let (is_back, back) = oneshot::channel();
            let is_back = Cell::new(Some(is_back));
            let story = Story::of(&state, &record);
            let told = async {
                let story = story.as_ref()?;
                back.await.ok()?;
                tell_restored(&self.session, story).await
            };
            let decide = |state: &State| {
                let is_tidy = state.record().is_none() && state.subject.pod.is_some();
                put_back.set(is_tidy);
                if is_tidy && let Some(is_back) = is_back.take() {
                    // Nobody listens where it may not be told.
                    let _ = is_back.send(());
                }
                if begun.get() && is_isolated_anew(state) {
                    let message = format!("{}: somebody isolated it again meanwhile", state.target());
                    let failure = Failure::new(message).hint(format!("put it back all the same:  {again}"));
                    return Err(loss::explain(failure, state, &record));
                }
                begun.set(state.record().is_some_and(|record| record.rejoin.is_some()));
                let plan = match record.traffic_only {
                    true => traffic_only::put_back(state, &record),
                    false => decide(state, drain),
                };
                plan.map_err(|failure| loss::explain(failure, state, &record))
            };
            let reach = async {
                let reached = self.session.reach(state, timeout, decide, streams).await;
                drop(is_back.take());
                reached
            };
            let (reached, untold) = join!(reach, told);
            if let Ok((Ending::Reached(state), _)) = &reached {
                loss::of_restore(state, &record)?;
                restoration.warnings.extend(untold);
                streams.warnings(&restoration.warnings)?;
            }
            let reached = reached.map_err(|problem| match put_back.get() {
                true => self.unproven(&target, problem),
                false => problem,
            });
            restoration.stages = self.outcome(&target, &again, reached)?;
        }
        let verb = format!("restored{}", change.dry_run.suffix());
        streams.answer(change.output, &format!("pod/{}", restoration.pod), &verb)?;
        Ok(restoration)
    }

    /// Nothing is left to be done, so that the same command would not go on.
    fn unproven(&self, target: &str, problem: Problem) -> Problem {
        let Problem::Cluster(error) = problem else { return problem };
        let failure =
            Failure::new(format!("{target}: it was put back, but could not be read once more: {error}"));
        Problem::Refused(
            failure.hint(format!("see what is isolated:  kubectl isolate list{}", self.session.flags)),
        )
    }

    fn outcome(
        &self,
        target: &str,
        again: &str,
        reached: Result<(Ending<State>, Vec<FinishedStage>), Problem>,
    ) -> Result<Vec<FinishedStage>, Failure> {
        let (state, why) = match reached {
            Ok((Ending::Reached(_), stages)) => return Ok(stages),
            Ok((Ending::TimedOut(state, plan), _)) => {
                (state, plan.wait.map(|wait| wait.missing).unwrap_or_default())
            }
            Ok((Ending::Cancelled(state, _), _)) => (state, "interrupted".to_owned()),
            Err(problem) => return Err(problem.into_failure(target, again)),
        };
        let so_far = so_far(&state);
        let failure = Failure::new(format!("{}: {why}; {so_far}", state.target()));
        let flags = &self.session.flags;
        Err(failure
            .hint(format!("go on with:  {again}"))
            .hint(format!("or take it out again:  kubectl isolate {}{flags}", state.subject.name)))
    }

    /// The command that goes on with this pod, and those behind it.
    fn again(&self, state: &State) -> String {
        self.options.again(again::from(&state.subject.name, &self.options.names), self.connection)
    }
}

/// The record knows of no way back, though one had begun.
fn is_isolated_anew(state: &State) -> bool {
    let lacks_labels =
        |record: &Record| state.subject.pod.as_ref().is_some_and(|pod| own_labels(pod) != record.labels);
    state.record().is_some_and(|record| record.rejoin.is_none() && lacks_labels(&record))
}

/// What an unfinished restore leaves.
fn so_far(state: &State) -> String {
    let Some(record) = state.record() else { return "nothing is left to be done".to_owned() };
    let Some(rejoin) = &record.rejoin else { return "nothing was changed".to_owned() };
    let back = state.subject.pod.as_ref().is_some_and(|pod| own_labels(pod) == record.labels);
    match (&rejoin.victim, back) {
        (_, false) => "it takes traffic again and has not rejoined its controller".to_owned(),
        (Some(victim), true) => format!("it is back; {} is out of traffic and not yet deleted", victim.name),
        (None, true) => "it is back, its marks are not yet removed".to_owned(),
    }
}
