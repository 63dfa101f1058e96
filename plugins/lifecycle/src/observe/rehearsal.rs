//! Reads what a rehearsal needs: what is cloned with all that could choose the clone, and which clones there are.

use drover::cli::Failure;
use drover::cluster::{Change, Cluster, ClusterError, Followed, Query, Right};
use drover::model::object::{
    DAEMON_SETS, DEPLOYMENTS, EVENTS, Metadata, ObjectRef, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS,
    Resource, SERVICES, STATEFUL_SETS,
};
use futures::join;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rehearsal::clone::{self, CLONE, LABEL, Record, State};
use crate::target::Target;
use crate::workload::template_pointer;

/// What must be allowed before anything is made: a clone must escape all that chooses pods, and must go again.
const NEEDED: [(&str, Resource); 12] = [
    ("get", PODS),
    ("list", PODS),
    ("watch", PODS),
    ("create", PODS),
    ("delete", PODS),
    ("list", EVENTS),
    ("watch", EVENTS),
    ("list", SERVICES),
    ("list", DEPLOYMENTS),
    ("list", REPLICA_SETS),
    ("list", STATEFUL_SETS),
    ("list", DAEMON_SETS),
];

/// What is cloned, and what its clone must escape; none where it does not exist.
///
/// # Errors
/// With all rights that are missing, and whatever the server says.
pub async fn origin(cluster: &Cluster, target: &Target) -> Result<Option<State>, Failure> {
    let object = target.in_namespace(&cluster.namespace);
    let own = [("get", target.resource), ("list", REPLICATION_CONTROLLERS)];
    let right = |(verb, resource)| Right { verb, resource, namespace: Some(cluster.namespace.clone()) };
    let rights: Vec<_> = NEEDED.into_iter().chain(own).map(right).collect();
    let clone = clone::target(&object);
    let (missing, user, found, present, services, controllers, budgets, policies) = join!(
        cluster.missing_rights(&rights),
        cluster.user_name(),
        cluster.get_optional::<Value>(&object),
        clones(cluster, clone.namespace.as_deref(), Some(&clone.name)),
        cluster.selecting_services(),
        cluster.claims(),
        cluster.budgets(),
        cluster.network_policies(),
    );
    let missing = missing?;
    if !missing.is_empty() {
        return Err(Failure::lacking(&missing, &cluster.namespace, "lifecycle"));
    }
    let Some(found) = found? else { return Ok(None) };
    let template = found.pointer(template_pointer(target.resource)).cloned().unwrap_or_default();
    Ok(Some(State {
        object,
        template: json!({"metadata": template["metadata"], "spec": template["spec"]}),
        found,
        services: services?,
        controllers: controllers?,
        budgets: budgets?,
        policies: policies?,
        present: present?.pods.into_iter().find_map(|(_, record)| record),
        context: cluster.context.clone(),
        user,
    }))
}

/// The clones that there are, by what was last heard of them.
#[derive(Debug)]
pub struct Clones {
    pub pods: Vec<(Metadata, Option<Record>)>,
    query: Query,
    resource_version: String,
}

/// Those of a namespace, or of all; only that one where a name is given.
///
/// # Errors
/// Whatever the server says.
pub async fn clones(
    cluster: &Cluster,
    namespace: Option<&str>,
    named: Option<&str>,
) -> Result<Clones, ClusterError> {
    let mut query = Query::all(PODS, "").labelled(format!("{LABEL}={CLONE}"));
    query.namespace = namespace.map(str::to_owned);
    if let Some(name) = named {
        query = query.named(name);
    }
    let read = |pod: Value| Metadata::deserialize(&pod["metadata"]).ok();
    let listing = cluster.list_narrowed(&query, read).await?;
    let pods = listing.items.into_iter().map(with_record).collect();
    Ok(Clones { pods, query, resource_version: listing.resource_version })
}

/// Another look at the same.
///
/// # Errors
/// Whatever the server says.
pub async fn again(cluster: &Cluster, before: &Clones) -> Result<Clones, ClusterError> {
    let read = |pod: Value| Metadata::deserialize(&pod["metadata"]).ok();
    let listing = cluster.list_narrowed(&before.query, read).await?;
    // One that came since is another's.
    let is_known = |pod: &Metadata| before.pods.iter().any(|(known, _)| known.uid == pod.uid);
    let pods = listing.items.into_iter().filter(is_known).map(with_record).collect();
    Ok(Clones { pods, query: before.query.clone(), resource_version: listing.resource_version })
}

fn with_record(metadata: Metadata) -> (Metadata, Option<Record>) {
    let record = Record::of(&metadata);
    (metadata, record)
}

impl Clones {
    /// Takes note of a change of one of them.
    pub fn update(&mut self, change: &Change) {
        let Ok(metadata) = Metadata::deserialize(&change.object["metadata"]) else { return };
        if change.resource != PODS {
            return;
        }
        let known = self.pods.iter().position(|(known, _)| known.uid == metadata.uid);
        match (known, change.gone) {
            (Some(index), true) => _ = self.pods.remove(index),
            (Some(index), false) => self.pods[index] = with_record(metadata),
            // One that came since is another's.
            (None, _) => {}
        }
    }

    /// What follows them from there on.
    pub fn followed(&self) -> Followed {
        Followed { query: self.query.clone(), resource_version: self.resource_version.clone() }
    }
}

/// One of them as an object.
pub fn object(pod: &Metadata) -> ObjectRef {
    ObjectRef::namespaced(PODS, &pod.namespace, &pod.name)
}
