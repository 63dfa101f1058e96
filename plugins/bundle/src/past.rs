//! What a workload was, as far as the cluster still knows: its earlier pod templates.

use drover::model::object::{DEPLOYMENTS, Metadata};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::store::Kept;

/// On ReplicaSets: the revision of their Deployment (pkg/controller/deployment/util: `RevisionAnnotation`).
const REVISION: &str = "deployment.kubernetes.io/revision";

/// On ReplicaSets and ControllerRevisions: what a person wrote about the change.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// The label by which a controller tells its revisions apart; it is the controller's, not the template's.
const HASHES: [&str; 2] = ["pod-template-hash", "controller-revision-hash"];

/// One workload as it was at a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Such as `web@3`.
    pub version: String,
    pub workload: Kept,
    /// When the revision was first rolled out.
    pub at: Timestamp,
    pub message: Option<String>,
}

/// The earlier revisions of a workload, from its ReplicaSets or ControllerRevisions, the oldest first. The
/// newest revision is what it is now, and no past, unless the workload waits to be rolled out.
pub fn past(workload: &Kept, uid: &str, revisions: &[Value]) -> Vec<Past> {
    let mut numbered: Vec<_> =
        revisions.iter().filter_map(|revision| Some((number(workload, uid, revision)?, revision))).collect();
    numbered.sort_by_key(|(number, _)| *number);
    let read = |(number, revision)| read(workload, number, revision);
    let mut past: Vec<_> = numbered.into_iter().filter_map(read).collect();
    past.pop_if(|newest| newest.workload.body["spec"] == workload.body["spec"]);
    past
}

/// The number of a revision, if it is one of this workload.
fn number(workload: &Kept, uid: &str, revision: &Value) -> Option<u64> {
    let metadata = Metadata::deserialize(&revision["metadata"]).ok()?;
    if metadata.controller()?.uid != uid {
        return None;
    }
    if workload.object.resource == DEPLOYMENTS {
        metadata.annotation(REVISION)?.parse().ok()
    } else {
        revision["revision"].as_u64()
    }
}

fn read(workload: &Kept, number: u64, revision: &Value) -> Option<Past> {
    let metadata = Metadata::deserialize(&revision["metadata"]).ok()?;
    // A ControllerRevision holds a patch of the workload (pkg/controller/history).
    let template = revision.pointer("/spec/template").or(revision.pointer("/data/spec/template"))?;
    let mut template = template.clone();
    template.as_object_mut()?.remove("$patch");
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.retain(|label, _| !HASHES.contains(&label.as_str()));
    }
    let mut body = workload.body.clone();
    *body.pointer_mut("/spec/template")? = template;
    // Who owns which field is known of what it is now only.
    body["metadata"].as_object_mut()?.remove("managedFields");
    Some(Past {
        version: format!("{}@{number}", workload.object.name),
        workload: Kept { object: workload.object.clone(), body },
        at: metadata.creation_timestamp?,
        message: metadata.annotation(CHANGE_CAUSE).map(str::to_owned),
    })
}

/// Where two workloads of one name have a past, the kind tells them apart: `statefulset/web@3`.
pub fn tell_apart(past: &mut [Past]) {
    let names: Vec<_> = past.iter().map(|one| one.version.clone()).collect();
    for one in past {
        if names.iter().filter(|name| **name == one.version).count() > 1 {
            one.version = format!("{}/{}", one.workload.object.resource.kind.to_lowercase(), one.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{ObjectRef, STATEFUL_SETS};
    use serde_json::json;

    use super::*;

    fn kept(resource: drover::model::object::Resource, image: &str) -> Kept {
        let body = json!({
            "metadata": {"name": "web", "managedFields": []},
            "spec": {"replicas": 2, "template": template(image)},
        });
        Kept { object: ObjectRef::namespaced(resource, "shop", "web"), body }
    }

    fn template(image: &str) -> Value {
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": image}]},
        })
    }

    fn metadata(owner: &str, revision: &str) -> Value {
        json!({
            "creationTimestamp": "2026-11-24T18:20:00Z",
            "annotations": {REVISION: revision, CHANGE_CAUSE: "before 1.5"},
            "ownerReferences":
                [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": owner, "controller": true}],
        })
    }

    fn told(past: &[Past]) -> Vec<String> {
        let image =
            |past: &Past| past.workload.body["spec"]["template"]["spec"]["containers"][0]["image"].clone();
        past.iter().map(|past| format!("{} {}", past.version, image(past))).collect()
    }

    #[test]
    fn a_deployments_past_is_that_of_its_replica_sets() {
        let set = |owner, revision, image: &str| {
            let mut template = template(image);
            template["metadata"]["labels"]["pod-template-hash"] = json!("x");
            json!({"metadata": metadata(owner, revision), "spec": {"template": template}})
        };
        let sets = [set("u", "10", "c"), set("u", "9", "b"), set("u", "1", "a"), set("other", "2", "x")];
        let past = past(&kept(DEPLOYMENTS, "c"), "u", &sets);
        assert_eq!(told(&past), ["web@1 \"a\"", "web@9 \"b\""]);
        let body = &past[0].workload.body;
        assert_eq!(body["spec"]["template"]["metadata"]["labels"], json!({"app": "web"}));
        assert_eq!((&body["spec"]["replicas"], body["metadata"].get("managedFields")), (&json!(2), None));
        assert_eq!(past[0].message.as_deref(), Some("before 1.5"));
        // One that is paused was changed since its newest ReplicaSet was made.
        let paused = super::past(&kept(DEPLOYMENTS, "d"), "u", &sets);
        assert_eq!(told(&paused), ["web@1 \"a\"", "web@9 \"b\"", "web@10 \"c\""]);
    }

    #[test]
    fn a_stateful_sets_past_is_that_of_its_controller_revisions() {
        let revision = |number: u64, image: &str| {
            let mut template = template(image);
            template["$patch"] = json!("replace");
            json!({"metadata": metadata("u", ""), "revision": number, "data": {"spec": {"template": template}}})
        };
        let past = past(&kept(STATEFUL_SETS, "b"), "u", &[revision(2, "b"), revision(1, "a")]);
        assert_eq!(told(&past), ["web@1 \"a\""]);
        assert_eq!(past[0].workload.body["spec"]["template"].get("$patch"), None);
    }
}
