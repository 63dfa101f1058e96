//! Manifests that can be applied: an object without what only the server may decide.

use drover::model::object::{JOBS, ObjectRef, Resource, SERVICES};
use serde_json::{Value, json};

use crate::compare::{JOB_LABELS, LAST_APPLIED, without_controllers_annotations};
use crate::kinds::{CLAIMS, SERVICE_ACCOUNTS};
use crate::store::Kept;

/// One manifest.
pub struct Manifest {
    pub object: ObjectRef,
    /// Such as `deployment.apps-web.yaml`.
    pub file: String,
    pub body: Value,
}

/// The manifests of all objects of the namespace; what is the cluster's is only referred to.
pub fn manifests(objects: &[Kept]) -> Vec<Manifest> {
    let own = objects.iter().filter(|kept| kept.object.namespace.is_some());
    own.map(|kept| Manifest { object: kept.object.clone(), file: file(&kept.object), body: manifest(kept) })
        .collect()
}

/// What lists all files for kustomize.
pub fn kustomization(manifests: &[Manifest]) -> Value {
    let files: Vec<_> = manifests.iter().map(|manifest| &manifest.file).collect();
    json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": files,
    })
}

/// A name that every file system takes: those of roles may hold colons.
fn file(object: &ObjectRef) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
    let name: String = object
        .to_string()
        .chars()
        .map(|character| if is_plain(character) { character } else { '-' })
        .collect();
    format!("{name}.yaml")
}

/// Who applies it writes his own annotation of `kubectl apply`.
fn manifest(kept: &Kept) -> Value {
    let mut body = new(kept.object.resource, &kept.body);
    remove(&mut body, "/metadata/annotations", &[LAST_APPLIED]);
    if body.pointer("/metadata/annotations") == Some(&json!({})) {
        remove(&mut body, "/metadata", &["annotations"]);
    }
    body
}

/// The object as somebody may create it who never saw it before.
pub fn new(resource: Resource, object: &Value) -> Value {
    let mut body = object.clone();
    // Who may set a field of what the server allocates says so there.
    let managed = body["metadata"]["managedFields"].to_string();
    // A controller that needs a finalizer adds it.
    remove(&mut body, "/metadata", &["managedFields", "finalizers"]);
    without_controllers_annotations(resource, &mut body);
    clean_kind(resource, &mut body, managed.contains("\"f:nodePort\""));
    // Claim templates stay as they are, with a status even: they are one value, and who applies another one
    // is in conflict with whoever applied this (`volumeClaimTemplates` is atomic).
    clean_template(&mut body, "/spec/template");
    clean_template(&mut body, "/spec/jobTemplate");
    clean_template(&mut body, "/spec/jobTemplate/spec/template");
    body
}

/// What the server allocates for a kind.
fn clean_kind(resource: Resource, body: &mut Value, has_own_ports: bool) {
    match resource {
        SERVICES => {
            // A headless one says so by hand.
            if body["spec"]["clusterIP"] != "None" {
                remove(body, "/spec", &["clusterIP", "clusterIPs"]);
            }
            remove(body, "/spec", &["healthCheckNodePort"]);
            let ports = body.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten().filter(|_| !has_own_ports) {
                remove(port, "", &["nodePort"]);
            }
        }
        CLAIMS => remove(body, "/spec", &["volumeName"]),
        SERVICE_ACCOUNTS => remove(body, "", &["secrets"]),
        JOBS if body["spec"]["manualSelector"] != true => {
            remove(body, "/spec", &["selector"]);
            remove(body, "/spec/template/metadata/labels", &JOB_LABELS);
            remove(body, "/metadata/labels", &JOB_LABELS);
        }
        _ => {}
    }
}

/// Go writes the time at which nobody created a template as null.
fn clean_template(body: &mut Value, path: &str) {
    if body.pointer(&format!("{path}/metadata/creationTimestamp")) == Some(&Value::Null) {
        remove(body, &format!("{path}/metadata"), &["creationTimestamp"]);
    }
}

fn remove(body: &mut Value, path: &str, fields: &[&str]) {
    if let Some(object) = body.pointer_mut(path).and_then(Value::as_object_mut) {
        object.retain(|field, _| !fields.contains(&field.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::DEPLOYMENTS;

    use super::*;
    use crate::kinds::{ROLES, STORAGE_CLASSES};

    fn kept(resource: Resource, name: &str, body: Value) -> Kept {
        Kept { object: ObjectRef::namespaced(resource, "shop", name), body }
    }

    fn one(resource: Resource, body: Value) -> Value {
        manifests(&[kept(resource, "web", body)]).remove(0).body
    }

    #[test]
    fn what_the_server_allocates_is_left_out_unless_somebody_asked_for_it() {
        let ports = json!([{"port": 80, "nodePort": 30080}]);
        let spec = json!({"clusterIP": "198.19.0.7", "clusterIPs": ["198.19.0.7"], "ports": ports});
        let service = |metadata: Value| one(SERVICES, json!({"metadata": metadata, "spec": spec}));
        assert_eq!(service(json!({"name": "web"}))["spec"], json!({"ports": [{"port": 80}]}));
        let owned = json!({"managedFields": [{"fieldsV1": {"f:spec": {"f:ports": {"f:nodePort": {}}}}}]});
        assert_eq!(service(owned), json!({"metadata": {}, "spec": {"ports": ports}}));
        let headless = json!({"metadata": {}, "spec": {"clusterIP": "None"}});
        assert_eq!(one(SERVICES, headless.clone()), headless);
    }

    #[test]
    fn what_means_something_stays_though_it_is_empty() {
        let template =
            json!({"metadata": {"labels": {}}, "spec": {"volumes": [{"name": "tmp", "emptyDir": {}}]}});
        let body = json!({"metadata": {"name": "web"}, "spec": {"replicas": 2, "template": template}});
        assert_eq!(one(DEPLOYMENTS, body.clone()), body);
    }

    #[test]
    fn files_have_plain_names_and_what_is_the_clusters_has_none() {
        let objects = [
            kept(ROLES, "system:a", json!({})),
            Kept {
                object: ObjectRef { resource: STORAGE_CLASSES, namespace: None, name: "fast".to_owned() },
                body: json!({}),
            },
        ];
        let files: Vec<_> = manifests(&objects).into_iter().map(|manifest| manifest.file).collect();
        assert_eq!(files, ["role.rbac.authorization.k8s.io-system-a.yaml"]);
    }
}
