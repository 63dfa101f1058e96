//! Reads workloads and the Services beside them, to be held against the rules.

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, ErrorKind, Query};
use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, ObjectRef, Resource, SERVICES, STATEFUL_SETS,
};
use futures::future::try_join_all;
use serde_json::Value;

use crate::lint::Service;
use crate::workload::Workload;

/// The kinds that are read where no object is named: what makes pods by itself.
const SURVEYED: [Resource; 5] = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS, JOBS];

/// Services, or why they are not known.
pub type Services = Result<Vec<Service>, ClusterError>;

/// The Services of a namespace, or of all.
///
/// # Errors
/// Whatever the server says, except that they may not be listed, which is what is returned.
pub async fn services(cluster: &Cluster, namespace: Option<&str>) -> Result<Services, ClusterError> {
    match cluster.list_narrowed(&query(SERVICES, namespace), Service::new).await {
        Ok(listing) => Ok(Ok(listing.items)),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// What `each` makes of all workloads of a namespace, or of all namespaces. They are read page by page, and none is kept.
/// What another workload makes is left out: that is looked at instead.
///
/// # Errors
/// Whatever the server says.
pub async fn survey<T>(
    cluster: &Cluster,
    namespace: Option<&str>,
    each: impl Fn(&Workload) -> Result<T, serde_json::Error>,
) -> Result<Vec<T>, Failure> {
    let of_kind = |kind: Resource| {
        let each = &each;
        async move {
            let narrow = |object: Value| {
                let workload = Workload::new(kind, object);
                (!workload.is_copy()).then(|| each(&workload).map_err(|error| unreadable(&workload, &error)))
            };
            cluster.list_narrowed(&query(kind, namespace), narrow).await
        }
    };
    let listings = try_join_all(SURVEYED.map(of_kind)).await?;
    let all: Result<Vec<_>, _> = listings.into_iter().flat_map(|listing| listing.items).collect();
    Ok(all?)
}

fn unreadable(workload: &Workload, error: &serde_json::Error) -> ClusterError {
    let namespace = workload.namespace.clone().unwrap_or_default();
    ClusterError::unreadable(&ObjectRef::namespaced(workload.kind, namespace, &workload.name), error)
}

fn query(resource: Resource, namespace: Option<&str>) -> Query {
    let mut query = Query::all(resource, "");
    query.namespace = namespace.map(str::to_owned);
    query
}
