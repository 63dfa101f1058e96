//! The kinds that are listed, since they point at others or are pointed at by labels.

use drover::cluster::{Cluster, ClusterError, ErrorKind, Query};
use drover::model::endpoints::SERVICE_NAME_LABEL;
use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, JOBS, NETWORK_POLICIES,
    POD_DISRUPTION_BUDGETS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS,
    VERTICAL_POD_AUTOSCALERS,
};
use futures::future::try_join_all;

use super::listed::Listed;
use crate::kinds::{
    CERTIFICATES, CLAIMS, CLUSTER_ROLE_BINDINGS, GRPC_ROUTES, HTTP_ROUTES, INGRESSES, POD_MONITORS,
    ROLE_BINDINGS, ROLLOUTS, SCALED_OBJECTS, SERVICE_MONITORS, TCP_ROUTES, TLS_ROUTES, is_cluster_scoped,
};
use crate::relations::Related;

const LISTED: [Resource; 12] = [
    SERVICES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    HORIZONTAL_POD_AUTOSCALERS,
    POD_DISRUPTION_BUDGETS,
    NETWORK_POLICIES,
    INGRESSES,
    CLAIMS,
    ROLE_BINDINGS,
    CLUSTER_ROLE_BINDINGS,
];

/// The same, where somebody installed them.
const INSTALLED: [Resource; 10] = [
    ROLLOUTS,
    HTTP_ROUTES,
    GRPC_ROUTES,
    TLS_ROUTES,
    TCP_ROUTES,
    SCALED_OBJECTS,
    CERTIFICATES,
    VERTICAL_POD_AUTOSCALERS,
    SERVICE_MONITORS,
    POD_MONITORS,
];

/// The workloads that a controller makes almost always, and then are no members: too many to list them all.
const MADE: [Resource; 3] = [REPLICA_SETS, JOBS, REPLICATION_CONTROLLERS];

/// Each page is a round trip, and what is kept of its objects is small. 2,000 Services are about 3 MiB.
const PAGE_SIZE: u32 = 2000;

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
    /// The kinds that may not be listed.
    pub forbidden: Vec<Resource>,
    /// The same for kinds that need not be there: who may not list a kind is refused also where there is
    /// no such kind.
    pub doubtful: Vec<Resource>,
}

/// All lists of the namespace.
pub async fn all(cluster: &Cluster) -> Result<Lists, ClusterError> {
    let mut lists = Lists::default();
    for more in try_join_all(each(cluster)).await? {
        lists.found.extend(more.found);
        lists.forbidden.extend(more.forbidden);
        lists.doubtful.extend(more.doubtful);
    }
    Ok(lists)
}

/// The same, one by one.
pub fn each(cluster: &Cluster) -> impl Iterator<Item = impl Future<Output = Result<Lists, ClusterError>>> {
    LISTED.into_iter().chain(INSTALLED).map(async |resource| {
        let mut lists = Lists::default();
        lists.add(resource, list(cluster, resource).await?);
        Ok(lists)
    })
}

/// Whether all objects of that kind are in one of them.
pub fn is_listed(resource: Resource) -> bool {
    LISTED.contains(&resource) || INSTALLED.contains(&resource)
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

/// What no controller makes of the workloads with these labels.
pub async fn workloads_by_hand(cluster: &Cluster, selectors: &[String]) -> Result<Lists, ClusterError> {
    let all = selectors.iter().flat_map(|selector| MADE.map(|resource| (resource, selector)));
    let listed = try_join_all(all.map(async |(resource, selector)| {
        let query = Query::all(resource, &cluster.namespace).labelled(selector);
        Ok((resource, fold(cluster, &query).await?))
    }))
    .await?;
    let mut lists = Lists::default();
    listed.into_iter().for_each(|(resource, listed)| lists.add(resource, listed));
    lists.found.retain(|related| related.controller().is_none());
    Ok(lists)
}

impl Lists {
    fn add(&mut self, resource: Resource, outcome: Outcome) {
        match outcome {
            Outcome::All(found) => self.found.extend(found),
            Outcome::NotServed => {}
            Outcome::Forbidden if INSTALLED.contains(&resource) => self.doubtful.push(resource),
            Outcome::Forbidden => self.forbidden.push(resource),
        }
    }
}

enum Outcome {
    All(Vec<Related>),
    Forbidden,
    /// Nobody installed that kind here.
    NotServed,
}

async fn list(cluster: &Cluster, resource: Resource) -> Result<Outcome, ClusterError> {
    let mut query = Query::all(resource, &cluster.namespace).in_pages_of(PAGE_SIZE);
    if is_cluster_scoped(resource) {
        query.namespace = None;
    }
    fold(cluster, &query).await
}

async fn fold(cluster: &Cluster, query: &Query) -> Result<Outcome, ClusterError> {
    match cluster.list_narrowed(query, |Listed(object)| Related::of(query.resource, &object)).await {
        Ok(listing) => Ok(Outcome::All(listing.items)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Outcome::NotServed),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Outcome::Forbidden),
        Err(error) => Err(error),
    }
}
