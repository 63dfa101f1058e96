//! Reads a workload and its pods: two requests, however many pods there are.

use drover::cli::Failure;
use drover::cluster::{Cluster, Followed, Query};
use drover::model::object::{ObjectRef, PODS};
use drover::model::selector::Selector;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use serde_json::Value;

use crate::trace::{Rollout, Seen};

/// A workload, and which pods are its.
pub struct Found {
    body: Value,
    selector: Selector,
    /// What follows it. From its own resourceVersion nothing could be followed, where that is too old.
    followed: Followed,
}

/// Reads a workload.
///
/// # Errors
/// When it does not exist or has no selector, and whatever the server says.
pub async fn workload(cluster: &Cluster, workload: &ObjectRef) -> Result<Found, Failure> {
    let query = Query::all(workload.resource, &cluster.namespace).named(&workload.name);
    let mut listing = cluster.list::<Value>(&query).await?;
    let Some(body) = listing.items.pop() else {
        return Err(does_not_exist(cluster, workload).await);
    };
    let selector = LabelSelector::deserialize(&body["spec"]["selector"]).ok();
    let Some(selector) = selector else {
        return Err(Failure::new(format!("{workload} has no selector: it makes no pods itself")));
    };
    let selector = Selector::from(&selector);
    let followed = Followed { query, resource_version: listing.resource_version };
    Ok(Found { body, selector, followed })
}

/// Its pods as they are, and what follows it from there on.
///
/// # Errors
/// Whatever the server says.
pub async fn pods(cluster: &Cluster, found: Found, rollout: &mut Rollout) -> Result<Vec<Followed>, Failure> {
    let Found { body, selector, followed } = found;
    let pods = Query::all(PODS, &cluster.namespace).labelled(selector.to_query());
    // Each page is narrowed as it arrives.
    let listing = cluster.list_narrowed(&pods, |pod: Pod| Some(Seen::from(&pod))).await?;
    rollout.learn_all(listing.items, cluster.now());
    rollout.learn_workload(body);
    Ok(vec![followed, Followed { query: pods, resource_version: listing.resource_version }])
}

async fn does_not_exist(cluster: &Cluster, workload: &ObjectRef) -> Failure {
    let failure = Failure::new(format!("{workload} does not exist in namespace {:?}", cluster.namespace));
    let close = cluster.close_names(workload).await;
    if close.is_empty() { failure } else { failure.hint(format!("did you mean {}?", close.join(", "))) }
}
