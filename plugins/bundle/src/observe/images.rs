//! The images that containers ran, as their runtime resolved them: the tag may move, the digest does not.

use std::collections::BTreeSet;

use drover::cluster::{Cluster, ClusterError, ErrorKind, Query};
use drover::model::object::{ObjectRef, PODS};
use drover::model::selector::Selector;
use futures::future::try_join_all;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;

use crate::store::{Image, Kept};

/// Of all workloads that select pods, in one wave.
pub async fn images(cluster: &Cluster, objects: &[Kept]) -> Result<Vec<Image>, ClusterError> {
    let selectors = objects.iter().filter_map(|kept| {
        kept.body.pointer("/spec/template")?;
        let selector = LabelSelector::deserialize(kept.body.pointer("/spec/selector")?).ok()?;
        Some((&kept.object, Selector::from(&selector)))
    });
    let found = try_join_all(selectors.map(|(workload, selector)| of(cluster, workload, selector))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The part of a pod that tells.
#[derive(Debug, Deserialize)]
struct Pod {
    #[serde(default)]
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    init_container_statuses: Vec<Container>,
    container_statuses: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    name: String,
    image: String,
    #[serde(rename = "imageID")]
    image_id: String,
}

async fn of(
    cluster: &Cluster,
    workload: &ObjectRef,
    selector: Selector,
) -> Result<BTreeSet<Image>, ClusterError> {
    let query = Query::all(PODS, &cluster.namespace).labelled(selector.to_query());
    let narrow = |pod: Pod| {
        let containers = pod.status.init_container_statuses.into_iter().chain(pod.status.container_statuses);
        let containers = containers.filter(|container| !container.image_id.is_empty());
        containers.map(|container| Image {
            workload: workload.to_string(),
            container: container.name,
            image: container.image,
            image_id: container.image_id,
        })
    };
    match cluster.list_narrowed(&query, narrow).await {
        Ok(listing) => Ok(listing.items.into_iter().collect()),
        // A version without them can be restored all the same.
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}
