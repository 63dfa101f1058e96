//! Whether what was read back is what was to be.

use serde_json::Value;

use super::plan::{Action, Consequence, Item};
use crate::compare::{Change, Masking, changes};

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
