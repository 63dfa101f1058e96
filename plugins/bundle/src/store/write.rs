//! What is written for a new version, and in which order: chunks before the index that needs them.

use std::collections::BTreeMap;

use drover::change::{Body, Effect, Plan, Step, Test, Write, set};
use drover::cli::Failure;
use drover::model::object::{Metadata, ObjectRef};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::ByteString;
use serde_json::{Value, json};

use super::name::BundleName;
use super::read::Stored;
use super::version::{Mark, Summary};
use super::{BUNDLE_LABEL, PART_LABEL};

/// On an index: its [`Summary`].
pub const SUMMARY: &str = "drover.dev/bundle-version";

/// On a chunk: its [`Mark`].
pub const MARK: &str = "drover.dev/bundle-attempt";

pub const INDEX_KEY: &str = "index";
pub const CHUNK_KEY: &str = "chunk";

/// How long after it was marked a chunk is safe from [`prune`](crate::plan::prune).
pub const PROTECTED: SignedDuration = SignedDuration::from_mins(10);

/// A run commits no later than this after it began, so that its chunks are still protected.
const COMMIT_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// A version that is to be written.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub summary: Summary,
    /// The encoded index.
    pub index: Vec<u8>,
}

/// All that one run wants to be stored.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub name: BundleName,
    pub namespace: String,
    /// The ConfigMap, where the bundle is to be created.
    pub definition: Option<Value>,
    /// By the hash.
    pub chunks: BTreeMap<String, Vec<u8>>,
    /// What workloads were; written before the version itself.
    pub past: Vec<NewVersion>,
    pub version: NewVersion,
    pub mark: Mark,
}

impl Snapshot {
    /// What is to be written now: the bundle and the chunks, then the versions of the past, then the
    /// version.
    ///
    /// # Errors
    /// When somebody else took the version's number, or too much time went by.
    pub fn plan(&self, stored: &Stored, now: Timestamp) -> Result<Plan, Failure> {
        let index = self.name.index(&self.namespace, &self.version.summary.version);
        let committed = stored.versions.get(&index.name);
        if let Some(part) = committed
            && part.says.as_ref().is_none_or(|summary| summary.attempt != self.mark.attempt)
        {
            return Err(self.overtaken(part.says.as_ref()));
        }
        let mut now_steps = self.chunk_steps(stored);
        now_steps.extend(self.definition_step(stored));
        if now_steps.is_empty() {
            now_steps.extend(self.past.iter().filter_map(|version| self.index_step(version, stored)));
        }
        if now_steps.is_empty() {
            now_steps.extend(self.index_step(&self.version, stored));
        }
        if !now_steps.is_empty() && now.duration_since(self.mark.at) > COMMIT_WITHIN {
            let again = format!("begin anew:  kubectl bundle snapshot {}", self.name);
            return Err(Failure::new(format!("bundle/{}: recording took too long", self.name)).hint(again));
        }
        Ok(Plan { now: now_steps, together: true, ..Plan::default() })
    }

    fn overtaken(&self, other: Option<&Summary>) -> Failure {
        let who = other.and_then(|summary| summary.by.as_deref()).unwrap_or("somebody else");
        let (name, version) = (&self.name, &self.version.summary.version);
        Failure::new(format!("bundle/{name}: {who} recorded version {version} meanwhile"))
            .hint(format!("compare with it, and record what differs:  kubectl bundle snapshot {name}"))
    }

    fn definition_step(&self, stored: &Stored) -> Option<Step> {
        let config_map = self.definition.as_ref().filter(|_| stored.definition.is_none())?;
        let shows = vec![Test::equals(["data"], config_map["data"].clone())];
        let write = Write::create(self.name.definition(&self.namespace), config_map.clone(), shows);
        Some(Step { title: "store what the bundle starts from".to_owned(), write })
    }

    fn chunk_steps(&self, stored: &Stored) -> Vec<Step> {
        let steps = self.chunks.iter().filter_map(|(hash, bytes)| {
            let target = self.name.chunk(&self.namespace, hash);
            match stored.chunks.get(&target.name) {
                None => Some(self.chunk(target, bytes)),
                Some(part) if part.says.as_ref() == Some(&self.mark) => None,
                Some(part) => Some(self.reuse(target, &part.metadata)),
            }
        });
        steps.collect()
    }

    fn chunk(&self, target: ObjectRef, bytes: &[u8]) -> Step {
        let secret = self.secret(&target, "chunk", (MARK, &json!(self.mark)), (CHUNK_KEY, bytes));
        let shows = vec![self.marked()];
        Step { title: format!("store {target}"), write: Write::create(target, secret, shows) }
    }

    /// A chunk that is there already is marked as one that is needed, which also gives it a new
    /// resourceVersion: who saw it unused before can't delete it any more.
    fn reuse(&self, target: ObjectRef, metadata: &Metadata) -> Step {
        let write = Write {
            require: vec![Test::equals(["metadata", "uid"], metadata.uid.as_str())],
            body: Body::Patch(vec![set(["metadata", "annotations", MARK], json!(self.mark).to_string())]),
            effect: Effect::Shows(vec![self.marked()]),
            target,
        };
        Step { title: format!("keep {}", write.target), write }
    }

    fn marked(&self) -> Test {
        Test::equals(["metadata", "annotations", MARK], json!(self.mark).to_string())
    }

    fn index_step(&self, version: &NewVersion, stored: &Stored) -> Option<Step> {
        let target = self.name.index(&self.namespace, &version.summary.version);
        if stored.versions.contains_key(&target.name) {
            return None;
        }
        let summary = json!(version.summary);
        let secret = self.secret(&target, "version", (SUMMARY, &summary), (INDEX_KEY, &version.index));
        let shows = vec![Test::equals(["metadata", "annotations", SUMMARY], summary.to_string())];
        let title = format!("record version {}", version.summary.version);
        Some(Step { title, write: Write::create(target, secret, shows) })
    }

    fn secret(&self, target: &ObjectRef, part: &str, says: (&str, &Value), data: (&str, &[u8])) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": format!("drover.dev/bundle-{part}"),
            "immutable": true,
            "metadata": {
                "name": target.name,
                "namespace": self.namespace,
                "labels": {BUNDLE_LABEL: self.name.as_str(), PART_LABEL: part},
                "annotations": {says.0: says.1.to_string()},
            },
            "data": {data.0: ByteString(data.1.to_vec())},
        })
    }
}
