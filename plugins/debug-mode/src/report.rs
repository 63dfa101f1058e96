//! What happened, as data and in words.

use std::collections::BTreeMap;

use drover::change::Plan;
use drover::cli::{FinishedStage, Streams};
use drover::print::{counted, escape};
use serde::Serialize;

use crate::options::{Overrides, Part};
use crate::plan::on::taken_words;
use crate::plan::proof::Proof;
use crate::plan::template;
use crate::record::{GATE, Held, Record};
use crate::state::State;
use crate::target::Target;
use crate::workload::Workload;

/// Where the text begins behind a label.
const LABEL_WIDTH: usize = 15;

/// One workload that went into debug mode. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    pub workload: String,
    pub namespace: String,
    pub context: String,
    /// `none`, `client` or `server`.
    pub dry_run: &'static str,
    /// The pod beside it, where it was copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// The pod that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// What was taken away, by container.
    pub taken: BTreeMap<String, Vec<Part>>,
    /// The container that does nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The Services it is kept out of.
    pub services: Vec<String>,
    pub stages: Vec<FinishedStage>,
    pub warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// One workload that was restored. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    pub workload: String,
    pub namespace: String,
    pub context: String,
    pub dry_run: &'static str,
    /// What was read back; none in a dry run, or where there was nothing to restore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    pub stages: Vec<FinishedStage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// The first lines: where, what, how it is, and what debug mode means for it.
pub fn introduce(
    streams: &mut Streams,
    context: &str,
    state: &State,
    workload: &Workload,
    record: &Record,
) -> std::io::Result<()> {
    let pods: Vec<_> = state.owned().collect();
    let ready = pods.iter().filter(|pod| pod.is_ready()).count();
    let trouble = pods.iter().find(|pod| !pod.is_ready() && !pod.has_gate(GATE)).map(|pod| pod.trouble());
    let trouble = trouble.map_or(String::new(), |words| format!(": {words}"));
    let heading = format!(
        "{context}/{}   {}   {}, {ready} ready{trouble}",
        state.namespace,
        workload.owner(),
        counted(pods.len(), "pod")
    );
    streams.say(&heading, 4)?;
    label(streams, "debug mode", &taken_words(record))?;
    hold(streams, record.held.as_ref())?;
    let labels = workload.template_labels();
    let services: Vec<_> = state.services_of(&labels).map(|service| service.name.as_str()).collect();
    if record.overrides.allow_traffic || services.is_empty() {
        return Ok(());
    }
    label(streams, "adds", &format!("a readiness gate: no traffic from Service {}", services.join(", ")))
}

/// A line with a label before it, as all that introduces a change.
fn label(streams: &mut Streams, label: &str, text: &str) -> std::io::Result<()> {
    streams.say(&format!("  {label:<11}  {text}"), LABEL_WIDTH)
}

/// What is held, and how to start it by hand: a command, and so in one line.
pub fn hold(streams: &mut Streams, held: Option<&Held>) -> std::io::Result<()> {
    let Some(held) = held else { return Ok(()) };
    label(streams, "holds", &holding(held))?;
    match template::command_line(held) {
        Some(line) => writeln!(streams.err, "{:LABEL_WIDTH$}{}", "", escape(&line)),
        None => Ok(()),
    }
}

/// What is held, in words.
pub fn holding(held: &Held) -> String {
    match held.command {
        Some(_) => format!("{} does nothing; to start it by hand:", held.container),
        None => {
            format!("{} does nothing; what it runs stands in its image, not in its template", held.container)
        }
    }
}

/// The container that a look inside is for.
pub fn container(
    held: Option<&Held>,
    overrides: &Overrides,
    taken: &BTreeMap<String, Vec<Part>>,
) -> Option<String> {
    let held = held.map(|held| held.container.clone());
    held.or_else(|| overrides.container.clone()).or_else(|| taken.keys().next().cloned())
}

/// A debug pod that is up.
pub struct Running<'a> {
    pub pod: &'a str,
    pub held: Option<&'a Held>,
    /// The container that a look inside is for.
    pub container: Option<String>,
    /// It is a pod beside the workload.
    pub is_copy: bool,
    /// It gets traffic, as was allowed.
    pub traffic: bool,
    pub target: &'a Target,
}

/// What to do with the debug pod, and how to leave.
pub fn suggest(
    streams: &mut Streams,
    state: &State,
    running: &Running<'_>,
    flags: &str,
) -> std::io::Result<()> {
    let pod = running.pod;
    let container = running.container.as_ref().map_or(String::new(), |name| format!(" -c {name}"));
    let found = state.pods.values().chain(state.copies.values()).find(|found| found.metadata.name == pod);
    let since = found
        .and_then(|found| state.running_since.get(&found.metadata.uid))
        .map_or(String::new(), |since| format!(" for {}s", state.now.duration_since(*since).as_secs()));
    let traffic = if running.traffic { "" } else { ", 0 traffic" };
    let way_back = if running.is_copy { "clear away    " } else { "restore       " };
    let lines = [
        format!("pod/{pod} has been running{since}{traffic}"),
        format!(
            "look inside   kubectl exec -it{flags} {pod}{container} -- {}",
            template::shell(running.held)
        ),
        format!("{way_back}kubectl debug-mode off{flags} {}", running.target.typed()),
    ];
    writeln!(streams.err)?;
    lines.iter().try_for_each(|line| writeln!(streams.err, "{}", escape(line)))
}

/// What a restore proved, in one line.
pub fn proven(proof: &Proof) -> String {
    let shape =
        if proof.exact { "template and strategy are as before" } else { "with the changes made meanwhile" };
    let set = proof
        .replica_set
        .as_ref()
        .map_or(String::new(), |set| format!("; ReplicaSet {set} is current again"));
    let restarted = match &proof.restarted[..] {
        [] => "none of them restarted".to_owned(),
        some => format!("restarted: {}", some.join(", ")),
    };
    let served = match proof.before {
        0 => String::new(),
        before => {
            let served = counted(before, "pod");
            format!("; {} of {served} that served still there, {restarted}", proof.kept)
        }
    };
    format!("{shape}{set}{served}")
}
