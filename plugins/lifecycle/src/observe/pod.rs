//! Reads what was recorded of a pod, and begins to follow it.

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, ErrorKind, Followed, Listing, Query};
use drover::model::endpoints::SERVICE_NAME_LABEL;
use drover::model::event::{Event, FetchedEvent};
use drover::model::object::{
    ENDPOINT_SLICES, EVENTS, ObjectRef, PODS, REPLICA_SETS, Resource, SERVICES, STATEFUL_SETS,
};
use futures::join;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Pod, PodSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::Value;

use crate::trace::Record;

/// All that is still known of a pod, also of one that is gone.
///
/// # Errors
/// When nothing is known of it, and whatever the server says.
pub async fn record(cluster: &Cluster, pod: &ObjectRef) -> Result<Record, Failure> {
    let (found, events) = join!(cluster.get_optional::<Pod>(pod), list_events(cluster, pod));
    let (found, mut events) = (found?, events?.items);
    match found.as_ref().and_then(|pod| pod.metadata.uid.as_deref()) {
        // Another pod may have had the same name.
        Some(uid) => events.retain(|event| event.object_uid == uid),
        None if events.is_empty() => return Err(nothing_known(cluster, pod).await),
        None => retain_last(&mut events),
    }
    let mut record = Record::new(cluster.namespace.clone(), pod.name.clone(), found, events, cluster.now());
    if record.pod.is_none() {
        record.template = template(cluster, &pod.name).await?;
    }
    Ok(record)
}

/// What a pod that is gone was made from, if that was a ReplicaSet, which is still there for a while: its name is in
/// that of the pod, before five random characters (apiserver/pkg/storage/names: `randomLength`).
async fn template(cluster: &Cluster, pod: &str) -> Result<Option<PodSpec>, ClusterError> {
    let Some((name, _)) = pod.rsplit_once('-').filter(|(_, random)| random.len() == 5) else {
        return Ok(None);
    };
    let set = ObjectRef::namespaced(REPLICA_SETS, &cluster.namespace, name);
    let set = refining(cluster.get_optional::<ReplicaSet>(&set).await)?;
    Ok(set.and_then(|set| set.spec?.template?.spec))
}

/// The same of a pod that is there, with what follows it from there on.
///
/// # Errors
/// As [`record`].
pub async fn begin(cluster: &Cluster, pod: &ObjectRef) -> Result<(Record, Vec<Followed>), Failure> {
    let pods = Query::all(PODS, &cluster.namespace).named(&pod.name);
    let (found, events, services) =
        join!(cluster.list::<Pod>(&pods), list_events(cluster, pod), cluster.selecting_services());
    let (mut found, mut listed) = (found?, events?);
    let Some(live) = found.items.pop() else {
        return record(cluster, pod).await.map(|record| (record, Vec::new()));
    };
    let uid = live.metadata.uid.clone().unwrap_or_default();
    listed.items.retain(|event| event.object_uid == uid);
    let labels = live.metadata.labels.clone().unwrap_or_default();
    let mut followed = vec![
        Followed { query: pods, resource_version: found.resource_version },
        Followed { query: events_of(cluster, pod), resource_version: listed.resource_version },
    ];
    let (namespace, name) = (cluster.namespace.clone(), pod.name.clone());
    let mut record = Record::new(namespace, name, Some(live), listed.items, cluster.now());
    let services = unless_forbidden(services, SERVICES, &mut record)?.unwrap_or_default();
    let selecting: Vec<_> = services.into_iter().filter(|one| one.selector.matches(&labels)).collect();
    if !selecting.is_empty() {
        let names = selecting.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(",");
        let query = Query::all(ENDPOINT_SLICES, &cluster.namespace)
            .labelled(format!("{SERVICE_NAME_LABEL} in ({names})"));
        let slices = cluster.list::<EndpointSlice>(&query).await;
        if let Some(slices) = unless_forbidden(slices, ENDPOINT_SLICES, &mut record)? {
            slices.items.iter().for_each(|slice| record.sightings.know_slice(slice, &uid));
            record.has_services = true;
            followed.push(Followed { query, resource_version: slices.resource_version });
        }
    }
    Ok((record, followed))
}

/// What is of traffic only refines the answer.
fn unless_forbidden<T>(
    answer: Result<T, ClusterError>,
    resource: Resource,
    record: &mut Record,
) -> Result<Option<T>, ClusterError> {
    match answer {
        Err(error) if error.kind == ErrorKind::Forbidden => {
            let plural = resource.qualified_plural();
            record.gaps.push(format!("you may not list {plural}: whether traffic came is not known"));
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// Takes note of what the kubelet said last: it tells of it after it is so, and whoever watches the pod may have heard
/// of its end before. It only refines the answer.
pub async fn learn_last_events(cluster: &Cluster, record: &mut Record) {
    // Of one that was gone before, they are all that is known.
    if record.pod.is_none() {
        return;
    }
    let pod = ObjectRef::namespaced(PODS, &record.namespace, &record.name);
    match list_events(cluster, &pod).await {
        Ok(listed) => {
            let uid = record.uid().to_owned();
            let of_pod = listed.items.into_iter().filter(|event| event.object_uid == uid);
            of_pod.for_each(|event| record.learn_event(event));
        }
        Err(error) => record.gaps.push(format!("what the kubelet said last is not known: {error}")),
    }
}

/// Takes note of what controllers wrote down of the deletion of a pod. It only refines the answer: what can't be
/// read is noted instead, so that all else is still told.
pub async fn learn_cause(cluster: &Cluster, record: &mut Record) {
    if record.is_going()
        && let Err(error) = read_cause(cluster, record).await
    {
        record.gaps.push(format!("what deleted it is not known: {error}"));
    }
}

/// Of its own controller, where that is known.
async fn read_cause(cluster: &Cluster, record: &mut Record) -> Result<(), ClusterError> {
    let mut query = Query::all(EVENTS, &cluster.namespace);
    query.field_selector = "reason=SuccessfulDelete".to_owned();
    if let Some(pod) = &record.pod {
        let mut owners = pod.metadata.owner_references.iter().flatten();
        let Some(owner) = owners.find(|owner| owner.controller == Some(true)) else { return Ok(()) };
        let of_owner = format!(",involvedObject.kind={},involvedObject.name={}", owner.kind, owner.name);
        query.field_selector += &of_owner;
    }
    let name = record.name.clone();
    let of_pod = move |event: FetchedEvent| event.read().filter(|event| event.message.contains(&name));
    record.deletions = cluster.list_narrowed(&query, of_pod).await?.items;
    record.owner = owner_of_deleted(cluster, record).await?;
    Ok(())
}

/// The controller that deleted it. Later it says nothing of that any more.
async fn owner_of_deleted(cluster: &Cluster, record: &Record) -> Result<Option<Value>, ClusterError> {
    let event = record.deletion_by_controller().filter(|_| record.pod.is_some());
    let named = event.and_then(|event| {
        let mut resources = [REPLICA_SETS, STATEFUL_SETS].into_iter();
        let resource = resources.find(|resource| resource.kind == event.object.kind)?;
        Some(ObjectRef::namespaced(resource, &cluster.namespace, &event.object.name))
    });
    match named {
        Some(owner) => refining(cluster.get_optional(&owner).await),
        None => Ok(None),
    }
}

/// It only refines the answer.
fn refining<T>(answer: Result<Option<T>, ClusterError>) -> Result<Option<T>, ClusterError> {
    match answer {
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        answer => answer,
    }
}

fn events_of(cluster: &Cluster, pod: &ObjectRef) -> Query {
    let mut query = Query::all(EVENTS, &cluster.namespace);
    query.field_selector = format!("involvedObject.kind=Pod,involvedObject.name={}", pod.name);
    query
}

async fn list_events(cluster: &Cluster, pod: &ObjectRef) -> Result<Listing<Event>, ClusterError> {
    cluster.list_narrowed(&events_of(cluster, pod), |event: FetchedEvent| event.read()).await
}

/// Of several pods of that name, the one of which something was told last.
fn retain_last(events: &mut Vec<Event>) {
    let last = events.iter().max_by_key(|event| event.last).map(|event| event.object_uid.clone());
    events.retain(|event| Some(&event.object_uid) == last.as_ref());
}

async fn nothing_known(cluster: &Cluster, pod: &ObjectRef) -> Failure {
    let namespace = &cluster.namespace;
    let failure =
        Failure::new(format!("{pod} does not exist in namespace {namespace:?}, and no event tells of it"));
    let close = cluster.close_names(pod).await;
    if close.is_empty() {
        failure.hint(format!("see which there are:  kubectl get pods -n {namespace}"))
    } else {
        failure.hint(format!("did you mean {}?", close.join(", ")))
    }
}
