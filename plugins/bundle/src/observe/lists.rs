//! The kinds that are listed, since they point at others or are pointed at by labels.

use drover::cluster::{Cluster, ClusterError, ErrorKind, Query};
use drover::model::endpoints::SERVICE_NAME_LABEL;
use drover::model::object::{
    DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, NETWORK_POLICIES,
    POD_DISRUPTION_BUDGETS, Resource, SERVICES, STATEFUL_SETS, VERTICAL_POD_AUTOSCALERS,
};
use futures::future::try_join_all;
use serde_json::Value;

use crate::kinds::{
    CERTIFICATES, CLAIMS, CLUSTER_ROLE_BINDINGS, HTTP_ROUTES, INGRESSES, ROLE_BINDINGS, ROLLOUTS,
    SCALED_OBJECTS, is_cluster_scoped,
};
use crate::relations::Related;

const LISTED: [Resource; 16] = [
    SERVICES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    HORIZONTAL_POD_AUTOSCALERS,
    POD_DISRUPTION_BUDGETS,
    NETWORK_POLICIES,
    INGRESSES,
    CLAIMS,
    ROLE_BINDINGS,
    CLUSTER_ROLE_BINDINGS,
    ROLLOUTS,
    HTTP_ROUTES,
    SCALED_OBJECTS,
    CERTIFICATES,
    VERTICAL_POD_AUTOSCALERS,
];

/// Those of them that somebody has to install first.
const INSTALLED: [Resource; 5] =
    [ROLLOUTS, HTTP_ROUTES, SCALED_OBJECTS, CERTIFICATES, VERTICAL_POD_AUTOSCALERS];

/// EndpointSlices that a person or an operator wrote; those of the cluster's own controllers carry the label.
const HAND_WRITTEN: &str = "endpointslice.kubernetes.io/managed-by notin \
    (endpointslice-controller.k8s.io,endpointslicemirroring-controller.k8s.io)";

/// Services asked about at once: with names of 63 characters the URL stays below the 8 KiB that a proxy in
/// between may take.
const SERVICES_AT_ONCE: usize = 80;

/// What lists gave.
#[derive(Default)]
pub struct Lists {
    pub found: Vec<Related>,
    pub warnings: Vec<String>,
}

pub async fn all(cluster: &Cluster) -> Result<Lists, ClusterError> {
    let listed = try_join_all(LISTED.map(|resource| list(cluster, resource))).await?;
    let mut lists = Lists::default();
    for (resource, listed) in LISTED.into_iter().zip(listed) {
        // Who may not list a kind is refused even where there is no such kind.
        if !(matches!(listed, Listed::Forbidden) && INSTALLED.contains(&resource)) {
            lists.add(resource, listed);
        }
    }
    Ok(lists)
}

/// The hand-written EndpointSlices of these Services. Those of all Services would be many for few.
pub async fn slices(cluster: &Cluster, services: &[String]) -> Result<Lists, ClusterError> {
    let queries = services.chunks(SERVICES_AT_ONCE).map(|names| {
        let selector = format!("{SERVICE_NAME_LABEL} in ({}),{HAND_WRITTEN}", names.join(","));
        Query::all(ENDPOINT_SLICES, &cluster.namespace).labelled(selector)
    });
    let listed = try_join_all(queries.map(async |query| fold(cluster, &query).await)).await?;
    let mut lists = Lists::default();
    listed.into_iter().for_each(|listed| lists.add(ENDPOINT_SLICES, listed));
    Ok(lists)
}

impl Lists {
    fn add(&mut self, resource: Resource, listed: Listed) {
        match listed {
            Listed::All(found) => self.found.extend(found),
            Listed::NotServed => {}
            Listed::Forbidden => self.warnings.push(format!(
                "you may not list {}: those that belong to it are not shown",
                resource.qualified_plural()
            )),
        }
    }
}

enum Listed {
    All(Vec<Related>),
    Forbidden,
    /// Nobody installed that kind here.
    NotServed,
}

async fn list(cluster: &Cluster, resource: Resource) -> Result<Listed, ClusterError> {
    let mut query = Query::all(resource, &cluster.namespace);
    if is_cluster_scoped(resource) {
        query.namespace = None;
    }
    fold(cluster, &query).await
}

async fn fold(cluster: &Cluster, query: &Query) -> Result<Listed, ClusterError> {
    let keep = |found: &mut Vec<Related>, object: Value| found.extend(Related::of(query.resource, &object));
    match cluster.fold(query, keep).await {
        Ok(listing) => Ok(Listed::All(listing.items)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Listed::NotServed),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Listed::Forbidden),
        Err(error) => Err(error),
    }
}
