//! `kubectl debug-mode status TYPE/NAME`: what debug mode changed, and what changed since.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::model::difference::Difference;
use drover::print::{age, escape};
use jiff::Timestamp;
use serde::Serialize;

use super::command::does_not_exist;
use crate::observe;
use crate::options::Mode;
use crate::plan::{off, on, outcome, refusal, template};
use crate::record::CopyRecord;
use crate::report;
use crate::state::State;
use crate::target::Target;

/// One workload. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    workload: String,
    namespace: String,
    context: String,
    in_debug_mode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The debug pods, copies included.
    pods: Vec<String>,
    /// What others changed since.
    changed: Vec<Difference>,
    /// The lines for people.
    #[serde(skip)]
    lines: Vec<String>,
}

pub async fn run(
    cluster: &Cluster,
    target: &Target,
    output: Option<OutputFormat>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let object = target.in_namespace(&cluster.namespace);
    let state = observe::look(cluster, target, Mode::InPlace, None).await?;
    if state.workload.is_none() && state.copies.is_empty() {
        return Err(does_not_exist(&object, &cluster.close_names(&object).await));
    }
    let status = status(cluster, &state, target)?;
    match output {
        None => {
            let verb = if status.in_debug_mode { "in debug mode" } else { "not in debug mode" };
            writeln!(streams.out, "{object} {verb}")?;
            for line in &status.lines {
                writeln!(streams.out, "  {}", escape(line))?;
            }
        }
        Some(_) => streams.answer(output, &object.to_string(), "")?,
    }
    streams.structured(output, "DebugModeStatusList", &[status])?;
    Ok(())
}

fn status(cluster: &Cluster, state: &State, target: &Target) -> Result<Status, Failure> {
    let mut status = Status {
        workload: target.in_namespace(&state.namespace).to_string(),
        namespace: state.namespace.clone(),
        context: cluster.context.clone(),
        in_debug_mode: false,
        at: None,
        by: None,
        reason: None,
        pods: Vec::new(),
        changed: Vec::new(),
        lines: Vec::new(),
    };
    in_place(state, &mut status)?;
    for (pod, record) in state.copies.values().filter_map(|pod| Some((pod, CopyRecord::of(pod)?))) {
        let words = on::words(&record.taken, record.held.as_ref());
        let outcome = outcome::of(state, record.held.as_ref(), pod).in_words();
        let since = since(state, record.at, &record.by, record.reason.as_deref());
        status.lines.push(format!("copy       {outcome}; {words}, {since}"));
        status.pods.push(pod.metadata.name.clone());
    }
    Ok(status)
}

fn in_place(state: &State, status: &mut Status) -> Result<(), Failure> {
    let Some(workload) = &state.workload else { return Ok(()) };
    let Some(record) = refusal::readable_record(state, workload)? else {
        if workload.is_annotated() {
            status.in_debug_mode = true;
            status.lines.push("its record is gone: what was there before is not known".to_owned());
        }
        return Ok(());
    };
    status.in_debug_mode = true;
    (status.at, status.by) = (Some(record.at), Some(record.by.clone()));
    status.reason.clone_from(&record.reason);
    status.pods.extend(state.debug_pods(&record).map(|pod| pod.metadata.name.clone()));
    status.changed = off::changed_since(workload, &record);
    let lines = &mut status.lines;
    lines.push(format!("since      {}", since(state, record.at, &record.by, record.reason.as_deref())));
    lines.push(format!("changed    {}", on::taken_words(&record)));
    if let Some(held) = &record.held {
        let line = template::command_line(held).unwrap_or_default();
        lines.push(format!("holds      {} {line}", report::holding(held)));
    }
    lines.push(format!("pod        {}", outcome::look(state, &record).in_words()));
    match (workload.is_annotated(), status.changed.is_empty()) {
        (false, _) => lines.push("but        its mark is gone: `off` clears away what is left".to_owned()),
        (true, true) => lines.push("live       as debug mode left it".to_owned()),
        (true, false) => {
            lines.push("live       changed since by somebody else:".to_owned());
            lines.extend(status.changed.iter().map(|difference| format!("           {difference}")));
        }
    }
    Ok(())
}

fn since(state: &State, at: Timestamp, by: &str, reason: Option<&str>) -> String {
    let ago = age(state.now.duration_since(at).as_secs());
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    format!("{ago} ago by {by}{reason}")
}
