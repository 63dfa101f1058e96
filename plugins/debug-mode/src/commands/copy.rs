//! `kubectl debug-mode on TYPE/NAME --copy`: a pod beside the workload.

use drover::change::preflight;
use drover::cli::{DryRunArg, Failure, Progress, Streams, confirm};
use drover::cluster::Cluster;

use super::command::Command;
use crate::observe;
use crate::options::{Mode, OnOptions};
use crate::plan::copy::{self, Wish};
use crate::plan::outcome::{self, Outcome};
use crate::plan::refusal;
use crate::record::CopyRecord;
use crate::report::{self, Entered};
use crate::rights::Need;
use crate::state::State;

pub async fn run(
    cluster: &Cluster,
    options: &OnOptions,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let command = Command { cluster, options, flags };
    let looked = observe::first(cluster, &options.target, Need::Copy).await;
    let state = looked.map_err(|problem| command.failed(problem))?;
    if state.workload.is_none() {
        return Err(command.does_not_exist().await);
    }
    let wish = Wish {
        overrides: options.overrides.clone(),
        ordinal: options.ordinal,
        hold_image: options.hold_image.clone(),
        reason: options.reason.clone(),
    };
    let entered = command.copy(state, &wish, streams).await?;
    streams.structured(options.change.output, "DebugModeList", &[entered])?;
    Ok(())
}

impl Command<'_> {
    async fn copy(&self, state: State, wish: &Wish, streams: &mut Streams) -> Result<Entered, Failure> {
        let (change, context) = (&self.options.change, &self.cluster.context);
        let workload = refusal::living(&state)?;
        let plan = copy::decide(&state, wish)?;
        let target = copy::copy_ref(&state, workload, wish);
        let (body, record) = match copy::present(&state, workload, wish) {
            Some((_, record)) => (None, record),
            None => copy::copy_of(&state, workload, wish).map(|(body, record)| (Some(body), record))?,
        };
        let heading = format!("{context}/{}   {}   copied to {target}", state.namespace, workload.owner());
        streams.say(&heading, 4)?;
        report::hold(streams, record.held.as_ref())?;
        streams.warnings(&plan.warnings)?;
        let mut entered = Entered {
            workload: workload.object_ref().to_string(),
            namespace: state.namespace.clone(),
            context: context.clone(),
            dry_run: change.dry_run.name(),
            copy: Some(target.name.clone()),
            pod: None,
            taken: record.taken.clone(),
            held: record.held.as_ref().map(|held| held.container.clone()),
            services: Vec::new(),
            stages: Vec::new(),
            warnings: plan.warnings.clone(),
            plan: None,
        };
        if let Some(body) = &body {
            if change.dry_run != DryRunArg::Client {
                for step in &plan.now {
                    let checked = preflight(self.cluster, step, self.manager()).await;
                    checked.map_err(|error| self.failed(error.into()))?;
                }
            }
            for warning in self.cluster.take_warnings() {
                streams.say(&format!("Warning: {warning}"), 9)?;
            }
            let questions = copy::questions(workload, body);
            if change.dry_run == DryRunArg::None && !questions.is_empty() && !self.options.yes {
                let words =
                    format!("{} Make {target} in {context}/{}?", questions.join(" "), state.namespace);
                confirm(streams, &words)?;
            }
        }
        let verb = format!("made as a copy{}", change.dry_run.suffix());
        if change.dry_run != DryRunArg::None {
            Progress::new(streams).foresee(&plan.stages);
            entered.plan = Some(plan);
            streams.answer(change.output, &target.to_string(), &verb)?;
            return Ok(entered);
        }
        let decide = |state: &State| copy::decide(state, wish);
        let (state, stages) = self.reach(state, Mode::Copy, decide, streams).await?;
        entered.stages = stages;
        let workload = refusal::living(&state)?;
        let Some((pod, record)) = copy::present(&state, workload, wish) else {
            return Err(Failure::new(format!("{target} was deleted meanwhile")));
        };
        if let Outcome::Exits { pod, container, end } = outcome::of(&state, record.held.as_ref(), pod) {
            return Err(self.still_exits(workload, &pod, &container, &end).await);
        }
        entered.pod = Some(target.name.clone());
        streams.answer(change.output, &target.to_string(), &verb)?;
        self.suggest(&state, &record, &target.name, streams)?;
        Ok(entered)
    }

    fn suggest(
        &self,
        state: &State,
        record: &CopyRecord,
        pod: &str,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let running = report::Running {
            pod,
            held: record.held.as_ref(),
            container: report::container(record.held.as_ref(), &record.overrides, &record.taken),
            is_copy: true,
            traffic: false,
            target: &self.options.target,
        };
        Ok(report::suggest(streams, state, &running, self.flags)?)
    }
}
