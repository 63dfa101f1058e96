//! `kubectl debug-mode list`: what is in debug mode, the oldest first.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::{Cluster, ErrorKind};
use drover::model::object::ObjectRef;
use drover::print::{age, table};
use futures::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::args::ListArgs;
use crate::observe::{self, Mark, Marked};
use crate::plan::{off, on};
use crate::record::{CopyRecord, Record};
use crate::workload::Workload;

/// One row. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    namespace: String,
    workload: String,
    /// `in-place` or `copy`.
    mode: &'static str,
    /// The copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<String>,
    /// `as left`, `changed`, `unmarked`, `gone`, `unknown`, or a copy's phase, as the README explains.
    state: String,
    at: Option<Timestamp>,
    by: Option<String>,
    reason: Option<String>,
    /// What debug mode took away.
    changed: String,
}

pub async fn run(cluster: &Cluster, options: &ListArgs, streams: &mut Streams) -> Result<(), Failure> {
    let namespace = (!options.all_namespaces).then(|| cluster.namespace.clone());
    let marks = observe::marked(cluster, namespace).await?;
    let rows = join_all(marks.into_iter().map(|mark| listed(cluster, mark))).await;
    let mut rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|one, other| (one.at, &one.workload).cmp(&(other.at, &other.workload)));
    match options.output {
        Some(OutputFormat::Json | OutputFormat::Yaml) => {
            streams.structured(options.output, "DebugModeList", &rows)?;
        }
        Some(OutputFormat::Name) => {
            for row in &rows {
                writeln!(streams.out, "{}", row.workload)?;
            }
        }
        _ if rows.is_empty() => {
            let place = if options.all_namespaces { "anywhere" } else { "in this namespace" };
            writeln!(streams.err, "Nothing is in debug mode {place}.")?;
        }
        form => {
            let wide = form == Some(OutputFormat::Wide);
            write!(streams.out, "{}", rendered(&rows, options.all_namespaces, wide, cluster.now()))?;
        }
    }
    Ok(())
}

async fn listed(cluster: &Cluster, mark: Mark) -> Result<Listed, Failure> {
    let named = |target: &crate::target::Target| target.in_namespace(&mark.namespace).to_string();
    let workload = mark.target.as_ref().map_or_else(|| "unknown".to_owned(), named);
    let mut row = Listed {
        namespace: mark.namespace.clone(),
        workload,
        mode: "in-place",
        pod: None,
        state: "unknown".to_owned(),
        at: None,
        by: None,
        reason: None,
        changed: String::new(),
    };
    match mark.what {
        Marked::Copy(copy) => {
            let (pod, CopyRecord { taken, held, at, by, reason, .. }) = *copy;
            row.mode = "copy";
            row.changed = on::words(&taken, held.as_ref());
            row.state = pod.status.phase.to_lowercase();
            row.pod = Some(pod.metadata.name);
            (row.at, row.by, row.reason) = (Some(at), Some(by), reason);
        }
        Marked::Record(record) => {
            let Ok(record) = *record else { return Ok(row) };
            row.changed = on::taken_words(&record);
            if let Some(target) = mark.target {
                let object = target.in_namespace(&mark.namespace);
                row.state = live_state(cluster, &object, &record, target).await?.to_owned();
            }
            (row.at, row.by, row.reason) = (Some(record.at), Some(record.by), record.reason);
        }
    }
    Ok(row)
}

/// Whether the workload still is what `on` left.
async fn live_state(
    cluster: &Cluster,
    object: &ObjectRef,
    record: &Record,
    target: crate::target::Target,
) -> Result<&'static str, Failure> {
    let found = match cluster.get_optional::<Value>(object).await {
        Err(error) if error.kind == ErrorKind::Forbidden => return Ok("unknown"),
        found => found?,
    };
    let Some(Ok(workload)) = found.map(|found| Workload::new(target, found)) else { return Ok("gone") };
    Ok(match (workload.metadata.uid == record.workload.uid, workload.is_annotated()) {
        (false, _) => "gone",
        (true, false) => "unmarked",
        (true, true) if off::changed_since(&workload, record).is_empty() => "as left",
        (true, true) => "changed",
    })
}

fn rendered(rows: &[Listed], namespaces: bool, wide: bool, now: Timestamp) -> String {
    let mut headings = vec!["WORKLOAD", "MODE", "STATE", "SINCE", "BY", "REASON"];
    if namespaces {
        headings.insert(0, "NAMESPACE");
    }
    if wide {
        headings.extend(["POD", "CHANGED"]);
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let since = row.at.map(|at| format!("{} ago", age(now.duration_since(at).as_secs())));
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let mut cells = vec![
                row.workload.clone(),
                row.mode.to_owned(),
                row.state.clone(),
                since.unwrap_or_default(),
                text(&row.by),
                text(&row.reason),
            ];
            if namespaces {
                cells.insert(0, row.namespace.clone());
            }
            if wide {
                cells.extend([text(&row.pod), row.changed.clone()]);
            }
            cells
        })
        .collect();
    table(&headings, &rows)
}
