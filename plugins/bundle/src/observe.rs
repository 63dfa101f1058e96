//! Reads the cluster: one parallel wave for the roots and for the kinds that point at others, then a
//! wave of single objects for each step that references lead further. Never all types, and of Secrets
//! and ConfigMaps only the metadata of those that are referred to.

use drover::cluster::{Cluster, ClusterError, ErrorKind, Query};
use drover::model::object::{
    DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, NETWORK_POLICIES, ObjectRef,
    POD_DISRUPTION_BUDGETS, Resource, SERVICES, STATEFUL_SETS, VERTICAL_POD_AUTOSCALERS,
};
use futures::future::{join, try_join_all};
use serde_json::Value;

use crate::kinds::{
    CERTIFICATES, CLAIMS, CLUSTER_ROLE_BINDINGS, HTTP_ROUTES, INGRESSES, ROLE_BINDINGS, ROLLOUTS,
    SCALED_OBJECTS, SERVICE_ACCOUNTS, is_cluster_scoped,
};
use crate::membership::{Known, Member, Presence, Sight, gather};
use crate::relations::Related;

/// The kinds that are listed, since they point at others or are pointed at by labels.
const LISTED: [Resource; 17] = [
    SERVICES,
    ENDPOINT_SLICES,
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

/// The members of a bundle, and what could not be seen.
pub struct Observed {
    pub members: Vec<Member>,
    pub warnings: Vec<String>,
}

/// Reads as much as the members take.
pub async fn members(cluster: &Cluster, roots: &[ObjectRef]) -> Result<Observed, ClusterError> {
    let mut known = Known::default();
    let mut warnings = Vec::new();
    let (sights, lists) =
        join(look_up(cluster, roots.to_vec()), try_join_all(LISTED.map(|resource| list(cluster, resource))))
            .await;
    for (resource, listed) in LISTED.into_iter().zip(lists?) {
        match listed {
            Listed::All(found) => found.into_iter().for_each(|related| known.add(related)),
            // Who may not list a kind is refused even where there is no such kind.
            Listed::Forbidden if INSTALLED.contains(&resource) => {}
            Listed::Forbidden => warnings.push(format!(
                "you may not list {}: those that belong to it are not shown",
                resource.qualified_plural()
            )),
            Listed::NotServed => {}
        }
    }
    learn(&mut known, sights?);
    loop {
        let members = gather(roots, &known);
        let unknown = members.iter().filter(|member| member.presence == Presence::Unknown);
        let unknown: Vec<_> = unknown.map(|member| member.object.clone()).collect();
        if unknown.is_empty() {
            return Ok(Observed { members, warnings });
        }
        learn(&mut known, look_up(cluster, unknown).await?);
    }
}

/// A root that may not be read alone may have been seen in a list.
fn learn(known: &mut Known, sights: Vec<(ObjectRef, Sight)>) {
    for (object, sight) in sights {
        if known.sight(&object).is_none() {
            known.set(&object, sight);
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
    if resource == ENDPOINT_SLICES {
        query = query.labelled(HAND_WRITTEN);
    }
    let keep = |found: &mut Vec<Related>, object: Value| found.extend(Related::of(resource, &object));
    match cluster.fold(&query, keep).await {
        Ok(listing) => Ok(Listed::All(listing.items)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Listed::NotServed),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Listed::Forbidden),
        Err(error) => Err(error),
    }
}

async fn look_up(
    cluster: &Cluster,
    objects: Vec<ObjectRef>,
) -> Result<Vec<(ObjectRef, Sight)>, ClusterError> {
    try_join_all(objects.into_iter().map(async |object| {
        let sight = sight(cluster, &object).await?;
        Ok((object, sight))
    }))
    .await
}

async fn sight(cluster: &Cluster, object: &ObjectRef) -> Result<Sight, ClusterError> {
    // Of all others the metadata says enough.
    let says_more = object.resource == SERVICE_ACCOUNTS || crate::root::is_root_kind(object.resource);
    let found =
        if says_more { cluster.get_optional(object).await } else { cluster.get_metadata(object).await };
    match found {
        Ok(found) => {
            let related = found.and_then(|found: Value| Related::of(object.resource, &found));
            Ok(related.map_or(Sight::Absent, |related| Sight::Seen(Box::new(related))))
        }
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Sight::Forbidden),
        Err(error) => Err(error),
    }
}
