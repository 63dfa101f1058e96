//! `kubectl lifecycle rehearse`: a clone is started and stopped, and what its hooks really do is measured.

mod once;

use drover::change::preflight;
use drover::cli::{Cancel, DryRunArg, Failure, Streams, confirm};
use drover::cluster::Cluster;

use super::FIELD_MANAGER;
use crate::args::RehearseOptions;
use crate::instrument::Shell;
use crate::observe;
use crate::rehearsal::clone::{self, Clone, State, Wish, clone_of};
use crate::rehearsal::{Rehearsal, Run};
use crate::report;

use once::{Once, Unfinished};

pub async fn run(
    cluster: &Cluster,
    options: &RehearseOptions,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    rehearse(cluster, options, flags, streams).await.map_err(|failure| match failure.is_transient() {
        true => failure.hint(format!("go on with:  kubectl lifecycle rehearse{flags} {}", words(options))),
        false => failure,
    })
}

/// What was typed, as far as it matters.
fn words(options: &RehearseOptions) -> String {
    let RehearseOptions { target, times, grace_seconds, ordinal, timeout, .. } = options;
    let grace = grace_seconds.map(|seconds| format!(" --grace-period={seconds}s")).unwrap_or_default();
    let ordinal = if *ordinal > 0 { format!(" --ordinal={ordinal}") } else { String::new() };
    let (kind, name, seconds) = (target.resource.typed_name(), &target.name, timeout.as_secs());
    format!("{kind}/{name} --times={times}{grace}{ordinal} --timeout={seconds}s --yes")
}

async fn rehearse(
    cluster: &Cluster,
    options: &RehearseOptions,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let Some(state) = observe::origin(cluster, &options.target).await? else {
        let object = options.target.in_namespace(&cluster.namespace);
        return Err(super::missing::does_not_exist(cluster, &object).await);
    };
    let command = Command { cluster, options, state };
    let shell = Shell { image: options.shell_image.clone(), ..Shell::default() };
    let clone = command.clone_with(&shell)?;
    command.check(&clone, streams).await?;
    let change = &options.change;
    if change.dry_run != DryRunArg::None {
        let rehearsal = command.rehearsal(&clone, Vec::new());
        streams.answer(
            change.output,
            &clone.target.to_string(),
            &format!("created{}", change.dry_run.suffix()),
        )?;
        return Ok(streams.structured(change.output, "LifecycleRehearsal", &[rehearsal])?);
    }
    let (clone, runs, unfinished) = command.rehearse(shell, streams).await?;
    let rehearsal = command.rehearsal(&clone, runs);
    match change.output {
        None => report::rehearsal(streams, &rehearsal, flags)?,
        output => streams.structured(output, "LifecycleRehearsal", &[rehearsal])?,
    }
    unfinished.map_or(Ok(()), Err)
}

struct Command<'a> {
    cluster: &'a Cluster,
    options: &'a RehearseOptions,
    state: State,
}

impl Command<'_> {
    /// A clone that is to be made now.
    fn clone_with(&self, shell: &Shell) -> Result<Clone, Failure> {
        let wish = Wish {
            ordinal: self.options.ordinal,
            grace_seconds: self.options.grace_seconds,
            ready_seconds: self.options.timeout.as_secs(),
            shell: shell.clone(),
        };
        clone_of(&self.state, &wish, self.cluster.now())
    }

    fn manager(&self) -> &str {
        self.options.change.field_manager(FIELD_MANAGER)
    }

    /// All that can be known before anything is made, and a person's consent to the rest.
    async fn check(&self, clone: &Clone, streams: &mut Streams) -> Result<(), Failure> {
        let dry_run = self.options.change.dry_run;
        if dry_run != DryRunArg::Client {
            preflight(self.cluster, &clone.create(), self.manager()).await?;
        }
        let place = format!("{}/{}", self.cluster.context, self.cluster.namespace);
        streams.say(&format!("{place}   {}   rehearsed as {}", self.state.object, clone.target), 4)?;
        streams.warnings(&self.state.warnings())?;
        for warning in self.cluster.take_warnings() {
            streams.say(&format!("Warning: {warning}"), 9)?;
        }
        let questions = clone::questions(&self.state, clone);
        if dry_run != DryRunArg::None {
            return Ok(questions.iter().try_for_each(|question| streams.say(question, 2))?);
        }
        if !self.options.yes {
            let times =
                if self.options.times > 1 { format!(" {} times", self.options.times) } else { String::new() };
            confirm(streams, &format!("{} Make {} in {place}{times}?", questions.join(" "), clone.target))?;
        }
        Ok(())
    }

    /// One run after the other; what was made last, and why not all of them came to their end.
    async fn rehearse(
        &self,
        mut shell: Shell,
        streams: &mut Streams,
    ) -> Result<(Clone, Vec<Run>, Option<Failure>), Failure> {
        let cancel = Cancel::on_signal();
        let mut runs: Vec<Run> = Vec::new();
        loop {
            let clone = self.clone_with(&shell)?;
            let once = Once {
                cluster: self.cluster,
                clone: &clone,
                options: self.options,
                manager: self.manager(),
                cancel: &cancel,
            };
            let (run, unfinished) = match once.run(streams).await {
                Ok(run) => (Some(run), None),
                Err(Unfinished { run, failure }) => (run.map(|run| *run), Some(failure)),
            };
            if let Some(run) = run {
                let lacking = run.lacks_shell();
                if !lacking.is_subset(&shell.lacking) && !cancel.is_requested() {
                    let names: Vec<_> = lacking.iter().map(String::as_str).collect();
                    let (names, image) = (names.join(", "), &shell.image);
                    streams
                        .say(&format!("no sh in the image of {names}: one is brought, from {image}"), 2)?;
                    shell.lacking.extend(lacking);
                    continue;
                }
                runs.push(run);
            }
            let wanted = usize::try_from(self.options.times).unwrap_or(usize::MAX);
            match unfinished {
                Some(failure) if runs.is_empty() => return Err(failure),
                Some(failure) => return Ok((clone, runs, Some(failure))),
                None if runs.len() >= wanted => return Ok((clone, runs, None)),
                None if cancel.is_requested() => {
                    let failure = Failure::new(format!("stopped after {} of {wanted} runs", runs.len()));
                    return Ok((clone, runs, Some(failure)));
                }
                None => {}
            }
        }
    }

    fn rehearsal(&self, clone: &Clone, runs: Vec<Run>) -> Rehearsal {
        Rehearsal::of(&self.state, clone, runs, &self.options.change)
    }
}
