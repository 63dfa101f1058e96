//! What a version keeps of an object: all that somebody wanted, nothing that the server made of it.

use drover::model::object::DEPLOYMENTS;
use drover::model::object::Resource;
use serde_json::Value;

/// Of the metadata: what tells one object from another of its name, which a copy of it can't have.
pub const IDENTITY: [&str; 9] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "generateName",
    "ownerReferences",
];

/// The object without its status and identity. `managedFields` and the annotation of `kubectl apply` are
/// kept, since their owner needs them back: without, the next apply conflicts, or does not prune (observed
/// on 1.35). Not the entries of the status, which change without anybody wanting something else.
pub fn capture(resource: Resource, mut object: Value) -> Value {
    let Some(fields) = object.as_object_mut() else { return object };
    fields.remove("status");
    fields.insert("apiVersion".to_owned(), resource.api_version().into());
    fields.insert("kind".to_owned(), resource.kind.into());
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !IDENTITY.contains(&key.as_str()));
        if let Some(entries) = metadata.get_mut("managedFields").and_then(Value::as_array_mut) {
            entries.retain(|entry| entry["subresource"] != "status");
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
            && resource == DEPLOYMENTS
        {
            annotations.retain(|key, _| !key.starts_with("deployment.kubernetes.io/"));
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_made_is_left_out_and_all_else_stays() {
        let live = json!({
            "metadata": {
                "name": "web", "uid": "u", "resourceVersion": "7", "generation": 2,
                "annotations": {"deployment.kubernetes.io/revision": "3", "team": "a"},
                "finalizers": ["x/y"],
                "managedFields": [{"manager": "kubectl"}, {"manager": "k", "subresource": "status"}],
            },
            "spec": {"template": {"spec": {"volumes": [{"name": "tmp", "emptyDir": {}}]}}},
            "status": {"replicas": 1},
        });
        assert_eq!(
            capture(DEPLOYMENTS, live),
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {
                    "name": "web",
                    "annotations": {"team": "a"},
                    "finalizers": ["x/y"],
                    "managedFields": [{"manager": "kubectl"}],
                },
                "spec": {"template": {"spec": {"volumes": [{"name": "tmp", "emptyDir": {}}]}}},
            })
        );
    }
}
