//! The objects around a pod, as the server has them: its owners, Services, EndpointSlices, and the events of all.

use std::collections::BTreeSet;

use drover::cluster::{Cluster, ClusterError, Query};
use drover::model::endpoints::SERVICE_NAME_LABEL;
use drover::model::object::{DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, ObjectRef, Owner, Resource, SERVICES};
use serde_json::{Value, json};

use super::folder::Folder;
use crate::record::Record;
use crate::state::replica_set_resource;

/// Which objects belong to the scene.
#[derive(Debug, Clone, Default)]
pub struct Around {
    pub namespace: String,
    /// The pod's uid.
    pub uid: String,
    /// The Services it is or was in.
    pub services: BTreeSet<String>,
    /// The uids of all that was captured, whose events are looked for.
    pub uids: BTreeSet<String>,
}

impl Folder<'_> {
    /// The pod's ReplicaSet and Deployment, or what it has in their place.
    pub async fn owners(&mut self, around: &mut Around, record: &Record) {
        let resource = replica_set_resource(&record.owner);
        let path = owner_path(&record.owner);
        // By a list, for which isolating needs the right anyway.
        let query = Query::all(resource, &around.namespace).named(&record.owner.name);
        let cluster = self.cluster;
        let set = async {
            let mut found = cluster.list::<Value>(&query).await?.items;
            Ok(found.pop().map(|set| typed(set, resource)).unwrap_or(Value::Null))
        };
        let set = self.object(&path, set).await;
        around.note(set.as_ref());
        let Some(workload) = record.workload.as_ref().filter(|owner| owner.kind == DEPLOYMENTS.kind) else {
            return;
        };
        let object = ObjectRef::namespaced(DEPLOYMENTS, &around.namespace, &workload.name);
        let deployment = self.object(&owner_path(workload), cluster.get(&object)).await;
        around.note(deployment.as_ref());
    }

    /// The Services that the pod is or was in.
    pub async fn services(&mut self, around: &mut Around) {
        let names = &around.services;
        let is_meant =
            |service: &Value| text(service, "/metadata/name").is_some_and(|name| names.contains(name));
        let listed = list(self.cluster, SERVICES, &around.namespace, is_meant);
        let services = self.object("services.json", listed).await;
        around.note(services.as_ref());
    }

    /// The EndpointSlices of those Services, and every other that names the pod.
    pub async fn slices(&mut self, around: &mut Around, path: &str) {
        let (names, uid) = (&around.services, &around.uid);
        let label = format!("/metadata/labels/{}", SERVICE_NAME_LABEL.replace('/', "~1"));
        let is_meant = |slice: &Value| {
            let of_service = text(slice, &label).is_some_and(|service| names.contains(service));
            let mut endpoints = slice["endpoints"].as_array().into_iter().flatten();
            of_service || endpoints.any(|endpoint| text(endpoint, "/targetRef/uid") == Some(uid))
        };
        let listed = list(self.cluster, ENDPOINT_SLICES, &around.namespace, is_meant);
        let slices = self.object(path, listed).await;
        around.note(slices.as_ref());
    }

    /// The events of all that was captured so far.
    pub async fn events(&mut self, around: &Around, path: &str) {
        let uids = &around.uids;
        let is_meant =
            |event: &Value| text(event, "/involvedObject/uid").is_some_and(|uid| uids.contains(uid));
        let listed = list(self.cluster, EVENTS, &around.namespace, is_meant);
        self.object(path, listed).await;
    }
}

impl Around {
    /// Takes note of an object, or of all in a list.
    pub fn note(&mut self, captured: Option<&Value>) {
        let items = captured.and_then(|list| list["items"].as_array());
        let objects = items.map_or(captured.as_slice().to_vec(), |items| items.iter().collect());
        self.uids.extend(
            objects.into_iter().filter_map(|object| text(object, "/metadata/uid")).map(str::to_owned),
        );
    }
}

/// `owners/replicaset-web-7d4b9.json`.
fn owner_path(owner: &Owner) -> String {
    format!("owners/{}-{}.json", owner.kind.to_lowercase(), owner.name)
}

/// Those that are meant, as `kubectl get -o json` would print them. Each is looked at as its page arrives.
async fn list(
    cluster: &Cluster,
    resource: Resource,
    namespace: &str,
    is_meant: impl Fn(&Value) -> bool,
) -> Result<Value, ClusterError> {
    let query = Query::all(resource, namespace);
    let meant = |object: Value| is_meant(&object).then(|| typed(object, resource));
    let found = cluster.list_narrowed(&query, meant).await?;
    Ok(json!({"apiVersion": "v1", "kind": "List", "items": found.items}))
}

/// In a list the server leaves out what all in it are.
fn typed(mut object: Value, resource: Resource) -> Value {
    object["apiVersion"] = json!(resource.api_version());
    object["kind"] = json!(resource.kind);
    object
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_captured_has_its_events_looked_for() {
        let mut around = Around::default();
        around.note(Some(&json!({"metadata": {"uid": "a"}})));
        around.note(Some(&json!({"items": [{"metadata": {"uid": "b"}}, {"metadata": {"uid": "c"}}]})));
        around.note(Some(&Value::Null));
        around.note(None);
        assert_eq!(around.uids.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
