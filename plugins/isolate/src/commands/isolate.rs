//! `kubectl isolate POD…`.

use std::time::Duration;

use drover::change::{Ending, Plan, Run, StageState, preflight, reach};
use drover::cli::{Cancel, DryRunArg, Failure, FinishedStage, Progress, Streams};
use drover::cluster::{Cluster, Connection};
use drover::model::controller::DEFAULT_PROGRESS_DEADLINE_SECONDS;
use drover::print::{age, escape};

use crate::args::IsolateOptions;
use crate::observe;
use crate::plan::isolate::{Wish, decide, services_of};
use crate::plan::{self, Problem, undo};
use crate::record::Record;
use crate::report::{self, Isolation};
use crate::state::State;

/// How long putting a pod back may take: its controller only has to adopt it and drop another.
const UNDO_TIMEOUT: Duration = Duration::from_secs(60);

pub async fn run(
    cluster: &Cluster,
    options: &IsolateOptions,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let command = Command {
        cluster,
        options,
        wish: Wish { traffic_first: options.traffic_first, reason: options.reason.clone() },
        flags: same_place(connection),
        cancel: Cancel::on_signal(),
    };
    let states = observe::first(cluster, &options.names).await?;
    // Every pod is checked before the first is touched.
    let mut plans = Vec::new();
    for state in &states {
        plans.push(command.plan(state).await?);
    }
    if options.dry_run != DryRunArg::Client {
        for step in plans.iter().filter_map(|plan| plan.now.first()) {
            preflight(cluster, step, &options.field_manager).await?;
        }
    }
    let mut isolated = Vec::new();
    let mut outcome = Ok(());
    for (index, (state, plan)) in states.into_iter().zip(plans).enumerate() {
        match command.isolate(state, plan, index > 0, streams).await {
            Ok(isolation) => isolated.push(isolation),
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        }
    }
    report::structured(streams, options.output, &isolated)?;
    outcome
}

/// The flags that make a suggested command work in the same place.
fn same_place(connection: &Connection) -> String {
    let mut flags = String::new();
    for (flag, value) in [("-n", &connection.namespace), ("--context", &connection.context)] {
        if let Some(value) = value {
            flags.push_str(&format!(" {flag} {value}"));
        }
    }
    flags
}

struct Command<'a> {
    cluster: &'a Cluster,
    options: &'a IsolateOptions,
    wish: Wish,
    flags: String,
    cancel: Cancel,
}

impl Command<'_> {
    /// The first plan for a pod, or why there is none.
    async fn plan(&self, state: &State) -> Result<Plan, Failure> {
        let failure = match decide(state, &self.wish) {
            Ok(plan) => return Ok(plan),
            Err(failure) => failure,
        };
        if state.subject.pod.is_some() {
            return Err(failure);
        }
        let close = observe::close_names(self.cluster, &state.subject.name).await;
        Err(match close.is_empty() {
            true => failure,
            false => failure.hint(format!("did you mean {}?", close.join(", "))),
        })
    }

    async fn isolate(
        &self,
        state: State,
        plan: Plan,
        is_old: bool,
        streams: &mut Streams,
    ) -> Result<Isolation, Failure> {
        let (state, plan) = if is_old && self.options.dry_run == DryRunArg::None {
            let state = observe::again(self.cluster, &state).await?;
            let plan = self.plan(&state).await?;
            (state, plan)
        } else {
            (state, plan)
        };
        self.introduce(&state, &plan, streams)?;
        if let Some(record) = is_isolated(&state, &plan) {
            let ago = age(state.survey.now.duration_since(record.at).as_secs());
            let said = format!("already isolated {ago} ago by {}", record.by);
            writeln!(streams.err, "{}", escape(&said))?;
            let mut isolation = Isolation::new(&self.cluster.context, &state, &record);
            isolation.already_isolated = true;
            report::answer(streams, self.options.output, DryRunArg::None, &isolation)?;
            return Ok(isolation);
        }
        if self.options.dry_run != DryRunArg::None {
            return self.foresee(&state, plan, streams);
        }
        let warnings = plan.warnings.clone();
        let (ending, stages) = self.reach(state, streams).await;
        for warning in self.cluster.take_warnings() {
            writeln!(streams.err, "Warning: {}", escape(&warning))?;
        }
        let state = match ending {
            Ok(Ending::Reached(state)) => state,
            Ok(Ending::TimedOut(state, plan)) => {
                let missing = plan.wait.map(|wait| wait.missing).unwrap_or_default();
                return Err(self.give_up(state, &format!("no replacement in time: {missing}")).await);
            }
            Ok(Ending::Cancelled(state, _)) => return Err(self.give_up(state, "interrupted").await),
            Err(Problem::Refused(failure)) => return Err(failure),
            Err(Problem::Cluster(error)) => {
                let failure = Failure::from(error);
                return Err(failure.hint(format!("go on with:  {}", self.again())));
            }
        };
        let Some(record) = state.record() else {
            return Err(Failure::new(format!("{}: its record vanished", state.target())));
        };
        let isolation =
            Isolation { stages, warnings, ..Isolation::new(&self.cluster.context, &state, &record) };
        writeln!(streams.err, "    {}", report::not_checked())?;
        report::answer(streams, self.options.output, DryRunArg::None, &isolation)?;
        self.suggest(&isolation, streams)?;
        Ok(isolation)
    }

    /// Where, what, and what to know before anything happens.
    fn introduce(&self, state: &State, plan: &Plan, streams: &mut Streams) -> Result<(), Failure> {
        let record = plan::isolate::record(state, &self.wish)?;
        let services = services_of(state, &record.labels);
        let heading =
            report::heading(&self.cluster.context, state, record.workload(), &services, streams.width);
        writeln!(streams.err, "{heading}")?;
        for warning in &plan.warnings {
            writeln!(streams.err, "warning: {}", escape(warning))?;
        }
        Ok(())
    }

    /// A dry run: the plan in words, and for programs as data.
    fn foresee(&self, state: &State, plan: Plan, streams: &mut Streams) -> Result<Isolation, Failure> {
        Progress::new(streams).foresee(&plan.stages);
        let record = plan::isolate::record(state, &self.wish)?;
        let dry_run = self.options.dry_run;
        let isolation = Isolation {
            dry_run: if dry_run == DryRunArg::Server { "server" } else { "client" },
            warnings: plan.warnings.clone(),
            dropped_labels: record.leave.union(&record.traffic).cloned().collect(),
            replacement: None,
            plan: Some(plan),
            ..Isolation::new(&self.cluster.context, state, &record)
        };
        report::answer(streams, self.options.output, dry_run, &isolation)?;
        Ok(isolation)
    }

    async fn reach(
        &self,
        state: State,
        streams: &mut Streams,
    ) -> (Result<Ending<State>, Problem>, Vec<FinishedStage>) {
        let deadline = state
            .subject
            .deployment
            .as_ref()
            .map_or(DEFAULT_PROGRESS_DEADLINE_SECONDS, |found| found.progress_deadline_seconds);
        let run = Run {
            cluster: self.cluster,
            field_manager: &self.options.field_manager,
            cancel: &self.cancel,
            timeout: self.options.timeout.unwrap_or(Duration::from_secs(deadline)),
        };
        let mut progress = Progress::new(streams);
        let ending = reach(
            &run,
            state,
            async |before: &State| Ok(observe::again(self.cluster, before).await?),
            State::update,
            |state| Ok(decide(state, &self.wish)?),
            &mut progress,
        )
        .await;
        progress.clear();
        (ending, progress.into_finished())
    }

    /// The end did not come: puts the pod back where that does no harm, and says what is so now.
    async fn give_up(&self, state: State, why: &str) -> Failure {
        let target = state.target();
        let Some(record) = state.record() else {
            return Failure::new(format!("{target}: {why}; nothing was changed"));
        };
        let owner = record.workload().clone();
        let Some(pod) = &state.subject.pod else {
            return Failure::new(format!("{target}: {why}; the pod is gone"));
        };
        if !record.is_half_done(pod) {
            let message = format!("{target}: {why}; it left {owner} and all traffic, and stays so");
            return Failure::new(message).hint(format!("look again:  {}", self.again()));
        }
        let harm = undo::harm(&state, &record);
        let problem = match harm {
            Some(harm) => harm,
            None => match self.put_back(state).await {
                Ok(()) => {
                    return Failure::new(format!(
                        "{target}: {why}; it was put back into {owner}, which is as before"
                    ));
                }
                Err(problem) => problem,
            },
        };
        let message =
            format!("{target}: {why}; it left {owner} and still serves, and it was not put back: {problem}");
        Failure::new(message).hint(format!("go on with:  {}", self.again()))
    }

    /// The inverse of the first phase.
    async fn put_back(&self, state: State) -> Result<(), String> {
        let cancel = Cancel::never();
        let run = Run {
            cluster: self.cluster,
            field_manager: &self.options.field_manager,
            cancel: &cancel,
            timeout: UNDO_TIMEOUT,
        };
        let fresh = observe::again(self.cluster, &state).await.map_err(|error| error.to_string())?;
        let mut silent = Streams::silent();
        let ending = reach(
            &run,
            fresh,
            async |before: &State| Ok::<_, Problem>(observe::again(self.cluster, before).await?),
            State::update,
            |state| Ok(undo::decide(state)?),
            &mut Progress::new(&mut silent),
        )
        .await;
        match ending {
            Ok(Ending::Reached(_)) => Ok(()),
            Ok(Ending::TimedOut(_, plan) | Ending::Cancelled(_, plan)) => {
                Err(plan.wait.map(|wait| wait.missing).unwrap_or_default())
            }
            Err(Problem::Refused(failure)) => Err(failure.message),
            Err(Problem::Cluster(error)) => Err(error.to_string()),
        }
    }

    /// What to do with the pod now: only commands that exist.
    fn suggest(&self, isolation: &Isolation, streams: &mut Streams) -> Result<(), Failure> {
        let (pod, flags) = (&isolation.pod, &self.flags);
        writeln!(
            streams.err,
            "\nIt keeps running, unmanaged: a drain or an eviction deletes it.\n\
             look inside   kubectl exec -it{flags} {pod} -- sh\n\
             logs          kubectl logs{flags} {pod}\n\
             find it       kubectl isolate list{flags}\n\
             clear away    kubectl delete pod{flags} {pod}"
        )?;
        Ok(())
    }

    /// This same command, to be run again.
    fn again(&self) -> String {
        let pods = self.options.names.join(" ");
        format!("kubectl isolate {pods}{}", self.flags)
    }
}

/// The record of a pod that needs nothing more, or only a replacement that is long overdue.
fn is_isolated(state: &State, plan: &Plan) -> Option<Record> {
    let record = state.record()?;
    let silent = plan.stages.iter().any(|stage| stage.title == "verified" && stage.state == StageState::Done);
    (plan.now.is_empty() && silent).then_some(record)
}
