//! What an object is without all that the server or a controller writes into it.
//!
//! Only fields of maps are left out, never items of lists: a JSON pointer into what is left leads to the
//! same field of the whole object.

use drover::model::object::{
    DAEMON_SETS, DEPLOYMENTS, JOBS, REPLICA_SETS, Resource, SERVICES, STATEFUL_SETS,
};
use serde_json::{Map, Value};

use crate::capture::IDENTITY;
use crate::kinds::{CLAIMS, CLUSTER_ROLES, ROLLOUTS, SERVICE_ACCOUNTS, VOLUMES};

/// Of every object's metadata, beside its identity. Finalizers and owners are those of the live object
/// whatever is restored, so they are no difference either.
const SERVER_OWNED: [&str; 4] = [
    "finalizers",
    "managedFields",
    // No field of today's metadata, but old versions have them.
    "clusterName",
    "initializers",
];

/// What `kubectl apply` was given last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Set by `kubectl rollout restart`: it changes what runs, but not what is wanted.
pub const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// Annotations that controllers write, by kind; a `*` stands for the rest of a name.
const CONTROLLERS_ANNOTATIONS: [(Resource, &[&str]); 6] = [
    (DEPLOYMENTS, &["deployment.kubernetes.io/*"]),
    (REPLICA_SETS, &["deployment.kubernetes.io/*"]),
    // Counts the changes of the template.
    (DAEMON_SETS, &["deprecated.daemonset.template.generation"]),
    (
        CLAIMS,
        &["pv.kubernetes.io/*", "volume.kubernetes.io/*", "volume.beta.kubernetes.io/storage-provisioner"],
    ),
    (VOLUMES, &["pv.kubernetes.io/*"]),
    (ROLLOUTS, &["rollout.argoproj.io/*"]),
];

/// Other fields that are filled in, by kind.
const FILLED_IN: [(Resource, &[&str]); 5] = [
    (SERVICES, &["/spec/clusterIPs", "/spec/healthCheckNodePort"]),
    (CLAIMS, &["/spec/volumeName"]),
    (VOLUMES, &["/spec/claimRef/uid", "/spec/claimRef/resourceVersion"]),
    (SERVICE_ACCOUNTS, &["/secrets"]),
    // Its way to restart pods.
    (ROLLOUTS, &["/spec/restartAt"]),
];

/// The labels by which a Job's controller knows its pods (pkg/apis/batch: `ControllerUidLabel` and others).
pub const JOB_LABELS: [&str; 4] =
    ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];

/// The object with what people want of it, and nothing else.
pub fn normal(resource: Resource, object: &Value) -> Value {
    let mut object = object.clone();
    drop_nulls(&mut object);
    remove(&mut object, "/status");
    for field in IDENTITY.into_iter().chain(SERVER_OWNED) {
        remove(&mut object, &format!("/metadata/{field}"));
    }
    let mut annotations = vec![LAST_APPLIED];
    annotations.extend(controllers_annotations(resource));
    remove_names(&mut object, "/metadata/annotations", &annotations);
    for template in ["/spec/template", "/spec/jobTemplate/spec/template"] {
        remove_names(&mut object, &format!("{template}/metadata/annotations"), &[RESTARTED]);
        remove_if_empty(&mut object, &format!("{template}/metadata"));
    }
    for (_, fields) in FILLED_IN.iter().filter(|(kind, _)| *kind == resource) {
        for field in *fields {
            remove(&mut object, field);
        }
    }
    match resource {
        SERVICES => leave_headless(&mut object),
        JOBS => leave_out_controller(&mut object),
        STATEFUL_SETS => leave_claims(&mut object),
        CLUSTER_ROLES => leave_aggregation(&mut object),
        _ => {}
    }
    object
}

/// The object without the annotations that controllers write into its kind.
pub fn without_controllers_annotations(resource: Resource, object: &mut Value) {
    remove_names(object, "/metadata/annotations", &controllers_annotations(resource));
}

fn controllers_annotations(resource: Resource) -> Vec<&'static str> {
    let own = CONTROLLERS_ANNOTATIONS.iter().filter(|(kind, _)| *kind == resource);
    own.flat_map(|(_, names)| names.iter().copied()).collect()
}

/// Maps of names that anybody may add to: an empty one is as good as none.
const OPEN_MAPS: [&str; 6] = [
    "/metadata/labels",
    "/metadata/annotations",
    "/data",
    "/binaryData",
    "/stringData",
    "/spec/template/metadata/annotations",
];

/// Adds an empty map where only the other object has one.
pub fn add_empty_maps(object: &mut Value, other: &Value) {
    for pointer in OPEN_MAPS.iter().filter(|pointer| other.pointer(pointer).is_some_and(Value::is_object)) {
        if let Some((above, name)) = pointer.rsplit_once('/')
            && let Some(fields) = map(object, above)
        {
            fields.entry(name).or_insert_with(|| Value::Object(Map::new()));
        }
    }
}

/// An address is given, but `None` is wanted: it makes the Service headless.
fn leave_headless(service: &mut Value) {
    if service.pointer("/spec/clusterIP").is_some_and(|address| address != "None") {
        remove(service, "/spec/clusterIP");
    }
}

fn leave_out_controller(job: &mut Value) {
    for labels in ["/metadata/labels", "/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        remove_names(job, labels, &JOB_LABELS);
    }
    for map in ["/spec/selector", "/spec/template/metadata"] {
        remove_if_empty(job, map);
    }
}

/// The server completes the templates of claims as if they were claims.
fn leave_claims(set: &mut Value) {
    let templates = set.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut);
    for template in templates.into_iter().flatten().filter_map(Value::as_object_mut) {
        template.retain(|field, _| !["apiVersion", "kind", "status"].contains(&field.as_str()));
    }
}

/// Rules that a controller gathers from other roles.
fn leave_aggregation(role: &mut Value) {
    if role.get("aggregationRule").is_some() {
        remove(role, "/rules");
    }
}

/// A field that is null is absent to the server.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The map at that place.
fn map<'a>(object: &'a mut Value, pointer: &str) -> Option<&'a mut Map<String, Value>> {
    object.pointer_mut(pointer)?.as_object_mut()
}

fn remove(object: &mut Value, pointer: &str) {
    if let Some((above, name)) = pointer.rsplit_once('/')
        && let Some(fields) = map(object, above)
    {
        fields.remove(name);
    }
}

/// Removes labels or annotations, and the map with its last: the server knows no empty one.
fn remove_names(object: &mut Value, pointer: &str, names: &[&str]) {
    let is_named = |name: &str| {
        names.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *pattern,
        })
    };
    if let Some(fields) = map(object, pointer) {
        fields.retain(|name, _| !is_named(name));
    }
    remove_if_empty(object, pointer);
}

/// Not for maps that say something by being there, as `emptyDir: {}`.
fn remove_if_empty(object: &mut Value, pointer: &str) {
    if map(object, pointer).is_some_and(|fields| fields.is_empty()) {
        remove(object, pointer);
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_writes_into_every_object_is_left_out() {
        let mut object = json!({
            "kind": "ConfigMap",
            "metadata": {
                "name": "files", "namespace": "shop",
                "labels": {"app": "shop"},
                "annotations": {LAST_APPLIED: "{}"},
            },
            "data": {"a": "1"},
            "status": {"phase": "x"},
        });
        let left = json!({
            "kind": "ConfigMap",
            "metadata": {"name": "files", "namespace": "shop", "labels": {"app": "shop"}},
            "data": {"a": "1"},
        });
        for field in IDENTITY.into_iter().chain(SERVER_OWNED) {
            object["metadata"][field] = json!("x");
        }
        assert_eq!(normal(CONFIG_MAPS, &object), left);
    }

    #[test]
    fn a_restart_is_nothing_that_is_wanted() {
        let template = |annotations: Value| json!({"spec": {"template": {"metadata": annotations}}});
        let restarted =
            template(json!({"annotations": {RESTARTED: "now", "mine": "1"}, "creationTimestamp": null}));
        assert_eq!(normal(DEPLOYMENTS, &restarted), template(json!({"annotations": {"mine": "1"}})));
        let only = template(json!({"annotations": {RESTARTED: "now"}}));
        assert_eq!(normal(DEPLOYMENTS, &only), json!({"spec": {"template": {}}}));
    }

    #[test]
    fn controllers_annotations_are_left_out_of_their_kinds_only() {
        let annotated = json!({"metadata": {"annotations": {
            "deployment.kubernetes.io/revision": "3",
            "pv.kubernetes.io/bind-completed": "yes",
            "volume.kubernetes.io/selected-node": "a",
            "kubernetes.io/change-cause": "1.5",
        }}});
        let left = |resource| {
            let object = normal(resource, &annotated);
            object["metadata"]["annotations"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            left(DEPLOYMENTS),
            [
                "kubernetes.io/change-cause",
                "pv.kubernetes.io/bind-completed",
                "volume.kubernetes.io/selected-node"
            ]
        );
        assert_eq!(left(CLAIMS), ["deployment.kubernetes.io/revision", "kubernetes.io/change-cause"]);
        assert_eq!(left(CONFIG_MAPS).len(), 4);
    }

    #[test]
    fn addresses_are_given_but_headless_is_wanted() {
        let service = |address: &str| json!({"spec": {"clusterIP": address, "clusterIPs": [address], "healthCheckNodePort": 3, "type": "x"}});
        assert_eq!(normal(SERVICES, &service("10.0.0.1")), json!({"spec": {"type": "x"}}));
        assert_eq!(normal(SERVICES, &service("None")), json!({"spec": {"clusterIP": "None", "type": "x"}}));
    }

    #[test]
    fn what_is_filled_in_is_left_out_by_kind() {
        let claim = json!({"spec": {"volumeName": "pvc-1", "storageClassName": "fast"}});
        assert_eq!(normal(CLAIMS, &claim), json!({"spec": {"storageClassName": "fast"}}));
        let volume = json!({"spec": {"claimRef": {"name": "a", "uid": "1", "resourceVersion": "2"}}});
        assert_eq!(normal(VOLUMES, &volume), json!({"spec": {"claimRef": {"name": "a"}}}));
        let account =
            json!({"secrets": [{"name": "web-token-x"}], "imagePullSecrets": [{"name": "registry"}]});
        assert_eq!(normal(SERVICE_ACCOUNTS, &account), json!({"imagePullSecrets": [{"name": "registry"}]}));
        let labels = json!({"batch.kubernetes.io/controller-uid": "1", "controller-uid": "1"});
        let job = json!({"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}});
        assert_eq!(normal(JOBS, &job), json!({"spec": {"template": {}}}));
        let role = json!({"aggregationRule": {}, "rules": [{"verbs": ["get"]}]});
        assert_eq!(normal(CLUSTER_ROLES, &role), json!({"aggregationRule": {}}));
        let set = json!({"spec": {"volumeClaimTemplates": [{
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"},
            "metadata": {"name": "data", "creationTimestamp": null},
        }]}});
        let left = json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}});
        assert_eq!(normal(STATEFUL_SETS, &set), left);
    }

    #[test]
    fn what_is_empty_but_says_something_stays() {
        let object =
            json!({"spec": {"volumes": [{"name": "a", "emptyDir": {}}], "podSelector": {}, "gone": null}});
        let left = json!({"spec": {"volumes": [{"name": "a", "emptyDir": {}}], "podSelector": {}}});
        assert_eq!(normal(DEPLOYMENTS, &object), left);
    }
}
