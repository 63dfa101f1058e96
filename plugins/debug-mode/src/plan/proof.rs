//! What can be read back of the promise once a workload is out of debug mode.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{Before, Record};
use crate::state::State;
use crate::workload::Workload;

/// What was read back of the promise.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Template and strategy are what they were before debug mode.
    pub exact: bool,
    /// The ReplicaSet of the first template is the current one again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_set: Option<String>,
    /// Pods that served before debug mode and are still there.
    pub kept: usize,
    /// How many there were.
    pub before: usize,
    /// Those of them that were restarted meanwhile.
    pub restarted: Vec<String>,
}

/// The pods that served before debug mode.
pub fn served(record: &Record) -> BTreeMap<&String, &Before> {
    record.pods.iter().filter(|(_, before)| before.ready).collect()
}

/// What the present state proves.
pub fn proof(state: &State, workload: &Workload, record: &Record) -> Proof {
    let kept: Vec<_> = state
        .owned()
        .filter_map(|pod| Some((pod, served(record).get(&pod.metadata.uid)?.restarts)))
        .collect();
    let restarted = kept.iter().filter(|(pod, restarts)| pod.restarts() > *restarts);
    let first = record.replica_set.as_ref().filter(|first| {
        let newest = state.own_replica_sets().max_by_key(|set| set.revision());
        newest.is_some_and(|newest| newest.metadata.uid == first.uid)
    });
    Proof {
        exact: workload.shape() == record.original,
        replica_set: first.map(|first| first.name.clone()),
        kept: kept.len(),
        before: served(record).len(),
        restarted: restarted.map(|(pod, _)| pod.metadata.name.clone()).collect(),
    }
}
