//! `kubectl isolate list`: what is isolated, half-isolated pods first.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::{Cluster, ErrorKind, Query};
use drover::model::ISOLATED_LABEL;
use drover::model::controller::{ListedReplicaSet, ListedReplicationController, ReplicaSet};
use drover::model::object::{PODS, REPLICA_SETS, REPLICATION_CONTROLLERS};
use drover::model::pod::Pod;
use drover::print::{age, table, write_structured};
use futures::join;
use jiff::Timestamp;
use serde::Serialize;

use crate::args::ListArgs;
use crate::plan::quarantine::Quarantine;
use crate::plan::undo;
use crate::record::Record;
use crate::report::expiry;

/// One pod of the list. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    namespace: String,
    pod: String,
    /// `half`, `whole`, `traffic-only`, `rejoining`, `undone`, `terminating` or `unknown`, as the README explains.
    state: &'static str,
    /// The workload it left; absent when its record can't be read.
    owner: Option<String>,
    ready: bool,
    restarts: u32,
    /// `yes`, or `no: ` and why; absent when that can't be known.
    rejoin: Option<String>,
    at: Option<Timestamp>,
    /// When its time is over, where it has a limit.
    until: Option<Timestamp>,
    quarantine: Option<Quarantine>,
    by: Option<String>,
    reason: Option<String>,
    node: Option<String>,
}

#[derive(Serialize)]
struct List<'a> {
    kind: &'static str,
    items: &'a [Listed],
}

pub async fn run(cluster: &Cluster, options: &ListArgs, streams: &mut Streams) -> Result<(), Failure> {
    let selector = match &options.selector {
        Some(selector) => format!("{ISOLATED_LABEL},{selector}"),
        None => ISOLATED_LABEL.to_owned(),
    };
    let mut query = Query::all(PODS, &cluster.namespace).labelled(selector);
    if options.all_namespaces {
        query.namespace = None;
    }
    let (pods, sets) = join!(cluster.list::<Pod>(&query), replica_sets(cluster, &query.namespace));
    let (pods, sets) = (pods?.items, sets?);
    let now = cluster.now();
    let mut listed: Vec<Listed> = pods.iter().map(|pod| Listed::new(pod, sets.as_deref())).collect();
    listed.sort_by(|one, other| {
        let order = |pod: &Listed| {
            (
                matches!(pod.state, "whole" | "traffic-only" | "terminating"),
                pod.namespace.clone(),
                pod.pod.clone(),
            )
        };
        order(one).cmp(&order(other))
    });
    print(&listed, options, now, cluster, streams)
}

/// What tells whether a pod can rejoin; none when it may not be read, which leaves that open.
async fn replica_sets(
    cluster: &Cluster,
    namespace: &Option<String>,
) -> Result<Option<Vec<ReplicaSet>>, Failure> {
    let query = |resource| {
        let mut query = Query::all(resource, "");
        query.namespace.clone_from(namespace);
        query
    };
    let (query_sets, query_controllers) = (query(REPLICA_SETS), query(REPLICATION_CONTROLLERS));
    let (sets, controllers) = join!(
        cluster.list_narrowed(&query_sets, |item: ListedReplicaSet| Some(ReplicaSet::from(item))),
        cluster.list_narrowed(&query_controllers, |item: ListedReplicationController| {
            Some(ReplicaSet::from(item))
        }),
    );
    match (sets, controllers) {
        (Ok(sets), Ok(controllers)) => Ok(Some(sets.items.into_iter().chain(controllers.items).collect())),
        (Err(error), _) | (_, Err(error)) if error.kind == ErrorKind::Forbidden => Ok(None),
        (Err(error), _) | (_, Err(error)) => Err(error.into()),
    }
}

impl Listed {
    fn new(pod: &Pod, sets: Option<&[ReplicaSet]>) -> Self {
        let record = Record::of(pod).ok().flatten();
        let state = record.as_ref().map_or("unknown", |record| record.state(pod));
        let rejoin = match (&record, sets) {
            (Some(record), Some(sets)) => Some(match undo::harm_to(pod, record, sets) {
                None => "yes".to_owned(),
                Some(harm) => format!("no: {}", harm.split(':').next().unwrap_or(&harm)),
            }),
            _ => None,
        };
        Self {
            namespace: pod.metadata.namespace.clone(),
            pod: pod.metadata.name.clone(),
            state,
            owner: record.as_ref().map(|record| {
                let owner = record.workload();
                format!("{}/{}", owner.kind.to_lowercase(), owner.name)
            }),
            ready: pod.is_ready(),
            restarts: pod.restarts(),
            rejoin,
            at: record.as_ref().map(|record| record.at),
            until: record.as_ref().and_then(|record| record.until),
            quarantine: record.as_ref().and_then(|record| record.quarantine),
            by: record.as_ref().map(|record| record.by.clone()),
            reason: record.and_then(|record| record.reason),
            node: pod.node().map(str::to_owned),
        }
    }
}

fn print(
    listed: &[Listed],
    options: &ListArgs,
    now: Timestamp,
    cluster: &Cluster,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let form = options.output;
    if let Some(form) = form.and_then(OutputFormat::structured) {
        let list = List { kind: "IsolatedPodList", items: listed };
        return Ok(write_structured(form, &list, &mut streams.out)?);
    }
    if form == Some(OutputFormat::Name) {
        for pod in listed {
            writeln!(streams.out, "pod/{}", pod.pod)?;
        }
        return Ok(());
    }
    if listed.is_empty() {
        let place = if options.all_namespaces {
            "any namespace".to_owned()
        } else {
            format!("namespace {:?}", cluster.namespace)
        };
        writeln!(streams.err, "No isolated pods in {place}.")?;
        return Ok(());
    }
    let rows: Vec<_> = listed.iter().map(|pod| row(pod, now)).collect();
    let headings = [
        "NAMESPACE",
        "NAME",
        "OWNER",
        "STATE",
        "READY",
        "RESTARTS",
        "ISOLATED",
        "BY",
        "REJOIN",
        "EXPIRES",
        "REASON",
        "NODE",
    ];
    let columns: &[usize] = match (options.all_namespaces, form == Some(OutputFormat::Wide)) {
        (true, true) => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        (true, false) => &[0, 1, 2, 3, 5, 6, 7, 8, 9, 10],
        (false, true) => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        (false, false) => &[1, 2, 3, 5, 6, 7, 8, 9, 10],
    };
    let pick = |cells: &[String]| columns.iter().map(|&column| cells[column].clone()).collect::<Vec<_>>();
    let headings: Vec<_> = columns.iter().map(|&column| headings[column]).collect();
    let rows: Vec<_> = rows.iter().map(|row| pick(row)).collect();
    write!(streams.out, "{}", table(&headings, &rows))?;
    Ok(())
}

fn row(pod: &Listed, now: Timestamp) -> [String; 12] {
    let since = pod.at.map(|at| format!("{} ago", age(now.duration_since(at).as_secs())));
    [
        pod.namespace.clone(),
        pod.pod.clone(),
        pod.owner.clone().unwrap_or_default(),
        pod.state.to_owned(),
        if pod.ready { "yes" } else { "no" }.to_owned(),
        pod.restarts.to_string(),
        since.unwrap_or_default(),
        pod.by.clone().unwrap_or_default(),
        pod.rejoin.clone().unwrap_or_default(),
        pod.until.map(|until| expiry(until, now)).unwrap_or_default(),
        pod.reason.clone().unwrap_or_default(),
        pod.node.clone().unwrap_or_default(),
    ]
}
