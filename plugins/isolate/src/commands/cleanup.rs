//! `kubectl isolate cleanup`: deletes isolated pods, and nothing else.

use std::time::Duration;

use drover::change::{Step, Write, apply, preflight};
use drover::cli::{DryRunArg, Failure, Streams};
use drover::cluster::{Cluster, ClusterError, Connection, Followed, Query, Right, in_words};
use drover::model::ISOLATED_LABEL;
use drover::model::object::{ObjectRef, Owner, PODS};
use drover::model::pod::Pod;
use futures::StreamExt;
use futures::future::try_join_all;
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};

use super::session::Session;
use crate::FIELD_MANAGER;
use crate::args::CleanupOptions;
use crate::plan::Problem;
use crate::plan::refusal::does_not_exist;
use crate::record::Record;

/// The pause after a watch failed, so that a server that refuses every watch is not flooded.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// One deleted pod. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cleaned {
    pod: String,
    namespace: String,
    dry_run: &'static str,
}

pub async fn run(
    cluster: &Cluster,
    options: &CleanupOptions,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let session = Session::new(cluster, &options.change, connection);
    let about = match options.names.as_slice() {
        [] => "isolated pods".to_owned(),
        names => format!("pod/{}", names.join(", pod/")),
    };
    let failed = |problem: Problem| problem.into_failure(&about, &options.again(connection));
    clean(&session, options, streams).await.map_err(failed)
}

async fn clean(
    session: &Session<'_>,
    options: &CleanupOptions,
    streams: &mut Streams,
) -> Result<(), Problem> {
    let cluster = session.cluster;
    let rights = rights(cluster);
    let (missing, pods) = futures::join!(cluster.missing_rights(&rights), chosen(cluster, options));
    let missing = missing?;
    if !missing.is_empty() {
        let message = format!("you lack rights in namespace {:?}: {}", cluster.namespace, in_words(&missing));
        return Err(Failure::new(message).into());
    }
    let pods = pods?;
    writeln!(streams.err, "{}/{}", cluster.context, cluster.namespace)?;
    if pods.is_empty() {
        let which = if options.expired { "isolated pods whose time is over" } else { "isolated pods" };
        writeln!(streams.err, "No {which} to delete.")?;
    }
    for pod in &pods {
        check(pod, &session.flags)?;
    }
    let dry_run = options.change.dry_run;
    let field_manager = options.change.field_manager(FIELD_MANAGER);
    let mut steps: Vec<(Step, &Pod)> = Vec::new();
    for pod in &pods {
        let target = ObjectRef::namespaced(PODS, &pod.metadata.namespace, &pod.metadata.name);
        let write = Write::delete(target, &pod.metadata.uid);
        steps.push((Step { title: format!("delete {}", pod.metadata.name), write }, pod));
    }
    for (step, _) in &steps {
        if dry_run != DryRunArg::Client {
            preflight(cluster, step, field_manager).await?;
        }
    }
    if dry_run == DryRunArg::None {
        for (step, _) in &steps {
            apply(cluster, step, field_manager, None).await?;
        }
        let deadline = Instant::now() + grace(&pods) + options.timeout;
        let gone = wait_until_gone(session, &pods, deadline).await;
        gone.map_err(|problem| unseen(problem, &pods, &session.flags))?;
    }
    let mut cleaned = Vec::new();
    for pod in pods {
        let verb = format!("deleted{}", dry_run.suffix());
        streams.answer(options.change.output, &format!("pod/{}", pod.metadata.name), &verb)?;
        let (pod, namespace) = (pod.metadata.name, pod.metadata.namespace);
        cleaned.push(Cleaned { pod, namespace, dry_run: dry_run.name() });
    }
    streams.structured(options.change.output, "CleanupList", &cleaned)?;
    Ok(())
}

fn rights(cluster: &Cluster) -> Vec<Right> {
    let namespace = Some(cluster.namespace.clone());
    let verbs = ["get", "list", "watch", "delete"];
    verbs.map(|verb| Right { verb, resource: PODS, namespace: namespace.clone() }).into()
}

/// The pods that are meant.
async fn chosen(cluster: &Cluster, options: &CleanupOptions) -> Result<Vec<Pod>, Problem> {
    if options.names.is_empty() {
        let selector = match options.selector.as_str() {
            "" => ISOLATED_LABEL.to_owned(),
            selector => format!("{ISOLATED_LABEL},{selector}"),
        };
        let query = Query::all(PODS, &cluster.namespace).labelled(selector);
        let mut pods: Vec<Pod> = cluster.list(&query).await?.items;
        if options.expired {
            let now = cluster.now();
            let record = |pod: &Pod| Record::of(pod).ok().flatten();
            pods.retain(|pod| record(pod).is_some_and(|record| record.has_expired(now)));
        }
        return Ok(pods);
    }
    let found = options.names.iter().map(|name| async move {
        let object = ObjectRef::namespaced(PODS, &cluster.namespace, name);
        match cluster.get_optional::<Pod>(&object).await? {
            Some(pod) => Ok(pod),
            None => Err(does_not_exist(&object, &cluster.close_names(&object).await).into()),
        }
    });
    try_join_all(found).await
}

/// Only a pod that is isolated as a whole may go: any other still serves, or belongs to somebody.
fn check(pod: &Pod, flags: &str) -> Result<(), Failure> {
    let name = &pod.metadata.name;
    let record = Record::of(pod).ok().flatten();
    let is_kept = |owner: &Owner| {
        let kept = record.as_ref().filter(|record| record.traffic_only && !record.is_undone(pod));
        kept.is_some_and(|record| record.owner.uid == owner.uid)
    };
    if let Some(owner) = pod.metadata.controller().filter(|owner| !is_kept(owner)) {
        return Err(Failure::new(format!("pod/{name} is not isolated: it belongs to {owner}")));
    }
    match Record::of(pod) {
        Ok(Some(record)) if record.is_half_done(pod) => {
            Err(Failure::new(format!("pod/{name} is only half isolated: it still takes traffic"))
                .hint(format!("finish that first:  kubectl isolate{flags} {name}")))
        }
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Failure::new(format!("pod/{name} is not isolated"))
            .hint(format!("see what is:  kubectl isolate list{flags}"))),
        Err(words) => Err(Failure::new(format!("pod/{name}: {words}"))),
    }
}

/// The longest grace period among the pods.
fn grace(pods: &[Pod]) -> Duration {
    Duration::from_secs(pods.iter().map(Pod::grace_period_seconds).max().unwrap_or_default())
}

async fn wait_until_gone(session: &Session<'_>, pods: &[Pod], deadline: Instant) -> Result<(), Problem> {
    let query = Query::all(PODS, &session.cluster.namespace).labelled(ISOLATED_LABEL);
    let mut left = pods.to_vec();
    loop {
        let resource_version = session.cluster.list::<Pod>(&query).await?.resource_version;
        // Read after the list: what changes later is followed from there.
        left = still_existing(session.cluster, left).await?;
        if left.is_empty() {
            return Ok(());
        }
        let followed = Followed { query: query.clone(), resource_version };
        let mut changes = session.cluster.follow(&[followed]);
        tokio::select! {
            // Any change: look again at all that is left. A watch that fails is asked again after a pause.
            change = changes.next() => if !matches!(change, Some(Ok(_))) {
                sleep(PAUSE_AFTER_ERROR).await;
            },
            () = sleep_until(deadline) => return Err(still_there(&left, "not gone in time").into()),
            () = session.cancel.requested() => return Err(still_there(&left, "interrupted").into()),
        }
    }
}

/// The cluster failed us once all were deleted: this command would find nothing to delete any more.
fn unseen(problem: Problem, pods: &[Pod], flags: &str) -> Problem {
    let Problem::Cluster(error) = problem else { return problem };
    let names: Vec<_> = pods.iter().map(|pod| format!("pod/{}", pod.metadata.name)).collect();
    let failure = Failure::new(format!("{}: deleted, but not seen to go: {error}", names.join(", ")));
    failure.hint(format!("go on with:  kubectl wait --for=delete{flags} {}", names.join(" "))).into()
}

/// Those that are still there as the very pods they were, as they are now.
async fn still_existing(cluster: &Cluster, pods: Vec<Pod>) -> Result<Vec<Pod>, ClusterError> {
    let looked = try_join_all(pods.into_iter().map(|pod| async move {
        let object = ObjectRef::namespaced(PODS, &pod.metadata.namespace, &pod.metadata.name);
        let found: Option<Pod> = cluster.get_optional(&object).await?;
        Ok::<_, ClusterError>(found.filter(|found| found.metadata.uid == pod.metadata.uid))
    }));
    Ok(looked.await?.into_iter().flatten().collect())
}

/// Which pods are still there, and what holds each.
fn still_there(left: &[Pod], why: &str) -> Failure {
    let pods: Vec<_> = left
        .iter()
        .map(|pod| {
            let (name, finalizers) = (&pod.metadata.name, &pod.metadata.finalizers);
            let node = pod.node().unwrap_or("no node");
            match finalizers.is_empty() {
                true => format!("pod/{name}: node {node} has not confirmed that its containers ended"),
                false => format!("pod/{name}: finalizer {} holds it", finalizers.join(", ")),
            }
        })
        .collect();
    Failure::new(format!("deleted, but {why}: {}", pods.join("; ")))
        .hint("it goes as soon as that is resolved; see:  kubectl describe pod")
}
