//! `kubectl debug-mode on TYPE/NAME`, in place.

use drover::change::{Ending, Plan, Problem, Run, carry_out, preflight};
use drover::cli::{Cancel, DryRunArg, Failure, Progress, Streams, confirm};
use drover::cluster::Cluster;
use drover::model::object::{ObjectRef, PODS};
use drover::model::pod::Terminated;
use drover::print::escape;
use serde_json::Value;

use crate::FIELD_MANAGER;
use crate::observe;
use crate::options::{OnOptions, Place};
use crate::plan::on::{self, Wish};
use crate::plan::outcome::{self, Outcome};
use crate::plan::{refusal, template};
use crate::record::Record;
use crate::report::{self, Entered};
use crate::state::{State, Workload};

/// How many lines of a container's log illustrate how it ended.
const LOG_LINES: u32 = 5;

pub async fn run(
    cluster: &Cluster,
    options: &OnOptions,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let command = Command { cluster, options, flags };
    let state = observe::first(cluster, &options.target).await.map_err(|problem| command.failed(problem))?;
    if state.workload.is_none() {
        return Err(command.does_not_exist().await);
    }
    let mut wish = command.wish();
    let first = on::decide(&state, &wish)?;
    let (state, entered) = command.enter(state, &mut wish, first, streams).await?;
    let output = options.change.output;
    let verb = format!("in debug mode{}", options.change.dry_run.suffix());
    streams.answer(output, &entered.workload, &verb)?;
    if let (Some(pod), Some(workload)) = (&entered.pod, &state.workload)
        && let Some(record) = refusal::readable_record(&state, workload)?
    {
        report::suggest(streams, &state, workload, &record, pod, flags)?;
    }
    streams.structured(output, "DebugModeList", &[entered])?;
    Ok(())
}

struct Command<'a> {
    cluster: &'a Cluster,
    options: &'a OnOptions,
    flags: &'a str,
}

impl Command<'_> {
    fn wish(&self) -> Wish {
        Wish {
            overrides: self.options.overrides.clone(),
            place: if self.options.place == Place::Unsaid { Place::Unsaid } else { Place::InPlace },
            hold_image: self.options.hold_image.clone(),
            manager: self.manager().to_owned(),
            reason: self.options.reason.clone(),
            admitted: None,
        }
    }

    fn manager(&self) -> &str {
        self.options.change.field_manager(FIELD_MANAGER)
    }

    async fn enter(
        &self,
        state: State,
        wish: &mut Wish,
        first: Plan,
        streams: &mut Streams,
    ) -> Result<(State, Entered), Failure> {
        let workload = refusal::living(&state)?;
        let (record, is_new) = match refusal::readable_record(&state, workload)? {
            Some(record) => (record, false),
            None => (on::new_record(&state, workload, wish)?, true),
        };
        report::introduce(streams, &self.cluster.context, &state, workload, &record)?;
        streams.warnings(&first.warnings)?;
        if !is_new {
            let words = format!("in debug mode since {} by {}", record.at, record.by);
            writeln!(streams.err, "{}", escape(&words))?;
        }
        let dry_run = self.options.change.dry_run;
        if is_new && dry_run != DryRunArg::Client {
            wish.admitted = self.admitted(&first, workload).await?;
        }
        let mut entered = self.entered(&state, workload, &record);
        if dry_run != DryRunArg::None {
            self.foresee(&first, workload, &record, streams)?;
            entered.warnings = first.warnings.clone();
            entered.plan = Some(first);
            return Ok((state, entered));
        }
        if is_new {
            self.ask(&state, workload, streams)?;
        }
        let ending = self.reach(state, wish, streams).await?;
        let Some(workload) = &ending.0.workload else { return Err(Failure::new("it was deleted meanwhile")) };
        let Some(record) = refusal::readable_record(&ending.0, workload)? else {
            return Err(Failure::new(format!("{}: its record vanished", workload.object_ref())));
        };
        entered.stages = ending.1;
        entered.warnings = first.warnings;
        match outcome::look(&ending.0, &record) {
            Outcome::Runs { pod } => entered.pod = Some(pod),
            Outcome::Exits { pod, container, end } => {
                return Err(self.still_exits(workload, &pod, &container, &end).await);
            }
            Outcome::Coming(..) | Outcome::LacksSleep => {}
        }
        Ok((ending.0, entered))
    }

    fn entered(&self, state: &State, workload: &Workload, record: &Record) -> Entered {
        let labels = workload.template_labels();
        Entered {
            workload: workload.object_ref().to_string(),
            namespace: state.namespace.clone(),
            context: self.cluster.context.clone(),
            dry_run: self.options.change.dry_run.name(),
            pod: None,
            taken: record.taken.clone(),
            held: record.held.as_ref().map(|held| held.container.clone()),
            services: state.services_of(&labels).map(|service| service.name.clone()).collect(),
            stages: Vec::new(),
            warnings: Vec::new(),
            plan: None,
        }
    }

    /// Lets the server check the writes that can be checked before the others are done, and tells what
    /// admission makes of the template; none where that can't be asked.
    async fn admitted(&self, plan: &Plan, workload: &Workload) -> Result<Option<Value>, Failure> {
        let mut template = None;
        for step in &plan.now {
            let checked = match preflight(self.cluster, step, self.manager()).await {
                // A webhook with side effects refuses dry runs, not the write (observed on 1.35).
                Err(error) if error.message.contains("does not support dry run") => continue,
                checked => checked.map_err(|error| self.failed(error.into()))?,
            };
            if step.write.target.resource == workload.kind().resource() {
                let pointer = workload.kind().template_pointer();
                template = checked.and_then(|object| object.pointer(pointer).cloned());
            }
        }
        Ok(template)
    }

    fn ask(&self, state: &State, workload: &Workload, streams: &mut Streams) -> Result<(), Failure> {
        let questions = refusal::questions(state, workload);
        if questions.is_empty() || self.options.yes {
            return Ok(());
        }
        let (context, namespace) = (&self.cluster.context, &state.namespace);
        confirm(streams, &format!("{} Go on in {context}/{namespace}?", questions.join(" ")))
    }

    async fn reach(
        &self,
        state: State,
        wish: &Wish,
        streams: &mut Streams,
    ) -> Result<(State, Vec<drover::cli::FinishedStage>), Failure> {
        let cancel = Cancel::on_signal();
        let run = Run {
            cluster: self.cluster,
            field_manager: self.manager(),
            cancel: &cancel,
            timeout: self.options.timeout,
        };
        let target = &self.options.target;
        let observe = async |before: &State| observe::again(self.cluster, before, target).await;
        let decide = |state: &State| on::decide(state, wish);
        let object = target.in_namespace(&self.cluster.namespace);
        let (state, why) = match carry_out(&run, state, observe, State::update, decide, streams).await {
            Ok((Ending::Reached(state), stages)) => return Ok((state, stages)),
            Ok((Ending::TimedOut(state, plan), _)) => {
                (state, plan.wait.map_or("not in time".to_owned(), |wait| format!("not in time: {}", wait.missing)))
            }
            Ok((Ending::Cancelled(state, _), _)) => (state, "interrupted".to_owned()),
            Err(problem) => return Err(self.failed(problem)),
        };
        let so_far = match state.workload.as_ref().map(Workload::is_annotated) {
            Some(true) => "it is in debug mode, and stays so",
            _ if state.config_map.is_some() => "only its record was written",
            _ => "nothing was changed",
        };
        Err(Failure::new(format!("{object}: {why}; {so_far}"))
            .hint(format!("go on with:  {}", self.again()))
            .hint(format!("restore:  kubectl debug-mode off{} {}", self.flags, target.typed())))
    }

    /// A dry run: the plan in words, and the change as a diff.
    fn foresee(
        &self,
        plan: &Plan,
        workload: &Workload,
        record: &Record,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        Progress::new(streams).foresee(&plan.stages);
        let (before, after) = (workload.shape(), &record.debug);
        for difference in drover::model::difference::differences(
            &serde_json::to_value(&before).unwrap_or_default(),
            &serde_json::to_value(after).unwrap_or_default(),
        ) {
            writeln!(streams.err, "  {}", escape(&difference.to_string()))?;
        }
        Ok(())
    }

    /// The container ends although nobody kills it: with what, its last words, and the way that helps.
    async fn still_exits(&self, workload: &Workload, pod: &str, container: &str, end: &Terminated) -> Failure {
        let object = ObjectRef::namespaced(PODS, &self.cluster.namespace, pod);
        let mut lines = Vec::new();
        for previous in [false, true] {
            // The log only illustrates: without it the exit code stands alone.
            if let Ok(found) = self.cluster.log_tail(&object, container, LOG_LINES, previous).await
                && !found.is_empty()
            {
                lines = found;
                break;
            }
        }
        let words = format!(
            "{}: in debug mode, but container {container} of {object} still {} by itself",
            workload.object_ref(),
            end.in_words()
        );
        let mut failure = Failure::new(words);
        for line in lines.iter().chain((!end.message.is_empty()).then_some(&end.message)) {
            failure = failure.hint(format!("  | {line}"));
        }
        let (flags, typed) = (self.flags, workload.target.typed());
        let again = if self.options.overrides.hold { "" } else { " --hold" };
        failure = failure.hint(format!("restore:  kubectl debug-mode off{flags} {typed}"));
        if again.is_empty() {
            return failure;
        }
        failure.hint(format!(
            "then keep it alive doing nothing:  kubectl debug-mode on{flags} {typed} -c {container} --hold"
        ))
    }

    async fn does_not_exist(&self) -> Failure {
        let object = self.options.target.in_namespace(&self.cluster.namespace);
        let close = observe::close_names(self.cluster, &object).await;
        does_not_exist(&object, &close)
    }

    fn failed(&self, problem: Problem) -> Failure {
        let object = self.options.target.in_namespace(&self.cluster.namespace);
        problem.into_failure(&object.to_string(), &self.again())
    }

    /// This same command, to be run again.
    fn again(&self) -> String {
        let words: Vec<_> = std::env::args().skip(1).map(|word| template::quoted(&word)).collect();
        format!("kubectl debug-mode {}", words.join(" "))
    }
}

/// The refusal of a name that does not exist, with those that are close.
pub fn does_not_exist(object: &ObjectRef, close: &[String]) -> Failure {
    let failure = Failure::new(format!("{object} does not exist"));
    if close.is_empty() { failure } else { failure.hint(format!("did you mean: {}", close.join(", "))) }
}
