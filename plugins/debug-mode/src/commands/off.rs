//! `kubectl debug-mode off TYPE/NAME…`.

use std::cell::RefCell;

use drover::change::{Ending, Problem, Run, carry_out, preflight};
use drover::cli::{Cancel, DryRunArg, Failure, Progress, Streams};
use drover::cluster::Cluster;
use drover::print::escape;

use super::command::{again, does_not_exist};
use crate::FIELD_MANAGER;
use crate::observe::{self, Marked};
use crate::options::{Mode, OffOptions};
use crate::plan::off::{self, Wish};
use crate::plan::{departure, proof, refusal};
use crate::report::{self, Left};
use crate::rights::Need;
use crate::state::State;
use crate::target::Target;

pub async fn run(
    cluster: &Cluster,
    options: &OffOptions,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let manager = options.change.field_manager(FIELD_MANAGER).to_owned();
    let command = Command { cluster, options, flags, manager };
    let mut left = Vec::new();
    let mut outcome: Result<(), Failure> = Ok(());
    let targets = match &options.targets[..] {
        [] => all(cluster, streams).await?,
        named => named.to_vec(),
    };
    if targets.is_empty() {
        writeln!(streams.err, "Nothing is in debug mode in {}.", escape(&cluster.namespace))?;
    }
    for target in &targets {
        match command.leave(target, streams).await {
            Ok(one) => left.push(one),
            // Each stands alone: what can be restored is.
            Err(failure) => {
                outcome = Err(match outcome {
                    Ok(()) => failure,
                    Err(first) => {
                        let new = failure.hints.into_iter().filter(|hint| !first.hints.contains(hint));
                        let new: Vec<_> = new.collect();
                        new.into_iter().fold(first.hint(format!("and: {}", failure.message)), Failure::hint)
                    }
                });
            }
        }
    }
    streams.structured(options.change.output, "RestorationList", &left)?;
    outcome
}

/// Everything that is in debug mode in the namespace.
async fn all(cluster: &Cluster, streams: &mut Streams) -> Result<Vec<Target>, Failure> {
    let marked = observe::marked(cluster, Some(cluster.namespace.clone())).await?;
    for mark in &marked {
        if let Marked::Record(record) = &mark.what
            && let Err(words) = &**record
        {
            streams.warnings(&[format!("one workload is left as it is: {words}")])?;
        }
    }
    let mut targets: Vec<_> = marked.iter().filter_map(|mark| mark.target.clone()).collect();
    targets.sort();
    targets.dedup();
    Ok(targets)
}

struct Command<'a> {
    cluster: &'a Cluster,
    options: &'a OffOptions,
    flags: &'a str,
    manager: String,
}

impl Command<'_> {
    async fn leave(&self, target: &Target, streams: &mut Streams) -> Result<Left, Failure> {
        let failed = |problem: Problem| self.failed(problem, target);
        let state = observe::first(self.cluster, target, Need::Off).await.map_err(failed)?;
        let object = target.in_namespace(&self.cluster.namespace);
        if state.workload.is_none() && state.copies.is_empty() {
            let close = self.cluster.close_names(&object).await;
            return Err(does_not_exist(&object, &close));
        }
        let mut left = Left {
            workload: object.to_string(),
            namespace: state.namespace.clone(),
            context: self.cluster.context.clone(),
            dry_run: self.options.change.dry_run.name(),
            proof: None,
            stages: Vec::new(),
            plan: None,
        };
        let heading = format!("{}/{}   {object}", self.cluster.context, state.namespace);
        streams.say(&heading, 4)?;
        let wish = Wish {
            conflict: self.options.conflict,
            manager: self.manager.clone(),
            only_copies: state.is_only_copied(),
        };
        let plan = off::decide(&state, &wish)?;
        streams.warnings(&plan.warnings)?;
        let dry_run = self.options.change.dry_run;
        let is_off = plan.now.is_empty() && plan.wait.is_none();
        if is_off {
            // Nothing to do is what was asked for.
        } else if dry_run != DryRunArg::None {
            if dry_run == DryRunArg::Server
                && let Some(step) = plan.now.first()
            {
                preflight(self.cluster, step, &self.manager).await.map_err(|error| failed(error.into()))?;
            }
            Progress::new(streams).foresee(&plan.stages);
            left.plan = Some(plan);
        } else {
            self.reach(state, &wish, target, &mut left, streams).await?;
        }
        let verb = match (is_off, wish.only_copies) {
            (true, _) => "not in debug mode".to_owned(),
            (false, true) => format!("copies deleted{}", dry_run.suffix()),
            (false, false) => format!("restored{}", dry_run.suffix()),
        };
        streams.answer(self.options.change.output, &left.workload, &verb)?;
        if let Some(proven) = &left.proof {
            streams.say(&report::proven(proven), 2)?;
        }
        Ok(left)
    }

    async fn reach(
        &self,
        state: State,
        wish: &Wish,
        target: &Target,
        left: &mut Left,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let cancel = Cancel::on_signal();
        let run = Run {
            cluster: self.cluster,
            field_manager: &self.manager,
            cancel: &cancel,
            timeout: self.options.timeout,
            lock: None,
        };
        let observe =
            async |before: &State| observe::again(self.cluster, before, target, Mode::InPlace).await;
        // What was read back is known only as long as the record is.
        let proven = RefCell::new(None);
        let decide = |state: &State| {
            if let Some(workload) = &state.workload
                && let Ok(Some(record)) = refusal::readable_record(state, workload)
            {
                *proven.borrow_mut() = Some(proof::proof(state, workload, &record));
            }
            off::decide(state, wish)
        };
        let object = target.in_namespace(&self.cluster.namespace);
        let (state, why) = match carry_out(&run, state, observe, State::update, decide, streams).await {
            Ok((Ending::Reached(_), stages)) => {
                left.stages = stages;
                left.proof = proven.into_inner();
                return Ok(());
            }
            Ok((Ending::TimedOut(state, plan), _)) => (
                state,
                plan.wait.map_or("not in time".to_owned(), |wait| format!("not in time: {}", wait.missing)),
            ),
            Ok((Ending::Cancelled(state, _), _)) => (state, "interrupted".to_owned()),
            Err(problem) => return Err(self.failed(problem, target)),
        };
        let so_far = match state.workload.as_ref().map(|workload| workload.is_annotated()) {
            Some(true) => "it is still in debug mode",
            _ => "its template is restored, what debug mode left is not yet cleared away",
        };
        let failure =
            Failure::new(format!("{object}: {why}; {so_far}")).hint(format!("go on with:  {}", again()));
        if departure::waits_for_takeover(&state) {
            return Err(failure.hint(format!(
                "end the debug pods though they serve:  kubectl debug-mode off{} {} --force-restore",
                self.flags,
                target.typed()
            )));
        }
        Err(failure)
    }

    fn failed(&self, problem: Problem, target: &Target) -> Failure {
        let object = target.in_namespace(&self.cluster.namespace);
        problem.into_failure(&object.to_string(), &again()).about(&object.to_string())
    }
}
