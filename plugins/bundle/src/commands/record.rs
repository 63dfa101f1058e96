//! What `create` and `snapshot` share: a new version of what is there now.

use std::collections::BTreeMap;

use drover::cli::Failure;
use drover::model::object::{CONFIG_MAPS, ObjectRef, PODS, Resource};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde_json::Value;

use super::session::Session;
use crate::kinds::SECRETS;
use crate::past::Past;
use crate::state::Current;
use crate::store::{
    BundleName, Image, Index, Kept, Mark, NewVersion, Origin, Snapshot, Stored, Summary, hash, pack,
};

/// What a version is recorded with.
pub const RIGHTS: [(&str, Resource); 6] = [
    ("get", CONFIG_MAPS),
    ("get", SECRETS),
    ("list", SECRETS),
    ("create", SECRETS),
    ("patch", SECRETS),
    ("list", PODS),
];

/// One version. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    pub bundle: &'a str,
    #[serde(flatten)]
    pub summary: &'a Summary,
    /// Whether it was recorded now, or was there already.
    pub recorded: bool,
}

/// What is recorded, beside the objects.
pub struct Recording<'a> {
    pub name: &'a BundleName,
    pub by: String,
    pub message: Option<String>,
    pub origin: Origin,
    /// The ConfigMap, where it is to be created.
    pub definition: Option<Value>,
    pub images: Vec<Image>,
    pub past: Vec<Past>,
    /// What is not there for certain.
    pub absent: Vec<ObjectRef>,
}

impl Session<'_> {
    /// Prepares a version with the next number.
    pub fn prepare(
        &self,
        recording: Recording<'_>,
        current: &Current,
        stored: &Stored,
    ) -> Result<Snapshot, Failure> {
        let at = self.cluster.now();
        let mark = Mark { attempt: attempt()?, at };
        let number = stored.next_number();
        let mut chunks = BTreeMap::new();
        let absent = recording.absent;
        let mut version = |summary: Summary, objects: &[Kept], images| -> Result<NewVersion, Failure> {
            let packed = pack(objects)?;
            let unread = if summary.origin == Origin::Partial { Vec::new() } else { current.unread.clone() };
            let absent = if summary.origin == Origin::Partial { Vec::new() } else { absent.clone() };
            let index = Index::new(&packed, images, unread).without(absent);
            let needed = packed.packs.iter().flatten().cloned().collect();
            chunks.extend(packed.chunks);
            Ok(NewVersion { summary: Summary { chunks: needed, objects: objects.len(), ..summary }, index })
        };
        let summary = |version: String, origin| Summary {
            version,
            origin,
            at,
            by: None,
            message: None,
            objects: 0,
            unread: 0,
            attempt: mark.attempt.clone(),
            chunks: Vec::new(),
        };
        let past = recording.past.into_iter().map(|past| {
            let summary =
                Summary { at: past.at, message: past.message, ..summary(past.version, Origin::Partial) };
            version(summary, &[past.workload], Vec::new())
        });
        let past = past.collect::<Result<_, _>>()?;
        let summary = Summary {
            by: Some(recording.by),
            message: recording.message,
            unread: current.unread.len(),
            ..summary(number.to_string(), recording.origin)
        };
        let version = version(summary, &current.objects, recording.images)?;
        Ok(Snapshot {
            name: recording.name.clone(),
            namespace: self.cluster.namespace.clone(),
            definition: recording.definition,
            chunks,
            past,
            version,
            mark,
        })
    }
}

/// A name for this run that no other has.
fn attempt() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Failure::new("the system gives no random numbers"))?;
    Ok(hash(&bytes))
}
