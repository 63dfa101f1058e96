//! Keeping the scene, and proving the silence: evidence before the first change, a last step once the pod is out of
//! traffic, and who is connected even then.

mod args;
mod command;
mod connections;
mod evidence;
mod offline;
mod receipt;

use std::time::Instant;

use drover::cli::{Cancel, Failure, Streams};
use drover::cluster::{Cluster, Right, in_words};
use drover::model::object::{POD_EXECS, Resource};
use drover::print::{counted, seconds};

pub use args::{Destination, SceneArgs, SceneOptions};
pub use connections::Connections;
pub use evidence::Captured;
pub use receipt::Receipt;

use crate::record::Record;
use crate::report::Isolation;
use crate::state::State;
use evidence::{Evidence, Missing};
use offline::{Step, Wish};

/// What running a command in a container takes: see [`Cluster::exec`].
const TO_EXEC: &[(&str, Resource)] = &[("get", POD_EXECS), ("create", POD_EXECS)];

/// What is kept, looked at and run in one command.
pub struct Scene<'a> {
    cluster: &'a Cluster,
    options: &'a SceneOptions,
    cancel: Cancel,
    /// What runs in each pod, by its name.
    steps: Vec<(String, Option<Step>)>,
    evidence: Option<Evidence<'a>>,
}

impl SceneOptions {
    /// The rights without which what was asked for can't be done, as far as the options tell.
    pub fn needed(&self) -> &'static [(&'static str, Resource)] {
        let execs = self.connections.is_some() || matches!(self.offline, Wish::Run(_));
        if execs { TO_EXEC } else { &[] }
    }
}

impl<'a> Scene<'a> {
    /// Looks what is to be run in each pod, and what the user may not.
    pub async fn prepare(
        cluster: &'a Cluster,
        options: &'a SceneOptions,
        cancel: Cancel,
        states: &[State],
        streams: &mut Streams,
    ) -> Result<Self, Failure> {
        let mut steps = Vec::new();
        for state in states {
            steps.push((state.subject.name.clone(), offline::step(state, &options.offline)?));
        }
        let namespace = Some(cluster.namespace.clone());
        let right = |&(verb, resource)| Right { verb, resource, namespace: namespace.clone() };
        // Of the others it is known already.
        let is_annotated = options.needed().is_empty() && steps.iter().any(|(_, step)| step.is_some());
        let needed: Vec<Right> = if is_annotated { TO_EXEC.iter().map(right).collect() } else { Vec::new() };
        let wanted =
            options.evidence.as_ref().map(|_| evidence::rights(&cluster.namespace)).unwrap_or_default();
        let (needed, wanted) =
            futures::try_join!(cluster.missing_rights(&needed), cluster.missing_rights(&wanted))?;
        if !needed.is_empty() {
            let failure = Failure::lacking(&needed, &cluster.namespace, "isolate");
            return Err(failure.hint("to isolate the pod without its offline step:  --no-offline"));
        }
        let warnings: Vec<_> = match wanted.as_slice() {
            [] => Vec::new(),
            missing => {
                vec![format!("you may not {}: that will be missing in the evidence", in_words(missing))]
            }
        };
        streams.warnings(&warnings)?;
        Ok(Self { cluster, options, cancel, steps, evidence: None })
    }

    /// Captures all pods, before the first of them changes.
    pub async fn capture(
        &mut self,
        states: &[State],
        record: impl Fn(&State) -> Result<Record, Failure>,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let Some(destination) = &self.options.evidence else { return Ok(()) };
        let unwritable = |error: std::io::Error| {
            Failure::new(format!("{}: {error}; nothing was changed", destination.path().display()))
        };
        let with_processes = self.options.connections.is_some();
        let mut evidence = Evidence::begin(self.cluster, destination, with_processes).map_err(unwritable)?;
        for state in states {
            let (begun, place) = (Instant::now(), destination.path().display());
            streams.say(&format!("saving evidence of {} in {place}", state.target()), 2)?;
            let record = record(state)?;
            let is_whole = tokio::select! {
                () = evidence.before(state, &record) => true,
                () = self.cancel.requested() => false,
            };
            if !is_whole {
                evidence.interrupted();
                evidence.end().map_err(unwritable)?;
                return Err(Failure::new(format!(
                    "{}: interrupted; nothing was changed, and {place} has what was captured so far",
                    state.target()
                )));
            }
            let Some(captured) = evidence.captured(&state.subject.name) else { continue };
            captured.say(&seconds(begun.elapsed()), streams)?;
        }
        self.evidence = Some(evidence);
        Ok(())
    }

    /// What a dry run foresees.
    pub fn foresee(&self, state: &State, streams: &mut Streams) -> Result<(), Failure> {
        if let Some(destination) = &self.options.evidence {
            streams
                .say(&format!("    evidence      would be saved in {}", destination.path().display()), 18)?;
        }
        if let Some(step) = self.step(state) {
            streams.say(&format!("    offline       would run {}", in_place(step)), 18)?;
        }
        Ok(())
    }

    /// Whether something is done in the pod that may need its network.
    pub fn needs_network(&self, state: &State) -> bool {
        self.step(state).is_some() || self.options.connections.is_some()
    }

    /// Once a pod is out of traffic: its last step, and who is connected even then.
    pub async fn once_silent(
        &self,
        state: &State,
        record: &Record,
        isolation: &mut Isolation,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        self.run_step(state, isolation, streams).await?;
        self.look_at_connections(state, record, isolation, streams).await
    }

    /// The step of a pod that comes out of traffic now.
    async fn run_step(
        &self,
        state: &State,
        isolation: &mut Isolation,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let Some(step) = self.step(state) else { return Ok(()) };
        if isolation.already_isolated && !matches!(self.options.offline, Wish::Run(_)) {
            // An earlier run may have been cut off before it: then only the person can tell.
            streams.say(
                "    offline       not run: the pod was isolated before; --offline COMMAND runs one",
                18,
            )?;
            return Ok(());
        }
        streams.say(&format!("    offline       runs {}", in_place(step)), 18)?;
        let receipt = receipt::run(self.cluster, &state.target(), step, &self.cancel).await;
        receipt.say(streams)?;
        let problem: Vec<_> = receipt.problem().into_iter().collect();
        streams.warnings(&problem)?;
        isolation.warnings.extend(problem);
        isolation.offline = Some(receipt);
        Ok(())
    }

    /// Who is still connected, where the person asked for it.
    async fn look_at_connections(
        &self,
        state: &State,
        record: &Record,
        isolation: &mut Isolation,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let Some(wait) = self.options.connections else { return Ok(()) };
        if !wait.is_zero() {
            let words = format!("    connections   waits up to {} until nobody is connected", seconds(wait));
            streams.say(&words, 18)?;
        }
        let seen = connections::check(self.cluster, state, record, wait, &self.cancel).await;
        for (line, label) in
            seen.in_words().iter().zip(["connections"].into_iter().chain(std::iter::repeat("")))
        {
            streams.say(&format!("    {label:<14}{line}"), 18)?;
        }
        isolation.connections_checked(seen);
        Ok(())
    }

    /// Captures what changed around a pod, also where isolating it failed.
    pub async fn after(&mut self, pod: &str, streams: &mut Streams) -> Result<Option<Captured>, Failure> {
        let Some(evidence) = &mut self.evidence else { return Ok(None) };
        let before = evidence.captured(pod).map_or(0, |captured| captured.missing.len());
        evidence.after(pod).await;
        let captured = evidence.captured(pod);
        let missing = captured.iter().flat_map(|captured| captured.missing.iter().skip(before));
        streams.warnings(&missing.map(Missing::in_words).collect::<Vec<_>>())?;
        Ok(captured)
    }

    /// Ends the evidence: whatever becomes of it, the pods are as they are.
    pub fn end(self, streams: &mut Streams) -> Result<(), Failure> {
        let ended = self.evidence.map(Evidence::end).transpose();
        if let (Err(error), Some(destination)) = (ended, &self.options.evidence) {
            let place = destination.path().display();
            streams.warnings(&[format!("the evidence in {place} is not whole: {error}")])?;
        }
        Ok(())
    }

    fn step(&self, state: &State) -> Option<&Step> {
        self.steps.iter().find(|(name, _)| *name == state.subject.name)?.1.as_ref()
    }
}

fn in_place(step: &Step) -> String {
    format!("{} in container {}", step.in_words(), step.container.as_deref().unwrap_or_default())
}

impl Captured {
    /// What was captured, and each part that was not.
    fn say(&self, took: &str, streams: &mut Streams) -> Result<(), Failure> {
        let files = counted(self.files, "file");
        let size = match self.bytes {
            bytes @ ..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
            bytes => format!("{:.1} MB", bytes as f64 / 1e6),
        };
        streams.say(&format!("    saved {files}, {size}, in {took}; its logs are verbatim"), 4)?;
        streams.warnings(&self.missing.iter().map(Missing::in_words).collect::<Vec<_>>())?;
        Ok(())
    }
}
