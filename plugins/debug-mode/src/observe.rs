//! Reads the cluster: one parallel wave for the workload, its record and what surrounds it, a second
//! for what only its selector names.

use std::collections::BTreeMap;

use drover::change::Problem;
use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, ErrorKind, Listing, Query};
use drover::model::endpoints::{EndpointSlice, SERVICE_NAME_LABEL};
use drover::model::object::{
    CONFIG_MAPS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, Metadata, PODS, REPLICA_SETS, Resource,
    VERTICAL_POD_AUTOSCALERS,
};
use drover::model::pod::Pod;
use drover::model::policy::NetworkPolicy;
use drover::model::selector::Selector;
use futures::join;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::options::Mode;
use crate::record::{COPY, CopyRecord, DEBUG_MODE_LABEL, RECORD, Record};
use crate::rights::Need;
use crate::state::{COPIES, State, Surroundings, copies_selector};
use crate::target::{Kind, Target};
use crate::workload::{Autoscaler, ReplicaSet, Workload};

/// The first look, the user's rights included.
pub async fn first(cluster: &Cluster, target: &Target, need: Need) -> Result<State, Problem> {
    let rights = need.rights(target.kind, &cluster.namespace);
    let (missing, user, state) =
        join!(cluster.missing_rights(&rights), cluster.user_name(), look(cluster, target, need.mode(), None));
    let mut missing = missing?;
    if need == Need::Off
        && let Ok(state) = &state
        && state.is_only_copied()
    {
        missing.retain(|right| right.resource == PODS);
    }
    if !missing.is_empty() {
        return Err(Failure::lacking(&missing, &cluster.namespace, "debug-mode").into());
    }
    Ok(State { user, ..state? })
}

/// Another look: the selector is known, so that all goes in one wave.
pub async fn again(
    cluster: &Cluster,
    before: &State,
    target: &Target,
    mode: Mode,
) -> Result<State, ClusterError> {
    let state = look(cluster, target, mode, before.workload.as_ref()).await?;
    let mut state = State { user: before.user.clone(), ..state };
    state.running_since = before.running_since.clone();
    state.lacked_sleep = before.lacks_sleep();
    state.note_running();
    Ok(state)
}

/// A look without changing anything, and so without asking for the rights to.
pub async fn look(
    cluster: &Cluster,
    target: &Target,
    mode: Mode,
    known: Option<&Workload>,
) -> Result<State, ClusterError> {
    let object = target.in_namespace(&cluster.namespace);
    let record = Record::object(target, &cluster.namespace);
    let copy_query = Query::all(PODS, &cluster.namespace).labelled(copies_selector());
    let (found, copies, config_map, surroundings, early) = join!(
        cluster.get_optional::<Value>(&object),
        cluster.list::<Pod>(&copy_query),
        cluster.get_optional::<Value>(&record),
        surroundings(cluster, target, mode),
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
    let copies = copies?;
    let mut state = State {
        workload,
        config_map: config_map?,
        copies: copies
            .items
            .into_iter()
            .filter(|pod| CopyRecord::of(pod).is_some_and(|record| record.is_of(target)))
            .map(|pod| (pod.metadata.uid.clone(), pod))
            .collect(),
        pods: selected.pods.items.into_iter().map(|pod| (pod.metadata.uid.clone(), pod)).collect(),
        replica_sets: selected.sets.items.into_iter().map(|set| (set.metadata.uid.clone(), set)).collect(),
        versions: [
            (PODS.plural, selected.pods.resource_version),
            (REPLICA_SETS.plural, selected.sets.resource_version),
            (COPIES, copies.resource_version),
        ]
        .into(),
        lacked_sleep: false,
        surroundings: surroundings?,
        namespace: cluster.namespace.clone(),
        running_since: BTreeMap::new(),
        user: String::new(),
        now: cluster.now(),
    };
    if known.is_none() {
        state.note_running_at_first();
    }
    Ok(state)
}

/// What the workload's selector names.
struct Selected {
    pods: Listing<Pod>,
    sets: Listing<ReplicaSet>,
}

async fn selected(cluster: &Cluster, workload: Option<&Workload>) -> Result<Selected, ClusterError> {
    let Some(workload) = workload.filter(|workload| workload.kind().can_change_in_place()) else {
        return Ok(Selected { pods: nothing(), sets: nothing() });
    };
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

fn nothing<T>() -> Listing<T> {
    Listing { items: Vec::new(), resource_version: String::new() }
}

async fn surroundings(cluster: &Cluster, target: &Target, mode: Mode) -> Result<Surroundings, ClusterError> {
    let (selecting, services, slices, autoscalers, vertical, budgets) = join!(
        selecting(cluster, mode),
        cluster.selecting_services(),
        slices(cluster),
        all(cluster, HORIZONTAL_POD_AUTOSCALERS, |object| Autoscaler::of(object, target)),
        all(cluster, VERTICAL_POD_AUTOSCALERS, |object| vertical_autoscaler(&object, target)),
        cluster.budgets(),
    );
    let (controllers, policies) = selecting?;
    Ok(Surroundings {
        controllers,
        policies,
        services: services?,
        slices: slices?,
        autoscalers: unless_out_of_sight(autoscalers)?,
        vertical_autoscalers: unless_out_of_sight(vertical)?.unwrap_or_default(),
        budgets: budgets?,
    })
}

/// What else selects pods: a copy must escape all of it.
async fn selecting(
    cluster: &Cluster,
    mode: Mode,
) -> Result<(Vec<Selector>, Option<Vec<NetworkPolicy>>), ClusterError> {
    if mode == Mode::InPlace {
        return Ok((Vec::new(), None));
    }
    let (controllers, policies) = join!(cluster.claims(), cluster.network_policies());
    Ok((controllers?, policies?))
}

/// The slices of Services: what has no Service gets no traffic by a Service.
async fn slices(cluster: &Cluster) -> Result<BTreeMap<String, EndpointSlice>, ClusterError> {
    let query = Query::all(ENDPOINT_SLICES, &cluster.namespace).labelled(SERVICE_NAME_LABEL);
    let by_name = |slice: EndpointSlice| Some((slice.name.clone(), slice));
    Ok(cluster.list_narrowed(&query, by_name).await?.items.into_iter().collect())
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
    Ok(cluster.list_narrowed(&query, narrow).await?.items)
}

/// What only refines the answer may be forbidden, or not served at all.
fn unless_out_of_sight<T>(found: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// One mark of debug mode: a record, or a copy.
#[derive(Debug)]
pub struct Mark {
    pub namespace: String,
    /// What it is about; none where the mark can't be read.
    pub target: Option<Target>,
    /// The workload in place, by its record or what is wrong with that; else a copy.
    pub what: Marked,
}

/// What carries a mark.
#[derive(Debug)]
pub enum Marked {
    Record(Box<Result<Record, String>>),
    Copy(Box<(Pod, CopyRecord)>),
}

/// All marks of debug mode, in a namespace or in all.
pub async fn marked(cluster: &Cluster, namespace: Option<String>) -> Result<Vec<Mark>, ClusterError> {
    let query = |resource, value: &str| {
        let mut query = Query::all(resource, "").labelled(format!("{DEBUG_MODE_LABEL}={value}"));
        query.namespace.clone_from(&namespace);
        query
    };
    let (records, copies) = (query(CONFIG_MAPS, RECORD), query(PODS, COPY));
    let (records, copies) = join!(cluster.list::<Value>(&records), cluster.list::<Pod>(&copies));
    let records = records?.items.into_iter().map(|config_map| {
        let record = Record::of(&config_map);
        Mark {
            namespace: config_map["metadata"]["namespace"].as_str().unwrap_or_default().to_owned(),
            target: record.as_ref().ok().and_then(|record| Target::of(&record.workload)),
            what: Marked::Record(Box::new(record)),
        }
    });
    let copies = copies?.items.into_iter().filter_map(|pod| {
        let record = CopyRecord::of(&pod)?;
        Some(Mark {
            namespace: pod.metadata.namespace.clone(),
            target: Target::of(&record.workload),
            what: Marked::Copy(Box::new((pod, record))),
        })
    });
    Ok(records.chain(copies).collect())
}
