//! `kubectl lifecycle cleanup`: deletes the clones that a rehearsal left behind.

use std::time::Duration;

use drover::change::{Ending, Plan, Run, Step, Wait, carry_out, preflight};
use drover::cli::{Cancel, DryRunArg, Failure, Streams};
use drover::cluster::{Cluster, Right};
use drover::model::object::PODS;
use drover::print::{age, counted};
use jiff::Timestamp;
use serde::Serialize;

use super::FIELD_MANAGER;
use crate::args::CleanupArgs;
use crate::observe::{self, Clones};
use crate::rehearsal::clone::{Record, delete};

/// One deleted clone. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cleaned {
    pod: String,
    namespace: String,
    /// What it was a clone of; none where its record can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    dry_run: &'static str,
}

pub async fn run(cluster: &Cluster, options: &CleanupArgs, streams: &mut Streams) -> Result<(), Failure> {
    let namespace = (!options.all_namespaces).then_some(cluster.namespace.as_str());
    let rights = ["get", "list", "watch", "delete"];
    let rights = rights.map(|verb| Right { verb, resource: PODS, namespace: namespace.map(str::to_owned) });
    let (missing, clones) =
        futures::join!(cluster.missing_rights(&rights), observe::clones(cluster, namespace, None));
    let missing = missing?;
    if !missing.is_empty() {
        return Err(Failure::lacking(&missing, namespace.unwrap_or("of all"), "lifecycle"));
    }
    let clones = clones?;
    let dry_run = options.change.dry_run;
    if clones.pods.is_empty() {
        let place = if options.all_namespaces { "anywhere" } else { "in this namespace" };
        writeln!(streams.err, "There is no clone of a rehearsal {place}.")?;
    }
    let cleaned: Vec<_> = clones
        .pods
        .iter()
        .map(|(pod, record)| Cleaned {
            pod: pod.name.clone(),
            namespace: pod.namespace.clone(),
            origin: record.as_ref().map(|record| record.origin.to_string()),
            at: record.as_ref().map(|record| record.at),
            by: record.as_ref().map(|record| record.by.clone()),
            dry_run: dry_run.name(),
        })
        .collect();
    for (pod, record) in &clones.pods {
        streams.say(&about(&pod.name, record.as_ref(), cluster.now()), 4)?;
    }
    let manager = options.change.field_manager(FIELD_MANAGER);
    match dry_run {
        DryRunArg::None => {
            remove(cluster, clones, options.timeout, manager, &Cancel::on_signal(), streams).await?
        }
        DryRunArg::Client => {}
        DryRunArg::Server => {
            for step in deletions(&clones) {
                preflight(cluster, &step, manager).await?;
            }
        }
    }
    for one in &cleaned {
        let verb = format!("deleted{}", dry_run.suffix());
        streams.answer(options.change.output, &format!("pod/{}", one.pod), &verb)?;
    }
    streams.structured(options.change.output, "RehearsalCleanupList", &cleaned)?;
    Ok(())
}

fn about(pod: &str, record: Option<&Record>, now: Timestamp) -> String {
    match record {
        Some(Record { origin, at, by, .. }) => {
            format!("pod/{pod}: of {origin}, made {} ago by {by}", age(now.duration_since(*at).as_secs()))
        }
        None => format!("pod/{pod}: what it is of can't be read"),
    }
}

/// Deletes clones, and waits until they are gone.
///
/// # Errors
/// Where they are not gone in time, and whatever the server says.
pub async fn remove(
    cluster: &Cluster,
    clones: Clones,
    timeout: Duration,
    manager: &str,
    cancel: &Cancel,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let run = Run { cluster, field_manager: manager, cancel, timeout, lock: None };
    let observe = async |before: &Clones| observe::again(cluster, before).await;
    let left =
        match carry_out(&run, clones, observe, Clones::update, |clones| Ok(decide(clones)), streams).await {
            Ok((Ending::Reached(_), _)) => return Ok(()),
            Ok((Ending::TimedOut(clones, _) | Ending::Cancelled(clones, _), _)) => clones,
            Err(problem) => return Err(problem.into_failure("the clones of rehearsals", AGAIN)),
        };
    let names: Vec<_> = left.pods.iter().map(|(pod, _)| format!("pod/{}", pod.name)).collect();
    Err(Failure::new(format!("{}: not gone yet", names.join(", "))).hint(format!("go on with:  {AGAIN}")))
}

/// What deletes whatever a rehearsal left.
pub const AGAIN: &str = "kubectl lifecycle cleanup";

fn deletions(clones: &Clones) -> Vec<Step> {
    let there = clones.pods.iter().filter(|(pod, _)| pod.deletion_timestamp.is_none());
    there.map(|(pod, _)| delete(&observe::object(pod), &pod.uid)).collect()
}

fn decide(clones: &Clones) -> Plan {
    let now = deletions(clones);
    let wait = (now.is_empty() && !clones.pods.is_empty()).then(|| Wait {
        until: "gone".to_owned(),
        missing: format!("{} still there", counted(clones.pods.len(), "clone")),
        followed: vec![clones.followed()],
        wake_after: None,
    });
    Plan { now, together: true, wait, ..Plan::default() }
}
