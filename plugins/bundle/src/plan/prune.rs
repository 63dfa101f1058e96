//! Which versions and chunks may go.
//!
//! A version goes before its chunks, so that none is ever there without them. A chunk that no version
//! needs may be one that a run elsewhere is about to need: it stays for as long as that run may take.

use std::collections::BTreeSet;

use drover::change::{Plan, Step, Write};
use drover::model::object::{Metadata, ObjectRef};
use jiff::Timestamp;

use crate::kinds::SECRETS;
use crate::store::{PROTECTED, Part, Stored, Summary};

/// What to do, and what stays although nothing needs it.
#[derive(Debug)]
pub struct Pruning {
    pub plan: Plan,
    /// The versions that go.
    pub versions: Vec<Summary>,
    /// How many chunks go, or will once the versions are gone.
    pub chunks: usize,
    /// How many chunks a run that is under way may need.
    pub protected: usize,
}

/// The numbered versions that stay: the newest, and the one that a person meant to be kept last.
pub fn kept(stored: &Stored, keep: usize) -> BTreeSet<&str> {
    let numbered = || stored.summaries().into_iter().filter(|summary| summary.number().is_some());
    let newest = numbered().rev().take(keep).chain(stored.last_meant());
    newest.map(|summary| summary.version.as_str()).collect()
}

/// From what is stored: first the versions that `goes` names, then all chunks that no version needs.
pub fn plan(
    stored: &Stored,
    namespace: &str,
    goes: impl Fn(&Part<Summary>) -> bool,
    now: Timestamp,
) -> Pruning {
    let (going, staying): (Vec<_>, Vec<_>) = stored.versions.values().partition(|part| goes(part));
    let needed: BTreeSet<_> = staying.iter().flat_map(|part| chunks_of(part)).collect();
    let attempts: BTreeSet<_> =
        stored.versions.values().filter_map(|part| Some(part.says.as_ref()?.attempt.as_str())).collect();
    // A version whose summary can't be read may need any of them.
    let unknown = staying.iter().any(|part| part.says.is_none());
    let unused = stored
        .chunks
        .values()
        .filter(|part| !unknown && !needed.iter().any(|hash| part.metadata.name.ends_with(hash)));
    let (protected, unused): (Vec<_>, Vec<_>) = unused.partition(|part| {
        part.says.as_ref().is_some_and(|mark| {
            !attempts.contains(mark.attempt.as_str()) && now.duration_since(mark.at) < PROTECTED
        })
    });
    let step = |metadata: &Metadata| deletion(metadata, namespace);
    let now_steps: Vec<_> = if going.is_empty() {
        unused.iter().map(|part| step(&part.metadata)).collect()
    } else {
        going.iter().map(|part| step(&part.metadata)).collect()
    };
    Pruning {
        plan: Plan { now: now_steps, together: true, ..Plan::default() },
        versions: going.iter().filter_map(|part| part.says.clone()).collect(),
        chunks: unused.len(),
        protected: protected.len(),
    }
}

fn chunks_of(part: &Part<Summary>) -> impl Iterator<Item = &str> {
    part.says.iter().flat_map(|summary| summary.chunks.iter().map(String::as_str))
}

/// Only as it was seen: a chunk that somebody has a use for again has another resourceVersion by then.
fn deletion(metadata: &Metadata, namespace: &str) -> Step {
    let target = ObjectRef::namespaced(SECRETS, namespace, &metadata.name);
    let title = format!("delete {target}");
    let write = Write::delete(target, &metadata.uid).unchanged_since(&metadata.resource_version);
    Step { title, write }
}
