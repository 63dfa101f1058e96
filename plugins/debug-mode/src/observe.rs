//! Reads the cluster: one parallel wave for the workload, its record and what surrounds it, a second
//! for what only its selector names.

use std::collections::BTreeMap;

use drover::change::Problem;
use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, ErrorKind, Listing, Query, Right, in_words};
use drover::model::endpoints::{EndpointSlice, SERVICE_NAME_LABEL};
use drover::model::object::{
    CONFIG_MAPS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, Metadata, ObjectRef, PODS,
    POD_DISRUPTION_BUDGETS, REPLICA_SETS, Resource, SERVICES, VERTICAL_POD_AUTOSCALERS,
};
use drover::model::pod::Pod;
use drover::model::policy::PodDisruptionBudget;
use drover::model::service::Service;
use futures::join;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::record::Record;
use crate::state::{Autoscaler, ReplicaSet, State, Surroundings, Workload};
use crate::workload::{Kind, Target};

/// What `on` and `off` may not do without; both ask for all of it, so that nobody gets in who can't
/// get out again.
const NEEDED: [(&str, Resource); 10] = [
    ("list", PODS),
    ("watch", PODS),
    ("list", SERVICES),
    ("list", ENDPOINT_SLICES),
    ("get", CONFIG_MAPS),
    ("create", CONFIG_MAPS),
    ("patch", CONFIG_MAPS),
    ("delete", CONFIG_MAPS),
    ("list", REPLICA_SETS),
    ("watch", REPLICA_SETS),
];

/// The rights for a workload of that kind.
fn rights(kind: Kind, namespace: &str) -> Vec<Right> {
    let mut needed: Vec<_> = NEEDED.into();
    needed.extend(["get", "patch"].map(|verb| (verb, kind.resource())));
    match kind {
        Kind::Deployment => needed.extend([("watch", kind.resource()), ("patch", REPLICA_SETS), ("delete", REPLICA_SETS)]),
        Kind::ReplicaSet => needed.push(("delete", PODS)),
        _ => needed.extend([("watch", kind.resource()), ("delete", PODS)]),
    }
    let right = |(verb, resource)| Right { verb, resource, namespace: Some(namespace.to_owned()) };
    needed.into_iter().map(right).collect()
}

/// The first look, the user's rights included.
pub async fn first(cluster: &Cluster, target: &Target) -> Result<State, Problem> {
    let rights = rights(target.kind, &cluster.namespace);
    let (missing, user, state) =
        join!(cluster.missing_rights(&rights), cluster.user_name(), look(cluster, target, None));
    let missing = missing?;
    if !missing.is_empty() {
        let (list, namespace) = (in_words(&missing), &cluster.namespace);
        let message = format!("you lack rights in namespace {namespace:?} that this needs: {list}");
        let hint = "the README of kubectl debug-mode has a ClusterRole with all of them";
        return Err(Failure::new(message).hint(hint).into());
    }
    Ok(State { user, ..state? })
}

/// Another look: the selector is known, so that all goes in one wave.
pub async fn again(cluster: &Cluster, before: &State, target: &Target) -> Result<State, ClusterError> {
    let state = look(cluster, target, before.workload.as_ref()).await?;
    let mut state = State { user: before.user.clone(), ..state };
    state.running_since = before.running_since.clone();
    state.note_running();
    Ok(state)
}

/// A look without changing anything, and so without asking for the rights to.
pub async fn look(
    cluster: &Cluster,
    target: &Target,
    known: Option<&Workload>,
) -> Result<State, ClusterError> {
    let object = target.in_namespace(&cluster.namespace);
    let record = Record::object(target, &cluster.namespace);
    let (found, config_map, surroundings, early) = join!(
        cluster.get_optional::<Value>(&object),
        cluster.get_optional::<Value>(&record),
        surroundings(cluster, target),
        selected(cluster, known),
    );
    let workload = match found? {
        Some(found) => Some(
            Workload::new(target.clone(), found)
                .map_err(|error| ClusterError::unreadable(&object, &error))?,
        ),
        None => None,
    };
    let same_selector = match (&workload, known) {
        (Some(now), Some(known)) => now.selector == known.selector,
        (None, _) => true,
        (Some(_), None) => false,
    };
    let selected = if same_selector { early? } else { selected(cluster, workload.as_ref()).await? };
    let mut state = State {
        workload,
        config_map: config_map?,
        pods: selected.pods.items.into_iter().map(|pod| (pod.metadata.uid.clone(), pod)).collect(),
        replica_sets: selected.sets.items.into_iter().map(|set| (set.metadata.uid.clone(), set)).collect(),
        versions: [
            (PODS.plural, selected.pods.resource_version),
            (REPLICA_SETS.plural, selected.sets.resource_version),
        ]
        .into(),
        surroundings: surroundings?,
        namespace: cluster.namespace.clone(),
        running_since: BTreeMap::new(),
        user: String::new(),
        now: cluster.now(),
    };
    state.note_running();
    Ok(state)
}

/// What the workload's selector names.
struct Selected {
    pods: Listing<Vec<Pod>>,
    sets: Listing<Vec<ReplicaSet>>,
}

async fn selected(cluster: &Cluster, workload: Option<&Workload>) -> Result<Selected, ClusterError> {
    let Some(workload) = workload else { return Ok(Selected { pods: nothing(), sets: nothing() }) };
    let query = |resource| Query::all(resource, &cluster.namespace).labelled(workload.selector.to_query());
    let (pod_query, set_query) = (query(PODS), query(REPLICA_SETS));
    let sets = async {
        match workload.kind() {
            Kind::Deployment => cluster.list(&set_query).await,
            _ => Ok(nothing()),
        }
    };
    let (pods, sets) = join!(cluster.list(&pod_query), sets);
    Ok(Selected { pods: pods?, sets: sets? })
}

fn nothing<T>() -> Listing<Vec<T>> {
    Listing { items: Vec::new(), resource_version: String::new() }
}

async fn surroundings(cluster: &Cluster, target: &Target) -> Result<Surroundings, ClusterError> {
    let (services, slices, autoscalers, vertical, budgets) = join!(
        all(cluster, SERVICES, Service::from_listed),
        slices(cluster),
        all(cluster, HORIZONTAL_POD_AUTOSCALERS, |object| Autoscaler::of(object, target)),
        all(cluster, VERTICAL_POD_AUTOSCALERS, |object| vertical_autoscaler(&object, target)),
        all(cluster, POD_DISRUPTION_BUDGETS, PodDisruptionBudget::from_listed),
    );
    Ok(Surroundings {
        services: services?,
        slices: slices?,
        autoscalers: unless_out_of_sight(autoscalers)?,
        vertical_autoscalers: unless_out_of_sight(vertical)?.unwrap_or_default(),
        budgets: unless_out_of_sight(budgets)?,
    })
}

/// The slices of Services: what has no Service gets no traffic by a Service.
async fn slices(cluster: &Cluster) -> Result<BTreeMap<String, EndpointSlice>, ClusterError> {
    let query = Query::all(ENDPOINT_SLICES, &cluster.namespace).labelled(SERVICE_NAME_LABEL);
    let by_name = |slices: &mut BTreeMap<_, _>, slice: EndpointSlice| {
        slices.insert(slice.name.clone(), slice);
    };
    Ok(cluster.fold(&query, by_name).await?.items)
}

fn vertical_autoscaler(object: &Value, workload: &Target) -> Option<String> {
    let target = &object["spec"]["targetRef"];
    let scales = target["kind"] == workload.kind.resource().kind && target["name"] == workload.name.as_str();
    scales.then(|| Metadata::deserialize(&object["metadata"]).ok()).flatten().map(|metadata| metadata.name)
}

/// All objects of a kind in the namespace, each reduced to what matters as its page arrives.
async fn all<T: DeserializeOwned, N>(
    cluster: &Cluster,
    resource: Resource,
    narrow: impl Fn(T) -> Option<N>,
) -> Result<Vec<N>, ClusterError> {
    let query = Query::all(resource, &cluster.namespace);
    Ok(cluster.fold(&query, |items: &mut Vec<N>, item| items.extend(narrow(item))).await?.items)
}

/// What only refines the answer may be forbidden, or not served at all.
fn unless_out_of_sight<T>(found: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names that look like one that does not exist.
pub async fn close_names(cluster: &Cluster, object: &ObjectRef) -> Vec<String> {
    #[derive(Deserialize)]
    struct Named {
        metadata: Metadata,
    }
    let query = Query::all(object.resource, &cluster.namespace);
    let fold = |names: &mut Vec<String>, found: Named| names.push(found.metadata.name);
    // A suggestion is a courtesy: when it can't be had, the refusal stands without it.
    let Ok(listing) = cluster.fold(&query, fold).await else { return Vec::new() };
    drover::model::name::close_to(&object.name, listing.items)
}
