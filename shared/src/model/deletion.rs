//! What a deletion does to the objects that an object owns.

use serde::Serialize;

/// What becomes of the objects whose owner is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dependents {
    /// The garbage collector deletes them after it: what kubectl asks for. The server's own default would
    /// leave a Job's pods running (pkg/registry/batch/job/strategy.go: `DefaultGarbageCollectionPolicy`).
    Go,
    /// They stay, without an owner, until one whose selector matches adopts them.
    Stay,
}

impl Dependents {
    /// The value of `propagationPolicy` in DeleteOptions.
    #[must_use]
    pub fn policy(self) -> &'static str {
        match self {
            Self::Go => "Background",
            Self::Stay => "Orphan",
        }
    }
}
