//! `kubectl isolate POD…`.

use std::cell::Cell;
use std::time::Duration;

use drover::change::{Ending, Plan};
use drover::cli::{DryRunArg, Failure, Progress, Streams};
use drover::cluster::{Cluster, Connection};
use drover::model::controller::DEFAULT_PROGRESS_DEADLINE_SECONDS;
use drover::print::{age, escape};
use futures::future::OptionFuture;
use futures::join;

use super::amend;
use super::announce::{events, tell_isolated};
use super::session::Session;
use crate::again;
use crate::args::{Chosen, IsolateOptions};
use crate::next_steps::next_steps;
use crate::observe::{self, Need};
use crate::plan::isolate::{self, Wish, decide};
use crate::plan::{Problem, loss, restore, undo, warnings};
use crate::record::{Record, moment};
use crate::report::{self, Cut, Isolation};
use crate::scene::Scene;
use crate::state::State;

/// How long putting a pod back may take.
const UNDO_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a replacement that serves already goes on serving then: as in a restore.
const DRAIN: Duration = Duration::from_secs(10);

pub async fn run(
    cluster: &Cluster,
    options: &IsolateOptions,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let session = Session::new(cluster, &options.change, connection);
    let names = match &options.chosen {
        Chosen::Pods(names) => names.clone(),
        Chosen::SickestOf(deployment) => vec![observe::sickest(cluster, deployment).await?],
    };
    let about = format!("pod/{}", names.join(", pod/"));
    let nothing_changed = |problem: Problem| problem.into_failure(&about, &options.again(&names, connection));
    let states = observe::first(cluster, &names, &need(options)).await.map_err(nothing_changed)?;
    // From the server's clock, which its first answer told; once, so that every look plans the same.
    let limit = options.ttl.map(|ttl| cluster.now().checked_add(ttl)).transpose();
    let limit = limit.map_err(|error| Failure::new(format!("--ttl: {error}")))?;
    let wish = Wish {
        traffic_first: options.traffic_first,
        allow_second_writer: options.allow_second_writer,
        reason: options.reason.clone(),
        until: limit.map(moment),
        quarantine: options.quarantine,
        still_connected: false,
        traffic_only: options.traffic_only,
    };
    let command = Command { session, options, connection, names: &names, wish };
    for state in &states {
        amend::step(state, &command.wish)?;
    }
    let plans = command.session.plan_all(&states, |state| decide(state, &command.wish)).await?;
    let cancel = command.session.cancel.clone();
    let mut scene = Scene::prepare(cluster, &options.scene, cancel, &states, streams).await?;
    if options.change.dry_run != DryRunArg::Client {
        command.session.preflight(&plans).await.map_err(nothing_changed)?;
    }
    if options.change.dry_run == DryRunArg::None {
        scene.capture(&states, |state| isolate::record(state, &command.wish), streams).await?;
    }
    let mut isolated = Vec::new();
    let mut outcome = Ok(());
    for (index, (state, plan)) in states.into_iter().zip(plans).enumerate() {
        let name = state.subject.name.clone();
        let is_old = index > 0 || options.scene.evidence.is_some();
        let done = command.isolate(state, plan, is_old, &scene, streams).await;
        let evidence = scene.after(&name, streams).await?;
        match done {
            Ok(isolation) => isolated.push(Isolation { evidence, ..isolation }),
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        }
    }
    scene.end(streams)?;
    streams.structured(options.change.output, "IsolationList", &isolated)?;
    outcome
}

fn need(options: &IsolateOptions) -> Need {
    let quarantine = options.quarantine.map_or(&[][..], |_| observe::TO_QUARANTINE);
    Need {
        rights: [observe::TO_ISOLATE, quarantine, options.scene.needed()].concat(),
        perhaps: &[],
        enforcement: options.quarantine.is_some(),
    }
}

struct Command<'a> {
    session: Session<'a>,
    options: &'a IsolateOptions,
    connection: &'a Connection,
    /// All pods, in the order in which they are isolated.
    names: &'a [String],
    wish: Wish,
}

impl Command<'_> {
    async fn isolate(
        &self,
        state: State,
        plan: Plan,
        is_old: bool,
        scene: &Scene<'_>,
        streams: &mut Streams,
    ) -> Result<Isolation, Failure> {
        let cluster = self.session.cluster;
        let change = &self.options.change;
        let (state, plan) = if is_old && change.dry_run == DryRunArg::None {
            let state = observe::again(cluster, &state).await?;
            let plan = decide(&state, &self.wish)?;
            (state, plan)
        } else {
            (state, plan)
        };
        let in_the_same_place = |warning: &String| self.connection.complete(warning);
        let plan = Plan { warnings: plan.warnings.iter().map(in_the_same_place).collect(), ..plan };
        self.introduce(&state, &plan, streams)?;
        let (state, plan) = self.amend(state, plan, streams).await?;
        let timeout = self.options.timeout.unwrap_or_else(|| progress_deadline(&state));
        // A run that was cut off may have left its replacement unawaited: within its time this one goes on waiting.
        let is_done = |record: &Record| {
            let is_awaited = plan.wait.is_some() && record.is_younger_than(timeout, state.survey.now);
            isolate::is_out(&state, record) && (!is_awaited || change.dry_run != DryRunArg::None)
        };
        if let Some(record) = state.record().filter(is_done) {
            return self.already_isolated(&state, &record, &plan, scene, streams).await;
        }
        if change.dry_run != DryRunArg::None {
            return self.foresee(&state, plan, scene, streams);
        }
        let (target, again) = (state.target().to_string(), self.again(&state));
        let begun = isolate::record(&state, &self.wish)?;
        let cut_off_later = self.wish.quarantine.is_some() && scene.needs_network(&state);
        let first = Wish { still_connected: cut_off_later, ..self.wish.clone() };
        let only_cut_off = state.record().is_some() && {
            let Plan { now, wait, .. } = decide(&state, &first)?;
            now.is_empty() && wait.is_none()
        };
        let is_under_way = Cell::new(false);
        let decide = |state: &State| {
            let plan = self.unless_put_back(state, &first, &is_under_way);
            plan.map_err(|failure| loss::explain(failure, state, &begun))
        };
        let reached = self.session.reach(state, timeout, decide, streams).await;
        let (state, stages) = match reached {
            Ok((Ending::Reached(state), stages)) => (state, stages),
            Ok((Ending::TimedOut(state, plan), _)) => {
                let missing = plan.wait.map(|wait| wait.missing).unwrap_or_default();
                self.last_step_without_replacement(&state, scene, streams).await?;
                return Err(self
                    .give_up(state, &format!("no replacement in time: {missing}"), streams)
                    .await);
            }
            Ok((Ending::Cancelled(state, _), _)) => {
                return Err(self.give_up(state, "interrupted", streams).await);
            }
            Err(problem) => return Err(problem.into_failure(&target, &again)),
        };
        let Some(record) = state.record() else {
            return Err(Failure::new(format!("{}: its record vanished", state.target())));
        };
        let (untold, (events, unheard)) =
            join!(tell_isolated(&self.session, &state, &record), events(&self.session, &state));
        let lost: Vec<_> =
            loss::of_success(&state, &record).into_iter().chain(untold).chain(unheard).collect();
        streams.warnings(&lost)?;
        let mut isolation = Isolation {
            stages,
            already_isolated: only_cut_off,
            warnings: [plan.warnings, lost].concat(),
            ..Isolation::new(&cluster.context, &state, &record, &events)
        };
        scene.once_silent(&state, &record, &mut isolation, streams).await?;
        let state = match cut_off_later {
            true => self.cut_off(state, timeout, &mut isolation, streams).await?,
            false => state,
        };
        streams.say(&format!("    {}", isolation.not_checked_in_words()), 4)?;
        streams.answer(change.output, &format!("pod/{}", isolation.pod), "isolated")?;
        self.suggest(&state, &isolation, streams)?;
        Ok(isolation)
    }

    /// Decides, unless somebody put the pod back since it left: it would be fought over every label.
    fn unless_put_back(
        &self,
        state: &State,
        wish: &Wish,
        is_under_way: &Cell<bool>,
    ) -> Result<Plan, Failure> {
        let is_in_place = isolate::is_in_place(state);
        if is_in_place && is_under_way.get() {
            let message = format!("{}: somebody put it back meanwhile", state.target());
            return Err(
                Failure::new(message).hint(format!("isolate it all the same:  {}", self.again(state)))
            );
        }
        is_under_way.set(!is_in_place);
        decide(state, wish)
    }

    /// What needed its network was done.
    async fn cut_off(
        &self,
        state: State,
        timeout: Duration,
        isolation: &mut Isolation,
        streams: &mut Streams,
    ) -> Result<State, Failure> {
        let (target, again) = (state.target().to_string(), self.again(&state));
        let shown = isolation.stages.len();
        let is_under_way = Cell::new(true);
        // That took its time, in which somebody may have put the pod back.
        let state = observe::again(self.session.cluster, &state).await;
        let state = state.map_err(|error| Problem::from(error).into_failure(&target, &again))?;
        let rest = |state: &State| {
            let plan = self.unless_put_back(state, &self.wish, &is_under_way)?;
            Ok(Plan { stages: plan.stages.into_iter().skip(shown).collect(), ..plan })
        };
        let (state, stages) = match self.session.reach(state, timeout, rest, streams).await {
            Ok((Ending::Reached(state), stages)) => (state, stages),
            Ok((Ending::TimedOut(..) | Ending::Cancelled(..), _)) => {
                let failure = Failure::new(format!("{target}: it is isolated, and not cut off yet"));
                return Err(failure.hint(format!("go on with:  {again}")));
            }
            Err(problem) => return Err(problem.into_failure(&target, &again)),
        };
        isolation.stages.extend(stages);
        isolation.quarantine = state.record().and_then(|record| Cut::of(&state, &record));
        Ok(state)
    }

    /// A pod that is isolated already gets another reason, limit or quarantine.
    async fn amend(
        &self,
        state: State,
        mut plan: Plan,
        streams: &mut Streams,
    ) -> Result<(State, Plan), Failure> {
        let Some((step, amended)) = amend::step(&state, &self.wish)? else { return Ok((state, plan)) };
        let warnings = warnings::of_quarantine(&state, &amended);
        streams.warnings(&warnings)?;
        plan.warnings.extend(warnings);
        if self.options.change.dry_run != DryRunArg::None {
            plan.now.insert(0, step);
            return Ok((state, plan));
        }
        amend::carry_out(&self.session, &step, &self.again(&state)).await?;
        writeln!(streams.err, "noted in its record")?;
        let state = observe::again(self.session.cluster, &state).await?;
        let plan = Plan { warnings: plan.warnings, ..decide(&state, &self.wish)? };
        Ok((state, plan))
    }

    /// The command that goes on with this pod, and those behind it.
    fn again(&self, state: &State) -> String {
        self.options.again(again::from(&state.subject.name, self.names), self.connection)
    }

    /// The pod left some time ago: what is missing of its replacement is said, and no longer waited for.
    async fn already_isolated(
        &self,
        state: &State,
        record: &Record,
        plan: &Plan,
        scene: &Scene<'_>,
        streams: &mut Streams,
    ) -> Result<Isolation, Failure> {
        let ago = age(state.survey.now.duration_since(record.at).as_secs());
        let said = format!("already isolated {ago} ago by {}", record.by);
        writeln!(streams.err, "{}", escape(&said))?;
        let words = plan.wait.iter().map(|wait| format!("capacity is not what it was: {}", wait.missing));
        let is_real = self.options.change.dry_run == DryRunArg::None;
        let (untold, (events, unheard)) = join!(
            OptionFuture::from(is_real.then(|| tell_isolated(&self.session, state, record))),
            events(&self.session, state)
        );
        let missing: Vec<_> = words.chain(untold.flatten()).chain(unheard).collect();
        streams.warnings(&missing)?;
        let mut isolation = Isolation::new(&self.session.cluster.context, state, record, &events);
        isolation.already_isolated = true;
        isolation.warnings = [plan.warnings.clone(), missing].concat();
        scene.once_silent(state, record, &mut isolation, streams).await?;
        streams.answer(self.options.change.output, &format!("pod/{}", isolation.pod), "isolated")?;
        Ok(isolation)
    }

    /// Where, what, and what to know before anything happens.
    fn introduce(&self, state: &State, plan: &Plan, streams: &mut Streams) -> Result<(), Failure> {
        let record = isolate::record(state, &self.wish)?;
        let services = state.services_of(&record.labels);
        let context = &self.session.cluster.context;
        let heading = report::heading(context, state, record.workload(), &services, streams.width);
        writeln!(streams.err, "{heading}")?;
        streams.warnings(&plan.warnings)?;
        Ok(())
    }

    /// A dry run: the plan in words, and for programs as data.
    fn foresee(
        &self,
        state: &State,
        plan: Plan,
        scene: &Scene<'_>,
        streams: &mut Streams,
    ) -> Result<Isolation, Failure> {
        Progress::new(streams).foresee(&plan.stages);
        scene.foresee(state, streams)?;
        let record = isolate::record(state, &self.wish)?;
        let dry_run = self.options.change.dry_run;
        let isolation = Isolation {
            dry_run: dry_run.name(),
            warnings: plan.warnings.clone(),
            dropped_labels: record.leave.union(&record.traffic).cloned().collect(),
            replacement: None,
            plan: Some(plan),
            ..Isolation::new(&self.session.cluster.context, state, &record, &[])
        };
        let verb = format!("isolated{}", dry_run.suffix());
        streams.answer(self.options.change.output, &format!("pod/{}", isolation.pod), &verb)?;
        Ok(isolation)
    }

    /// No replacement came in time, but the pod may be out of traffic for good.
    async fn last_step_without_replacement(
        &self,
        state: &State,
        scene: &Scene<'_>,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let Some(record) = state.record().filter(|record| isolate::is_silent(state, record)) else {
            return Ok(());
        };
        let mut isolation = Isolation::new(&self.session.cluster.context, state, &record, &[]);
        scene.once_silent(state, &record, &mut isolation, streams).await
    }

    /// The end did not come: puts the pod back where that does no harm, and says what is so now.
    async fn give_up(&self, state: State, why: &str, streams: &mut Streams) -> Failure {
        let (target, again) = (state.target(), self.again(&state));
        let Some((pod, record)) = state.subject.pod.as_ref().zip(state.record()) else {
            let failure = Failure::new(format!("{target}: {why}; nothing was changed"));
            return failure.hint(format!("go on with:  {again}"));
        };
        let owner = record.workload().clone();
        if record.traffic_only {
            let message = format!("{target}: {why}; its labels were taken away, and stay so");
            let back = format!(
                "or put it back:  kubectl isolate restore {}{}",
                pod.metadata.name, self.session.flags
            );
            return Failure::new(message).hint(format!("go on with:  {again}")).hint(back);
        }
        if !record.is_in_first_phase(pod) {
            let message = format!("{target}: {why}; it left {owner} and all traffic, and stays so");
            return Failure::new(message).hint(format!("look again:  {again}"));
        }
        let problem = match undo::harm(&state, &record) {
            Some(harm) => harm,
            None => {
                // Progress is a courtesy: a closed stderr must not stop the undo.
                let _ = writeln!(streams.err, "{}: putting it back", escape(why));
                let back = |state: &State| restore::decide(state, DRAIN);
                match self.session.finish(state, UNDO_TIMEOUT, back, streams).await {
                    Ok(()) => {
                        let done =
                            format!("{target}: {why}; it was put back into {owner}, which is as before");
                        return Failure::new(done);
                    }
                    Err(problem) => problem,
                }
            }
        };
        let message = format!("{target}: {why}; it left {owner} and was not put back: {problem}");
        Failure::new(message).hint(format!("go on with:  {again}"))
    }

    /// What to do with the pod now, and what threatens it; a way out is named only where its own
    /// plan succeeds.
    fn suggest(&self, state: &State, isolation: &Isolation, streams: &mut Streams) -> Result<(), Failure> {
        writeln!(streams.err)?;
        for line in report::threats(state, isolation) {
            streams.say(&line, 0)?;
        }
        let record = state.record();
        let subject = &state.subject;
        let (Some(pod), Some(spec), Some(record)) = (&subject.pod, &subject.spec, record) else {
            return Ok(());
        };
        let can_rejoin = undo::harm(state, &record).is_none();
        for line in next_steps(pod, spec, &record, &self.session.flags, can_rejoin) {
            writeln!(streams.err, "{line}")?;
        }
        Ok(())
    }
}

fn progress_deadline(state: &State) -> Duration {
    let deployment = state.subject.deployment.as_ref();
    let seconds =
        deployment.map_or(DEFAULT_PROGRESS_DEADLINE_SECONDS, |found| found.progress_deadline_seconds);
    Duration::from_secs(seconds)
}
