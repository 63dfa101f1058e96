//! The earlier pod templates of workloads, which their controllers keep for a while.

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

/// What all workloads were, in one wave.
pub async fn revisions(cluster: &Cluster, current: &Current) -> Result<Vec<Past>, ClusterError> {
    let found = try_join_all(current.objects.iter().map(async |workload| {
        let uid = current.uids.get(&workload.object.path()).map_or("", String::as_str);
        Ok::<_, ClusterError>(past(workload, uid, &of(cluster, workload).await?))
    }));
    let mut found: Vec<_> = found.await?.into_iter().flatten().collect();
    tell_apart(&mut found);
    Ok(found)
}

async fn of(cluster: &Cluster, workload: &Kept) -> Result<Vec<Value>, ClusterError> {
    let resource = match workload.object.resource {
        DEPLOYMENTS => REPLICA_SETS,
        STATEFUL_SETS | DAEMON_SETS => CONTROLLER_REVISIONS,
        _ => return Ok(Vec::new()),
    };
    let Ok(selector) = LabelSelector::deserialize(&workload.body["spec"]["selector"]) else {
        return Ok(Vec::new());
    };
    let selector = Selector::from(&selector).to_query();
    match cluster.list(&Query::all(resource, &cluster.namespace).labelled(selector)).await {
        Ok(listing) => Ok(listing.items),
        // The past is a bonus: without it the first version is recorded all the same.
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
