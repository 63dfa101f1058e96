//! What a workload in debug mode leaves behind to be restored by.
//!
//! It lies in a ConfigMap that the workload owns, not in an annotation alone: `kubectl rollout undo`
//! replaces a Deployment's annotations (observed on 1.35).

use std::collections::BTreeMap;

use drover::model::object::{CONFIG_MAPS, Metadata, ObjectRef, Owner};
use drover::model::pod::Pod;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::options::{Overrides, Part};
use crate::target::{Kind, Target};

/// Marks what belongs to debug mode: the record (`record`) and copies (`copy`).
pub const DEBUG_MODE_LABEL: &str = "drover.dev/debug-mode";

/// The label's value on a copy.
pub const COPY: &str = "copy";

/// The label's value on a record.
pub const RECORD: &str = "record";

/// The annotation of a workload in debug mode, and of a copy.
pub const DEBUG_MODE_ANNOTATION: &str = "drover.dev/debug-mode";

/// The condition of the readiness gate that nobody satisfies.
pub const GATE: &str = "drover.dev/debug-mode";

/// The version of the record that this program writes and reads.
const VERSION: u32 = 1;

/// The key of the record in its ConfigMap.
const DATA_KEY: &str = "record.json";

/// What decides about a workload's pods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The pod template.
    pub template: Value,
    /// How pods are replaced; null for a ReplicaSet, which does not replace them.
    pub strategy: Value,
}

/// All that `off` needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of this schema.
    pub version: u32,
    /// The very workload.
    pub workload: Owner,
    /// As it was.
    pub original: Shape,
    /// As debug mode left it.
    pub debug: Shape,
    /// What `off` brings about where others changed the workload meanwhile; else `original`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restoring: Option<Shape>,
    /// The fields' owners as they were, which `off` puts back.
    pub managed_fields: Value,
    /// The ReplicaSet that the original template made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_set: Option<Owner>,
    /// The pods that there were, by uid.
    pub pods: BTreeMap<String, Before>,
    /// The pod that was deleted to make room for a debug pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
    /// The autoscalers that were kept from changing the number of pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<Pinned>,
    /// What was taken away, by container.
    pub taken: BTreeMap<String, Vec<Part>>,
    /// The container that does nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The field manager that made the change.
    pub manager: String,
    /// What was asked for.
    pub overrides: Overrides,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who, as the server knows them.
    pub by: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a pod was before debug mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pub restarts: u32,
    pub ready: bool,
}

/// A pod that had to go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    pub name: String,
    pub uid: String,
}

/// What a copy carries in its annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyRecord {
    /// The version of this schema.
    pub version: u32,
    /// What it was made from.
    pub workload: Owner,
    /// What was taken away, by container.
    pub taken: BTreeMap<String, Vec<Part>>,
    /// The container that does nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// What was asked for.
    pub overrides: Overrides,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who, as the server knows them.
    pub by: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl CopyRecord {
    /// The record of a copy; none for any other pod, or one that another version made.
    pub fn of(pod: &Pod) -> Option<Self> {
        Self::in_metadata(&pod.metadata)
    }

    /// The same, where only the pod's metadata are known.
    pub fn in_metadata(pod: &Metadata) -> Option<Self> {
        let is_copy = pod.labels.get(DEBUG_MODE_LABEL).is_some_and(|value| value == COPY);
        let record: Self = serde_json::from_str(pod.annotation(DEBUG_MODE_ANNOTATION)?).ok()?;
        (is_copy && record.version == VERSION).then_some(record)
    }

    /// Whether it was made from that workload.
    pub fn is_of(&self, target: &Target) -> bool {
        self.workload.kind == target.kind.resource().kind && self.workload.name == target.name
    }
}

/// A HorizontalPodAutoscaler whose bounds are one number meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pinned {
    pub name: String,
    pub uid: String,
    /// Its bounds before; absent is 1 (autoscaling/v2 types.go).
    pub min: Option<u32>,
    pub max: u32,
    /// The number of pods meanwhile.
    pub at: u32,
    /// Its fields' owners before.
    pub managed_fields: Value,
}

/// A container that does nothing, and what it would have run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub container: String,
    /// Its command; none where the image says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// The image whose busybox holds it, where its own has no `sleep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

impl Record {
    /// A record as this program writes it.
    pub const fn version() -> u32 {
        VERSION
    }

    /// The ConfigMap of a workload's record. A name that would be too long is cut; the record itself
    /// says which workload it is about.
    pub fn object(target: &Target, namespace: &str) -> ObjectRef {
        let kind = target.kind.resource().kind.to_lowercase();
        let mut name = format!("drover-debug-mode-{kind}-{}", target.name);
        name.truncate(253);
        ObjectRef::namespaced(CONFIG_MAPS, namespace, name.trim_end_matches(['-', '.']))
    }

    /// The ConfigMap that holds it. The workload owns it, so that it goes with the workload.
    pub fn to_config_map(&self, name: &str, kind: Kind) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": name,
                "labels": {DEBUG_MODE_LABEL: RECORD},
                "ownerReferences": [{
                    "apiVersion": kind.resource().api_version(),
                    "kind": self.workload.kind,
                    "name": self.workload.name,
                    "uid": self.workload.uid,
                }],
            },
            "data": {DATA_KEY: self.to_text()},
        })
    }

    /// The record as it is stored, and where.
    pub fn to_text(&self) -> String {
        json!(self).to_string()
    }

    /// The path of the record in its ConfigMap.
    pub const fn path() -> [&'static str; 2] {
        ["data", DATA_KEY]
    }

    /// The record in a ConfigMap.
    ///
    /// # Errors
    /// When it is not one that this program can read, in words.
    pub fn of(config_map: &Value) -> Result<Self, String> {
        let name = config_map.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let unreadable =
            |cause: &dyn std::fmt::Display| format!("its record, ConfigMap {name}, can't be read: {cause}");
        let text = config_map["data"][DATA_KEY].as_str().ok_or_else(|| unreadable(&"it is empty"))?;
        let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        match value["version"].as_u64() {
            Some(version) if version != u64::from(VERSION) => Err(format!(
                "its record, ConfigMap {name}, has version {version}; this program knows {VERSION}"
            )),
            _ => serde_json::from_value(value).map_err(|error| unreadable(&error)),
        }
    }

    /// What `off` brings about.
    pub fn goal(&self) -> &Shape {
        self.restoring.as_ref().unwrap_or(&self.original)
    }

    /// The annotation of the workload meanwhile.
    pub fn annotation(&self) -> String {
        json!({"version": VERSION, "at": self.at, "by": self.by}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_record_is_said_in_words() {
        let read = |text: &str| {
            Record::of(&json!({"metadata": {"name": "r"}, "data": {DATA_KEY: text}})).unwrap_err()
        };
        assert!(read("{").starts_with("its record, ConfigMap r, can't be read: "));
        assert_eq!(read(r#"{"version": 2}"#), "its record, ConfigMap r, has version 2; this program knows 1");
        assert!(read(r#"{"version": 1}"#).contains("missing field"));
    }

    #[test]
    fn long_names_are_cut_to_what_the_server_takes() {
        let target =
            Target { kind: Kind::Deployment, name: format!("{}-{}", "a".repeat(223), "b".repeat(20)) };
        let object = Record::object(&target, "shop");
        assert!(object.name.len() <= 253 && !object.name.ends_with('-'), "{}", object.name);
    }
}
