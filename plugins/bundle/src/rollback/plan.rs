//! What is done with each object of a bundle, as data.

use std::fmt;

use drover::model::object::{ObjectRef, Owner};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::compare::{Change, Masking};
use crate::report::State;
use crate::store::Image;

use super::Options;

/// What a version says of an object.
#[derive(Clone, PartialEq)]
pub enum Then {
    Absent,
    There(Value),
    /// Whoever recorded the version could not read it: it may have been there.
    Unread,
}

/// What is there now.
#[derive(Clone, PartialEq)]
pub enum Now {
    Absent,
    /// As the server returns it, whole.
    There(Value),
    Forbidden,
    /// The cluster does not know the kind any more.
    NotServed,
}

impl Now {
    /// The object, where it is there.
    pub fn body(&self) -> Option<&Value> {
        match self {
            Self::There(live) => Some(live),
            Self::Absent | Self::Forbidden | Self::NotServed => None,
        }
    }
}

/// One object of the version or of the bundle as it is now.
#[derive(Clone, PartialEq)]
pub struct Subject {
    pub object: ObjectRef,
    pub then: Then,
    pub now: Now,
    /// Objects that use it and are no members: they would miss it.
    pub users: Vec<ObjectRef>,
}

/// All that a plan is made from.
pub struct Question<'a> {
    pub subjects: &'a [Subject],
    pub options: &'a Options,
    /// When the version was recorded, by the server's clock as `now`.
    pub recorded: Timestamp,
    /// Objects of which the version knows that they were not there.
    pub absent: &'a [ObjectRef],
    pub now: Timestamp,
    /// The images that ran when the version was recorded, and those that run now.
    pub images: &'a [Image],
    pub running: &'a [Image],
    pub masking: &'a Masking,
}

/// What is done with one object. This is the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    #[serde(serialize_with = "as_text")]
    pub object: ObjectRef,
    #[serde(flatten)]
    pub action: Action,
    /// What became of it since the version; none where it is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// From what is there to what will be; where the object is left, to what the version has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Fields that stay as they are, though the version has others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// What comes of it besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// Whether a dry-run before the first write says if the server takes it.
    pub proven_by_dry_run: bool,
}

#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Nothing to do.
    Same,
    Update {
        #[serde(skip)]
        body: Value,
    },
    Create {
        #[serde(skip)]
        body: Value,
    },
    /// Delete it and create it again, because of these fields.
    Replace {
        fields: Vec<String>,
        #[serde(skip)]
        body: Value,
    },
    Delete,
    Leave {
        #[serde(flatten)]
        reason: Reason,
        /// What to add to have it done all the same.
        #[serde(skip_serializing_if = "Option::is_none")]
        flag: Option<String>,
    },
}

impl Action {
    pub fn is_write(&self) -> bool {
        !matches!(self, Self::Same | Self::Leave { .. })
    }

    /// The object as it is to be written, where it is.
    pub fn body(&self) -> Option<&Value> {
        match self {
            Self::Update { body } | Self::Create { body } | Self::Replace { body, .. } => Some(body),
            Self::Same | Self::Delete | Self::Leave { .. } => None,
        }
    }
}

/// Without the body, which may be a Secret's.
impl fmt::Debug for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => formatter.write_str("Same"),
            Self::Update { .. } => formatter.write_str("Update"),
            Self::Create { .. } => formatter.write_str("Create"),
            Self::Replace { fields, .. } => write!(formatter, "Replace({fields:?})"),
            Self::Delete => formatter.write_str("Delete"),
            Self::Leave { reason, flag } => write!(formatter, "Leave({reason:?}, {flag:?})"),
        }
    }
}

/// Why an object is left as it is, though it differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reason {
    /// The rollback is not about it.
    NotAsked,
    /// A Secret may have been rotated since.
    Secret,
    /// The version's certificate is no longer good.
    CertificateExpired {
        at: Timestamp,
    },
    /// Whether the version's certificate is still good can't be told.
    CertificateUnreadable,
    /// The server lets nobody change these fields.
    Immutable {
        fields: Vec<String>,
    },
    /// All that differs is held.
    Held,
    /// It belongs to the whole cluster.
    ClusterScoped,
    /// A Job that is created runs.
    RunsAgain,
    /// A claim that is created is empty.
    EmptyVolume,
    /// Data would go with it.
    LosesData,
    /// It came after the version.
    NotInVersion,
    /// It is older than the version, which does not have it: it was no member then.
    OlderThanVersion,
    /// It was not readable when the version was recorded.
    UnreadThen,
    /// Objects outside the bundle use it.
    UsedByOthers {
        #[serde(serialize_with = "as_texts")]
        users: Vec<ObjectRef>,
    },
    BeingDeleted,
    /// Something else makes it now.
    Controlled {
        owner: Owner,
    },
    NotServed,
    Forbidden,
}

/// A field that stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// From what is there, and stays, to what the version has.
    #[serde(flatten)]
    pub change: Change,
    pub because: Because,
    pub flag: String,
}

/// Why a field stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Because {
    LowersReplicas,
    /// A suspended Job or CronJob would start, what it missed at once.
    Unsuspends,
    Unpauses,
    /// Claims would be deleted with what uses them.
    LoosensRetention,
    /// Of a claim only labels and annotations are restored.
    Claim,
    /// The server lets nobody change a claim so.
    ImmutableClaim,
}

/// What comes of a write besides the write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Consequence {
    /// Pods are replaced.
    Restarts {
        pods: u64,
        /// None is left while the new ones start.
        all_at_once: bool,
    },
    /// A workload has read what changes, and does not look again.
    Consumer {
        #[serde(serialize_with = "as_text")]
        workload: ObjectRef,
        /// Where it refers to it, such as `containers[web].envFrom`.
        paths: Vec<String>,
        /// Whether its pods are replaced in this rollback, and load it.
        restarts: bool,
    },
    /// Its pods are replaced, so that they load what changes.
    RestartsToLoad,
    /// A controller brings back what is there now.
    Reverted { by: String, pause: String },
    /// Data is lost for good.
    LosesData,
    /// An autoscaler decides about its replicas.
    Autoscaled,
    /// This container gets the image that ran.
    Pinned { container: String, image: String },
    /// This container can't.
    NotPinned { container: String, why: Unpinned },
}

/// Why the image that ran can't be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unpinned {
    /// The version does not say what ran, or it was another image than the template's.
    Unknown,
    /// The image was not pulled from a registry.
    NoRepository,
    /// The tag moved while pods were running.
    Several,
}

fn as_text<S: Serializer>(object: &ObjectRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

fn as_texts<S: Serializer>(objects: &[ObjectRef], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.iter().map(ToString::to_string))
}

/// `--allow deploy/web`.
pub fn flag(name: &str, object: &ObjectRef) -> String {
    let typed = object.resource.short_name().map(|short| format!("{short}/{}", object.name));
    format!("{name} {}", typed.unwrap_or_else(|| object.to_string()))
}
