//! What `off` has to bring back, bit by bit.

use std::collections::BTreeSet;

use harness::Namespace;
use serde_json::{Value, json};

/// A workload at one moment: all that a person or another program decides about it, and who did.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    spec: Value,
    labels: Value,
    annotations: Value,
    owners: BTreeSet<String>,
}

impl Snapshot {
    /// Such as `Snapshot::of(&namespace, "deploy/api")`.
    pub fn of(namespace: &Namespace, workload: &str) -> Self {
        let json = ["get", workload, "--output=json", "--show-managed-fields"];
        let object: Value = serde_json::from_str(&namespace.kubectl(json).success().stdout)
            .expect("`kubectl get --output=json` prints JSON");
        let metadata = &object["metadata"];
        let mut annotations = metadata["annotations"].clone();
        // The Deployment's controller counts on, whatever it rolls out.
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.remove("deployment.kubernetes.io/revision");
            annotations.remove("deprecated.daemonset.template.generation");
        }
        Self {
            spec: object["spec"].clone(),
            labels: metadata["labels"].clone(),
            annotations,
            owners: owners(&metadata["managedFields"]),
        }
    }

    /// The workload is as it was then.
    pub fn expect_same(&self, namespace: &Namespace, workload: &str) {
        let now = Self::of(namespace, workload);
        assert_eq!(now.spec, self.spec, "its spec is as before");
        assert_eq!((&now.labels, &now.annotations), (&self.labels, &self.annotations), "its metadata is too");
        assert_eq!(now.owners, self.owners, "and so is who owns its fields");
    }
}

/// Who owns which fields, but for those of the status; when they wrote last is of no concern.
pub fn owners(managed_fields: &Value) -> BTreeSet<String> {
    let entries = managed_fields.as_array().expect("the server notes who owns the fields").iter();
    entries
        .filter(|entry| entry["subresource"] != "status")
        .map(|entry| {
            let fields: Vec<&Value> = ["manager", "operation", "fieldsV1"].map(|field| &entry[field]).into();
            json!(fields).to_string()
        })
        .collect()
}
