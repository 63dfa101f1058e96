//! How a bundle goes: its versions, then their chunks, and last what it starts from, so that for as long as
//! something is left the same command finds the bundle and goes on.

use drover::change::{Plan, Step, Write};
use drover::model::object::Metadata;
use serde::Deserialize;

use super::prune::{self, Pruning};
use crate::store::{BundleName, Stored};

/// What is to be deleted now.
pub fn plan(stored: &Stored, name: &BundleName, namespace: &str, keep_versions: bool) -> Pruning {
    // Also what a run that is under way needs: it finds its bundle gone, and says so.
    let mut pruning = prune::plan(stored, namespace, |_| !keep_versions, |_| true);
    if keep_versions {
        pruning.plan.now.clear();
    }
    if pruning.plan.now.is_empty()
        && let Some(config_map) = &stored.definition
    {
        let metadata = Metadata::deserialize(&config_map["metadata"]).unwrap_or_default();
        let target = name.definition(namespace);
        let title = format!("delete {target}");
        let write = Write::delete(target, &metadata.uid).unchanged_since(&metadata.resource_version);
        pruning.plan = Plan { now: vec![Step { title, write }], ..Plan::default() };
    }
    pruning
}
