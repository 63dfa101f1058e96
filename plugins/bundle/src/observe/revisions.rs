//! The earlier pod templates of workloads, which their controllers keep for a while.

use std::collections::BTreeSet;

use drover::cluster::{Cluster, ClusterError, ErrorKind, Query};
use drover::model::object::{DAEMON_SETS, DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS};
use drover::model::selector::Selector;
use futures::future::try_join_all;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use serde_json::Value;

use crate::kinds::CONTROLLER_REVISIONS;
use crate::past::{Past, past, tell_apart};
use crate::state::Current;
use crate::store::Kept;

/// What all workloads were, in one wave, and what may not be seen of it.
pub async fn revisions(
    cluster: &Cluster,
    current: &Current,
) -> Result<(Vec<Past>, BTreeSet<String>), ClusterError> {
    let found = try_join_all(current.objects.iter().map(async |workload| {
        let uid = current.uids.get(&workload.object.path()).map_or("", String::as_str);
        let revisions = of(cluster, workload).await?;
        Ok::<_, ClusterError>(revisions.map(|revisions| past(workload, uid, &revisions)))
    }));
    let (mut all, mut warnings) = (Vec::new(), BTreeSet::new());
    for found in found.await? {
        match found {
            Ok(past) => all.extend(past),
            Err(warning) => warnings.extend([warning]),
        }
    }
    tell_apart(&mut all);
    Ok((all, warnings))
}

/// Its revisions, or a warning where they may not be listed.
async fn of(cluster: &Cluster, workload: &Kept) -> Result<Result<Vec<Value>, String>, ClusterError> {
    let resource = match workload.object.resource {
        DEPLOYMENTS => REPLICA_SETS,
        STATEFUL_SETS | DAEMON_SETS => CONTROLLER_REVISIONS,
        _ => return Ok(Ok(Vec::new())),
    };
    let Ok(selector) = LabelSelector::deserialize(&workload.body["spec"]["selector"]) else {
        return Ok(Ok(Vec::new()));
    };
    let selector = Selector::from(&selector).to_query();
    match cluster.list(&Query::all(resource, &cluster.namespace).labelled(selector)).await {
        Ok(listing) => Ok(Ok(listing.items)),
        // The past is a bonus: without it the first version is recorded all the same.
        Err(error) if error.kind == ErrorKind::Forbidden => {
            let plural = resource.qualified_plural();
            Ok(Err(format!("you may not list {plural}: what they tell of the past is not recorded")))
        }
        Err(error) => Err(error),
    }
}
