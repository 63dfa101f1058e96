//! What an isolated pod carries with it: all that is needed to put it back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use drover::model::ISOLATED_LABEL;
use drover::model::label_edit::Keys;
use drover::model::object::Owner;
use drover::model::pod::Pod;
use drover::model::selector::Labels;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::plan::quarantine::Quarantine;

/// The label by which its NetworkPolicy selects a pod in quarantine, and no other; its value is the uid.
pub const QUARANTINE_LABEL: &str = "drover.dev/quarantine";

/// The annotation that holds the record, as JSON.
pub const ISOLATION_ANNOTATION: &str = "drover.dev/isolation";

/// The version of the record that this program writes and reads.
pub const VERSION: u32 = 1;

/// A time as records, and the API server's own fields, have it: in whole seconds.
pub fn moment(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// The record of one isolation, written in the same request as the first label change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of this schema; see [`VERSION`].
    pub version: u32,
    /// The pod's labels before.
    pub labels: Labels,
    /// The controller it left.
    pub owner: Owner,
    /// The workload above that controller, such as a Deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<Owner>,
    /// How many pods of the owner must be Available for the capacity to be what it was, the
    /// replacement included.
    pub available: usize,
    /// The same for the ready endpoints of each Service the pod was in.
    pub services: BTreeMap<String, usize>,
    /// The owner's other pods that are as young as the isolation itself, so that none of them is
    /// taken for the replacement: creation times have whole seconds only.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub twins: BTreeSet<String>,
    /// The labels whose loss makes its controller let go.
    pub leave: Keys,
    /// The labels whose loss ends traffic, as foreseen when it began.
    pub traffic: Keys,
    /// Whether both go in one request, before there is a replacement.
    pub at_once: bool,
    /// The pod's deletion cost before, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_cost: Option<String>,
    /// The way back, once it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejoin: Option<Rejoin>,
    /// When it began, by the server's clock.
    pub at: Timestamp,
    /// Who did it, as the server knows them.
    pub by: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Until when it is needed, by the server's clock: `cleanup --expired` deletes it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What its NetworkPolicy cuts off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Quarantine>,
    /// It left traffic alone: its controller keeps it, and makes no replacement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub traffic_only: bool,
    /// How often its containers had been restarted when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<u32>,
}

/// A restore that began: which pod makes room, so that running it again goes on with the same one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejoin {
    /// The pod that will be deleted; none when the controller lacks one anyway.
    pub victim: Option<Victim>,
}

/// A pod that makes room for another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Victim {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

impl Record {
    /// The pod's record, if it carries one.
    ///
    /// # Errors
    /// When there is one that this program can't read, in words.
    pub fn of(pod: &Pod) -> Result<Option<Self>, String> {
        let Some(text) = pod.metadata.annotation(ISOLATION_ANNOTATION) else {
            return Ok(None);
        };
        let record: Self = serde_json::from_str(text)
            .map_err(|error| format!("its annotation {ISOLATION_ANNOTATION} can't be read: {error}"))?;
        if record.version == VERSION {
            Ok(Some(record))
        } else {
            Err(format!(
                "its annotation {ISOLATION_ANNOTATION} has version {}; this program knows {VERSION}",
                record.version
            ))
        }
    }

    /// What the pod was part of, as people name it: its Deployment rather than its ReplicaSet.
    pub fn workload(&self) -> &Owner {
        self.workload.as_ref().unwrap_or(&self.owner)
    }

    /// Whether the pod is, labels and owner, as it was before: an isolation that was undone but
    /// not yet tidied up.
    pub fn is_undone(&self, pod: &Pod) -> bool {
        pod.metadata.controller().is_some_and(|owner| owner.uid == self.owner.uid)
            && own_labels(pod) == self.labels
    }

    /// Whether the isolation began less than that long ago.
    pub fn is_younger_than(&self, limit: Duration, now: Timestamp) -> bool {
        Duration::try_from(now.duration_since(self.at)).is_ok_and(|age| age < limit)
    }

    /// How far the isolation is, or its end: in one word, as people see it.
    pub fn state(&self, pod: &Pod) -> &'static str {
        match self {
            _ if pod.metadata.deletion_timestamp.is_some() => "terminating",
            Self { rejoin: Some(_), .. } => "rejoining",
            _ if self.is_undone(pod) => "undone",
            _ if self.is_half_done(pod) => "half",
            Self { traffic_only: true, .. } => "traffic-only",
            _ => "whole",
        }
    }

    /// Whether it is needed no longer.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether no more than the first of two phases was done, which an undo takes back.
    pub fn is_in_first_phase(&self, pod: &Pod) -> bool {
        !self.at_once && (self.traffic.is_empty() || self.is_half_done(pod))
    }

    /// Whether labels that were to go are still there.
    pub fn is_half_done(&self, pod: &Pod) -> bool {
        self.traffic.iter().any(|key| pod.metadata.labels.contains_key(key))
    }
}

/// The pod's labels without those that isolation adds.
pub fn own_labels(pod: &Pod) -> Labels {
    let mut labels = pod.metadata.labels.clone();
    for added in [ISOLATED_LABEL, QUARANTINE_LABEL] {
        labels.remove(added);
    }
    labels
}
