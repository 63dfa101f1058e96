//! A namespace as it is, by the test's own reckoning: nothing of the product's code says what counts here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use harness::Namespace;
use serde_json::Value;

const KINDS: &str = "services,configmaps,secrets,serviceaccounts,persistentvolumeclaims,deployments.apps,statefulsets.apps,\
                     replicasets.apps,cronjobs.batch,jobs.batch,roles,rolebindings,horizontalpodautoscalers,\
                     poddisruptionbudgets,ingresses,networkpolicies";

/// What only the server decides about an object.
const OF_THE_SERVER: [&str; 5] =
    ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"];

/// All objects of a namespace that somebody made by hand.
pub struct Look(BTreeMap<String, Value>);

impl Look {
    pub fn at(namespace: &Namespace) -> Self {
        let json = namespace.kubectl(["get", KINDS, "-o", "json", "--show-managed-fields"]).success().stdout;
        let list: Value = serde_json::from_str(&json).expect("`kubectl get -o json` prints JSON");
        let all = list["items"].as_array().expect("a list has items").iter();
        let by_hand = all.filter(|object| {
            let metadata = &object["metadata"];
            let name = metadata["name"].as_str().expect("an object has a name");
            let is_stored = name.starts_with("drover-bundle-");
            !is_stored
                && metadata["ownerReferences"].is_null()
                && !["kube-root-ca.crt", "default"].contains(&name)
        });
        Self(by_hand.map(|object| (path(object), object.clone())).collect())
    }

    /// What people want of each object, and what its owner's next apply needs: what was applied, and who owns which
    /// fields.
    pub fn wanted(&self) -> BTreeMap<String, Value> {
        self.0.iter().map(|(path, object)| (path.clone(), wanted(object))).collect()
    }

    /// Who owns which fields, by object.
    pub fn owners(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.0.iter().map(|(path, object)| (path.clone(), owners(object))).collect()
    }

    /// The objects that were written, made anew or deleted between two looks; what controllers note in the status
    /// counts for nothing.
    pub fn touched(&self, later: &Self) -> BTreeSet<String> {
        let paths: BTreeSet<_> = self.0.keys().chain(later.0.keys()).collect();
        let mark = |look: &Self, path: &str| {
            let mut object = look.0.get(path)?.clone();
            object.as_object_mut()?.remove("status");
            let metadata = object["metadata"].as_object_mut()?;
            metadata.remove("resourceVersion");
            // With the time of each manager's last write.
            metadata["managedFields"].as_array_mut()?.retain(|entry| entry["subresource"] != "status");
            Some(object)
        };
        paths.into_iter().filter(|path| mark(self, path) != mark(later, path)).cloned().collect()
    }
}

/// What differs, a line for each object.
pub fn expect_same<T: PartialEq + Debug>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) {
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let different: Vec<_> = paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    let lines =
        different.iter().map(|path| format!("{path}\n  {:?}\n  {:?}\n", before.get(*path), after.get(*path)));
    assert!(different.is_empty(), "{} objects differ:\n{}", different.len(), lines.collect::<String>());
}

/// `Kind/name`.
fn path(object: &Value) -> String {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

fn wanted(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().expect("an object").remove("status");
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    metadata.retain(|field, _| !OF_THE_SERVER.contains(&field.as_str()));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("deployment.kubernetes.io/revision");
    }
    object
}

/// `MANAGER OPERATION FIELDS` of each, without the times and without what controllers own.
fn owners(object: &Value) -> BTreeSet<String> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let of_people = entries
        .filter(|entry| entry["subresource"] != "status" && entry["manager"] != "kube-controller-manager");
    of_people
        .map(|entry| format!("{} {} {}", entry["manager"], entry["operation"], entry["fieldsV1"]))
        .collect()
}
