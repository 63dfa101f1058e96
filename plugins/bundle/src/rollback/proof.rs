//! Whether what was read back is what was to be.

use drover::model::object::{Metadata, ObjectRef};
use serde::Deserialize;
use serde_json::Value;

use super::plan::{Action, Consequence, Item};
use crate::compare::{Change, Masking, changes};
use crate::kinds::CLAIMS;

/// In what an object, read again after the rollback, differs from the version, besides what the plan left
/// or made different: nothing, where all went well.
pub fn unproven(item: &Item, version: &Value, now: &Value, masking: &Masking) -> Vec<Change> {
    // What was created anew may have been allocated other ports.
    let expected = match &item.action {
        Action::Create { body } | Action::Replace { body, .. } => body,
        _ => version,
    };
    let mut found = changes(item.object.resource, expected, now, false, masking);
    found.retain(|change| !is_intended(item, change));
    found
}

/// Whether a claim goes with its StatefulSet, which was agreed to: what comes in its place is not ours.
pub fn goes_with_its_set(object: &ObjectRef, live: &Value, items: &[Item]) -> bool {
    let metadata = Metadata::deserialize(&live["metadata"]).unwrap_or_default();
    let is_owner = |item: &Item| {
        let mut owners = metadata.owner_references.iter();
        owners.any(|owner| owner.kind == item.object.resource.kind && owner.name == item.object.name)
    };
    object.resource == CLAIMS
        && items.iter().any(|item| {
            is_owner(item)
                && matches!(item.action, Action::Replace { .. } | Action::Delete)
                && item.consequences.contains(&Consequence::LosesData)
        })
}

fn is_intended(item: &Item, change: &Change) -> bool {
    item.held.iter().any(|held| held.change.path == change.path)
        || item.consequences.iter().any(|consequence| match consequence {
            Consequence::Autoscaled => change.path == "spec.replicas",
            Consequence::Pinned { container, .. } => {
                let fields = ["containers", "initContainers"]
                    .map(|list| format!("spec.template.spec.{list}[{container}].image"));
                fields.contains(&change.path)
            }
            _ => false,
        })
}
