//! `kubectl debug-mode on TYPE/NAME`, in place.

use drover::change::{Plan, Step, Write, preflight};
use drover::cli::{DryRunArg, Failure, Progress, Streams, confirm};
use drover::cluster::Cluster;
use drover::model::object::{ObjectRef, PODS};
use drover::print::{age, escape};
use futures::future::join_all;
use futures::join;
use serde_json::{Value, json};

use super::command::Command;
use crate::observe;
use crate::options::{Mode, OnOptions};
use crate::plan::on::{self, Admitted, Wish};
use crate::plan::outcome::{self, Outcome};
use crate::plan::refusal;
use crate::record::Record;
use crate::report::{self, Entered};
use crate::rights::Need;
use crate::state::State;
use crate::workload::Workload;

pub async fn run(
    cluster: &Cluster,
    options: &OnOptions,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let command = Command { cluster, options, flags };
    let state = observe::first(cluster, &options.target, Need::On { pins: options.overrides.suspend_hpa })
        .await
        .map_err(|problem| command.failed(problem))?;
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
        let running = report::Running {
            pod,
            held: record.held.as_ref(),
            container: report::container(record.held.as_ref(), &record.overrides, &record.taken),
            is_copy: false,
            traffic: record.overrides.allow_traffic,
            target: &options.target,
        };
        report::suggest(streams, &state, &running, flags)?;
    }
    streams.structured(output, "DebugModeList", &[entered])?;
    Ok(())
}

impl Command<'_> {
    fn wish(&self) -> Wish {
        Wish {
            overrides: self.options.overrides.clone(),
            mode: self.options.mode,
            hold_image: self.options.hold_image.clone(),
            manager: self.manager().to_owned(),
            reason: self.options.reason.clone(),
            admitted: None,
        }
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
            let ago = age(state.now.duration_since(record.at).as_secs());
            let words = format!("in debug mode for {ago}, by {}", record.by);
            writeln!(streams.err, "{}", escape(&words))?;
        }
        let dry_run = self.options.change.dry_run;
        if is_new && dry_run != DryRunArg::Client {
            let pod = self.pod_may_be_made(&state, workload, &record.debug.template);
            let (given, allowed) = join!(self.admitted(&first, workload), pod);
            let (given, ()) = (given?, allowed?);
            wish.admitted = given.map(|given| Admitted { asked: record.debug.template.clone(), given });
        }
        for warning in self.cluster.take_warnings() {
            streams.say(&format!("Warning: {warning}"), 9)?;
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
        let ending = self.reach(state, Mode::InPlace, |state| on::decide(state, wish), streams).await?;
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
            copy: None,
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
        let checks =
            join_all(plan.now.iter().map(|step| preflight(self.cluster, step, self.manager()))).await;
        let mut template = None;
        for (step, checked) in plan.now.iter().zip(checks) {
            let checked = match checked {
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

    /// Lets Pod Security admission judge the debug pod itself: of a workload it only warns, if that
    /// (KEP-2579), and the controller would then fail to make the pod. All other answers, such as that this user may not
    /// create pods or that a quota is used up now, are about a pod that nobody wants to make.
    async fn pod_may_be_made(
        &self,
        state: &State,
        workload: &Workload,
        template: &Value,
    ) -> Result<(), Failure> {
        let name = format!("{}-drover-dry-run", workload.metadata.name);
        let pod = ObjectRef::namespaced(PODS, &state.namespace, &name);
        let body = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": template["metadata"]["labels"]},
            "spec": template["spec"],
        });
        let step = Step { title: String::new(), write: Write::create(pod, body, Vec::new()) };
        match preflight(self.cluster, &step, self.manager()).await {
            Err(error) if error.message.contains("violates PodSecurity") => {
                let words =
                    format!("{}: its debug pod would be refused: {}", workload.object_ref(), error.message);
                let level = format!("kubectl get namespace {} --show-labels", state.namespace);
                Err(Failure::new(words).hint(format!("what its namespace allows:  {level}")))
            }
            _ => Ok(()),
        }
    }

    fn ask(&self, state: &State, workload: &Workload, streams: &mut Streams) -> Result<(), Failure> {
        let questions = refusal::questions(state, workload);
        if questions.is_empty() || self.options.yes {
            return Ok(());
        }
        let (context, namespace) = (&self.cluster.context, &state.namespace);
        confirm(streams, &format!("{} Go on in {context}/{namespace}?", questions.join(" ")))
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
}
