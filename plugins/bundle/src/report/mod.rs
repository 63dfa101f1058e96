//! What a comparison found: as data, for people, and for another program that compares.

mod diff;
mod files;
mod hunk;
mod rollback;
mod values;

use drover::model::object::ObjectRef;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::compare::{Change, Masking, changes};

pub use diff::{Screen, render};
pub use files::{Files, files};
#[allow(unused_imports)]
pub use rollback::render_plan;

/// One object that differs, or that can't be compared. This is the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDifference {
    #[serde(serialize_with = "as_text")]
    pub object: ObjectRef,
    pub state: State,
    /// Where both states are there.
    pub changes: Vec<Change>,
}

fn as_text<S: Serializer>(object: &ObjectRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    Changed,
    Added,
    Removed,
    /// The user may not read it.
    Forbidden,
    /// The cluster does not serve its kind any more.
    NotServed,
}

impl State {
    /// Whether it is known to differ: what is no longer served can't be what it was.
    pub fn is_different(self) -> bool {
        self != Self::Forbidden
    }
}

impl ObjectDifference {
    /// None where both states are the same, or there is neither.
    pub fn between(
        object: &ObjectRef,
        before: Option<&Value>,
        after: Option<&Value>,
        autoscaled: bool,
        masking: &Masking,
    ) -> Option<Self> {
        let (state, changes) = match (before, after) {
            (None, None) => return None,
            (None, Some(_)) => (State::Added, Vec::new()),
            (Some(_), None) => (State::Removed, Vec::new()),
            (Some(before), Some(after)) => {
                (State::Changed, changes(object.resource, before, after, autoscaled, masking))
            }
        };
        let is_same = state == State::Changed && changes.is_empty();
        (!is_same).then(|| Self { object: object.clone(), state, changes })
    }
}

#[cfg(test)]
mod tests;
