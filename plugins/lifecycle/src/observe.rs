//! Reads what was recorded of a pod: two requests at once.

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, Query};
use drover::model::event::{Event, FetchedEvent};
use drover::model::object::{EVENTS, ObjectRef};
use futures::join;
use k8s_openapi::api::core::v1::Pod;

use crate::trace::Record;

/// All that is still known of a pod, also of one that is gone.
///
/// # Errors
/// When nothing is known of it, and whatever the server says.
pub async fn record(cluster: &Cluster, pod: &ObjectRef) -> Result<Record, Failure> {
    let (found, events) = join!(cluster.get_optional::<Pod>(pod), events(cluster, pod));
    let (found, mut events) = (found?, events?);
    match found.as_ref().and_then(|pod| pod.metadata.uid.as_deref()) {
        // Another pod may have had the same name.
        Some(uid) => events.retain(|event| event.object_uid == uid),
        None if events.is_empty() => return Err(nothing_known(cluster, pod).await),
        None => retain_last(&mut events),
    }
    Ok(Record::new(cluster.namespace.clone(), pod.name.clone(), found, events, cluster.now()))
}

async fn events(cluster: &Cluster, pod: &ObjectRef) -> Result<Vec<Event>, ClusterError> {
    let mut query = Query::all(EVENTS, &cluster.namespace);
    query.field_selector = format!("involvedObject.kind=Pod,involvedObject.name={}", pod.name);
    Ok(cluster.list_narrowed(&query, |event: FetchedEvent| event.read()).await?.items)
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
