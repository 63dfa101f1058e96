//! Which objects belong together, and why: all that the roots use, and all that is there for it.

mod fit;
mod gather;
mod known;

use drover::model::object::{ObjectRef, Owner};
use serde::Serialize;

pub use fit::has_workload;
pub use gather::{Gathered, gather};
pub use known::{Known, Sight};

/// The path of the reason that a person is.
pub const BY_HAND: &str = "added by hand";

/// What a person decided about a bundle, against what can be seen.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    /// Members, whether anything leads to them or not; they are followed like any other.
    pub added: Vec<ObjectRef>,
    /// No members, whatever leads to them, and not followed. A root stays one.
    pub removed: Vec<ObjectRef>,
}

/// Where a bundle starts.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub roots: Vec<ObjectRef>,
    pub pins: Pins,
}

/// Why an object is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The member that led to it; none where a person added it.
    #[serde(serialize_with = "as_text", skip_serializing_if = "Option::is_none")]
    pub of: Option<ObjectRef>,
    /// The field that connects the two: of that member, or, where it says `its`, of this one.
    pub path: String,
}

fn as_text<S: serde::Serializer>(object: &Option<ObjectRef>, serializer: S) -> Result<S::Ok, S::Error> {
    object.as_ref().map(ToString::to_string).serialize(serializer)
}

/// Whether a member is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    Present,
    /// Without a namespace: the bundle refers to it, but it is not its own.
    Cluster,
    /// Something else makes it: a copy of it would be overwritten, and its owner stands for it.
    Controlled(Owner),
    Missing,
    /// It is not there, and who refers to it does without it.
    MissingOptional,
    Forbidden,
    /// It has to be looked up.
    Unknown,
}

/// One object of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub object: ObjectRef,
    /// None for a root; the first is the shortest way to it.
    pub reasons: Vec<Reason>,
    pub presence: Presence,
    /// It is there, but its deletion was asked for.
    pub is_being_deleted: bool,
}

impl Member {
    /// Whether the bundle has it, or refers to it, as it is: there is something to keep or to compare.
    pub fn is_kept(&self) -> bool {
        matches!(self.presence, Presence::Present | Presence::Cluster)
    }
}
