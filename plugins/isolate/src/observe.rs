//! Reads the cluster: one parallel wave for the namespace and the pod, a second for what can only
//! be named once those are known.

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, ErrorKind, Listing, Query, Right, in_words};
use drover::model::controller::{
    Claimant, Deployment, FetchedDeployment, ListedReplicaSet, ListedReplicationController, ReplicaSet,
};
use drover::model::endpoints::EndpointSlice;
use drover::model::object::{
    DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, NETWORK_POLICIES, ObjectRef, Owner, POD_DISRUPTION_BUDGETS,
    PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS,
};
use drover::model::pod::Pod;
use drover::model::policy::{ListedNetworkPolicy, NetworkPolicy, PodDisruptionBudget};
use drover::model::service::Service;
use futures::future::{join, join_all};
use futures::join;
use serde::de::DeserializeOwned;

use crate::record::Record;
use crate::state::{State, Subject, Survey};

/// What isolation may not do without.
const RIGHTS: [(&str, Resource); 14] = [
    ("get", PODS),
    ("list", PODS),
    ("watch", PODS),
    ("patch", PODS),
    ("list", SERVICES),
    ("list", ENDPOINT_SLICES),
    ("watch", ENDPOINT_SLICES),
    ("list", REPLICA_SETS),
    ("watch", REPLICA_SETS),
    ("list", REPLICATION_CONTROLLERS),
    ("watch", REPLICATION_CONTROLLERS),
    ("list", STATEFUL_SETS),
    ("list", DAEMON_SETS),
    ("get", DEPLOYMENTS),
];

/// The first look at several pods of one namespace, the user's rights included.
pub async fn first(cluster: &Cluster, names: &[String]) -> Result<Vec<State>, Failure> {
    let rights =
        RIGHTS.map(|(verb, resource)| Right { verb, resource, namespace: Some(cluster.namespace.clone()) });
    let (missing, user, survey, pods) = join!(
        cluster.missing_rights(&rights),
        cluster.user_name(),
        survey(cluster),
        join_all(names.iter().map(|name| pod(cluster, name))),
    );
    let missing = missing?;
    if !missing.is_empty() {
        let (list, namespace) = (in_words(&missing), &cluster.namespace);
        let message = format!("you lack rights in namespace {namespace:?} that isolating needs: {list}");
        return Err(
            Failure::new(message).hint("the README of kubectl isolate has a ClusterRole with all of them")
        );
    }
    let survey = Survey { user, ..survey? };
    let subjects = names.iter().zip(pods).map(|(name, pod)| {
        let survey = &survey;
        async move { belongings(cluster, survey, name, pod?, None).await }
    });
    let subjects: Result<Vec<_>, ClusterError> = join_all(subjects).await.into_iter().collect();
    Ok(subjects?.into_iter().map(|subject| State { survey: survey.clone(), subject }).collect())
}

/// Another look at one pod: what it belongs to is known, so that all goes in one wave.
pub async fn again(cluster: &Cluster, before: &State) -> Result<State, ClusterError> {
    let name = &before.subject.name;
    let known = before.subject.pod.clone();
    let (survey, subject) = join(survey(cluster), async {
        let (pod, belongings) =
            join(pod(cluster, name), belongings(cluster, &before.survey, name, known, Some(before))).await;
        Ok::<_, ClusterError>(Subject { pod: pod?, ..belongings? })
    })
    .await;
    let survey = Survey { user: before.survey.user.clone(), ..survey? };
    Ok(State { survey, subject: subject? })
}

async fn pod(cluster: &Cluster, name: &str) -> Result<Option<Pod>, ClusterError> {
    cluster.get_optional(&ObjectRef::namespaced(PODS, &cluster.namespace, name)).await
}

/// The pod's siblings and its Deployment.
async fn belongings(
    cluster: &Cluster,
    survey: &Survey,
    name: &str,
    pod: Option<Pod>,
    before: Option<&State>,
) -> Result<Subject, ClusterError> {
    let record = pod.as_ref().and_then(|pod| Record::of(pod).ok().flatten());
    let owner =
        record.as_ref().map(|record| record.owner.clone()).or_else(|| pod.as_ref()?.metadata.controller());
    let set =
        owner.as_ref().and_then(|owner| survey.replica_sets.iter().find(|set| set.owner.uid == owner.uid));
    let deployment_owner = set
        .and_then(|set| set.controller.clone())
        .or_else(|| record.and_then(|record| record.workload))
        .or_else(|| before?.subject.deployment.as_ref().map(|deployment| deployment.owner.clone()))
        .filter(|owner| owner.kind == DEPLOYMENTS.kind);
    let (siblings, deployment) =
        join(siblings(cluster, set), deployment(cluster, deployment_owner.as_ref())).await;
    let siblings = siblings?;
    Ok(Subject {
        name: name.to_owned(),
        pod,
        deployment: deployment?,
        siblings: siblings.items.into_iter().map(|pod: Pod| (pod.metadata.uid.clone(), pod)).collect(),
        siblings_version: siblings.resource_version,
    })
}

async fn siblings(cluster: &Cluster, set: Option<&ReplicaSet>) -> Result<Listing<Vec<Pod>>, ClusterError> {
    match set {
        Some(set) => {
            let query = Query::all(PODS, &cluster.namespace).labelled(set.selector.to_query());
            cluster.list(&query).await
        }
        None => Ok(Listing { items: Vec::new(), resource_version: String::new() }),
    }
}

async fn deployment(cluster: &Cluster, owner: Option<&Owner>) -> Result<Option<Deployment>, ClusterError> {
    let Some(owner) = owner else { return Ok(None) };
    let object = ObjectRef::namespaced(DEPLOYMENTS, &cluster.namespace, &owner.name);
    let found: Option<FetchedDeployment> = cluster.get_optional(&object).await?;
    Ok(found.map(Deployment::from))
}

/// The namespace, in one parallel wave of lists, each reduced to narrow values page by page.
async fn survey(cluster: &Cluster) -> Result<Survey, ClusterError> {
    let (services, slices, sets, controllers, stateful, daemons, budgets, policies) = join!(
        all(cluster, SERVICES, Service::from_listed),
        all(cluster, ENDPOINT_SLICES, Some::<EndpointSlice>),
        all(cluster, REPLICA_SETS, |item: ListedReplicaSet| Some(ReplicaSet::from(item))),
        all(cluster, REPLICATION_CONTROLLERS, |item: ListedReplicationController| {
            Some(ReplicaSet::from(item))
        }),
        all(cluster, STATEFUL_SETS, |item| Some(Claimant::from_listed(STATEFUL_SETS.kind, item))),
        all(cluster, DAEMON_SETS, |item| Some(Claimant::from_listed(DAEMON_SETS.kind, item))),
        all(cluster, POD_DISRUPTION_BUDGETS, PodDisruptionBudget::from_listed),
        all(cluster, NETWORK_POLICIES, |item: ListedNetworkPolicy| Some(NetworkPolicy::from(item))),
    );
    let (services, slices, sets, controllers) = (services?, slices?, sets?, controllers?);
    Ok(Survey {
        namespace: cluster.namespace.clone(),
        versions: [
            (ENDPOINT_SLICES.plural, slices.resource_version),
            (REPLICA_SETS.plural, sets.resource_version),
            (REPLICATION_CONTROLLERS.plural, controllers.resource_version),
        ]
        .into(),
        services: services.items,
        slices: slices.items.into_iter().map(|slice| (slice.metadata.name.clone(), slice)).collect(),
        replica_sets: sets.items.into_iter().chain(controllers.items).collect(),
        other_controllers: stateful?.items.into_iter().chain(daemons?.items).collect(),
        budgets: unless_forbidden(budgets)?,
        policies: unless_forbidden(policies)?,
        user: String::new(),
        now: cluster.now(),
    })
}

/// All objects of a kind in the namespace, each reduced to what matters as its page arrives.
async fn all<T: DeserializeOwned, N>(
    cluster: &Cluster,
    resource: Resource,
    narrow: impl Fn(T) -> Option<N>,
) -> Result<Listing<Vec<N>>, ClusterError> {
    let query = Query::all(resource, &cluster.namespace);
    cluster.fold(&query, |items: &mut Vec<N>, item| items.extend(narrow(item))).await
}

/// What only refines the answer may be out of sight; the plan says so.
fn unless_forbidden<T>(
    listing: Result<Listing<Vec<T>>, ClusterError>,
) -> Result<Option<Vec<T>>, ClusterError> {
    match listing {
        Ok(listing) => Ok(Some(listing.items)),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// Up to three names of pods that look like a name that does not exist.
pub async fn close_names(cluster: &Cluster, name: &str) -> Vec<String> {
    const CLOSE_ENOUGH: f64 = 0.9;
    let fold = |close: &mut Vec<(f64, String)>, pod: Pod| {
        let likeness = strsim::jaro_winkler(name, &pod.metadata.name);
        if likeness >= CLOSE_ENOUGH {
            close.push((likeness, pod.metadata.name));
            close.sort_by(|one, other| other.0.total_cmp(&one.0));
            close.truncate(3);
        }
    };
    // A suggestion is a courtesy: when it can't be had, the refusal stands without it.
    match cluster.fold(&Query::all(PODS, &cluster.namespace), fold).await {
        Ok(listing) => listing.items.into_iter().map(|(_, name)| name).collect(),
        Err(_) => Vec::new(),
    }
}
