//! What a version says of itself.

use std::collections::BTreeSet;

use drover::model::object::ObjectRef;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::pack::{Entry, Packed, compress, decompress};
use super::reference;

/// On an index: its [`Summary`].
pub const SUMMARY: &str = "drover.dev/bundle-version";

/// On a chunk: its [`Mark`].
pub const MARK: &str = "drover.dev/bundle-attempt";

pub const INDEX_KEY: &str = "index";
pub const CHUNK_KEY: &str = "chunk";

/// What this program writes and reads.
const SCHEMA: u32 = 1;

/// How a version came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// A person recorded it.
    Recorded,
    /// It was recorded before a rollback, to come back to.
    Automatic,
    /// Rebuilt from what the cluster still knew of one workload's past.
    Partial,
}

/// What is known of a version from its index's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// `7`, or `web@3` for what a workload was.
    pub version: String,
    pub origin: Origin,
    /// By the server's clock.
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How many objects it has.
    pub objects: usize,
    /// How many members could not be read.
    #[serde(default)]
    pub unread: usize,
    /// Which run wrote it.
    pub attempt: String,
    /// The chunks that it needs.
    pub chunks: Vec<String>,
}

impl Summary {
    /// The number, of a version that has one.
    pub fn number(&self) -> Option<u32> {
        self.version.parse().ok()
    }

    /// Whether a person meant it to be kept: what `diff` compares with unless told otherwise.
    pub fn is_meant(&self) -> bool {
        self.origin == Origin::Recorded
    }
}

/// A run that is about to need a chunk: it stays at least until the run's version is there, or the run can't
/// be under way any more. A chunk carries a list of them, since several may be at it at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub attempt: String,
    pub at: Timestamp,
}

/// How long after it was marked a chunk is safe from `prune`.
const PROTECTED: SignedDuration = SignedDuration::from_mins(10);

impl Mark {
    /// Whether the run is not under way any more: its version is there, or it takes too long for that.
    pub fn is_over(&self, committed: &BTreeSet<&str>, now: Timestamp) -> bool {
        committed.contains(self.attempt.as_str()) || now.duration_since(self.at) >= PROTECTED
    }
}

/// A member that could not be read when the version was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    #[serde(with = "reference::object")]
    pub object: ObjectRef,
    /// Such as `forbidden`.
    pub why: String,
}

/// The image that a container of a workload ran.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Such as `deployment.apps/web`.
    pub workload: String,
    pub container: String,
    /// As the pod asked for it.
    pub image: String,
    /// What the container runtime resolved it to: `REPOSITORY@sha256:…`, or a bare digest for an image
    /// that was not pulled.
    pub image_id: String,
}

/// What an index holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    schema: u32,
    pub entries: Vec<Entry>,
    pub packs: Vec<Vec<String>>,
    #[serde(default)]
    pub images: Vec<Image>,
    #[serde(default)]
    pub unread: Vec<Unread>,
    /// Objects that were not there for certain. Times of creation are whole seconds: of what a rollback creates
    /// right after this version they don't tell that it came later.
    #[serde(default, with = "reference::objects", skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<ObjectRef>,
}

/// Why an index can't be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    #[error("a newer kubectl bundle recorded it")]
    Newer,
    #[error("its index can't be understood")]
    Unreadable,
}

impl Index {
    pub fn new(packed: &Packed, images: Vec<Image>, unread: Vec<Unread>) -> Self {
        let (entries, packs) = (packed.entries.clone(), packed.packs.clone());
        Self { schema: SCHEMA, entries, packs, images, unread, absent: Vec::new() }
    }

    /// Says of these objects that they were not there.
    pub fn without(self, absent: Vec<ObjectRef>) -> Self {
        Self { absent, ..self }
    }

    pub fn encode(&self) -> std::io::Result<Vec<u8>> {
        compress(&serde_json::to_vec(self)?)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, IndexError> {
        #[derive(Deserialize)]
        struct Schema {
            schema: u32,
        }
        let text = decompress(bytes).map_err(|_| IndexError::Unreadable)?;
        let Schema { schema } = serde_json::from_slice(&text).map_err(|_| IndexError::Unreadable)?;
        if schema > SCHEMA {
            return Err(IndexError::Newer);
        }
        serde_json::from_slice(&text).map_err(|_| IndexError::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_again_and_a_newer_one_is_refused() {
        let packed = super::super::pack::pack(&[]).unwrap();
        let index = Index::new(&packed, Vec::new(), Vec::new());
        assert_eq!(Index::decode(&index.encode().unwrap()), Ok(index.clone()));
        let newer = Index { schema: SCHEMA + 1, ..index };
        assert_eq!(Index::decode(&newer.encode().unwrap()), Err(IndexError::Newer));
        assert_eq!(Index::decode(b"x"), Err(IndexError::Unreadable));
    }
}
