//! Reads the cluster: one parallel wave for the kinds that point at others, then a wave of single objects
//! for each step that references lead further. Never all types, and never a list of Secrets or ConfigMaps.

mod events;
mod images;
mod listed;
mod lists;
mod objects;
mod reading;
mod revisions;
mod users;

use std::collections::BTreeMap;

use drover::cluster::{Cluster, ClusterError, ErrorKind};
use drover::model::object::{ObjectRef, Resource};
use futures::future::try_join;
use serde_json::Value;

use crate::membership::{Known, Member, Pins, Sight};
pub use events::{all_events, cron_jobs_jobs, events};
pub use images::images;
use lists::Lists;
use objects::Looked;
use reading::Reading;
pub use revisions::revisions;
pub use users::{Users, users};

/// How much of each member is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What leads to others; of ConfigMaps and Secrets no value leaves the cluster.
    Metadata,
    /// All of it, as it must be to be kept or compared.
    Whole,
}

/// The members of a bundle, and what could not be seen. Not for `Debug`: the bodies hold Secrets.
pub struct Observed {
    pub members: Vec<Member>,
    pub warnings: Vec<String>,
    /// Kinds that the user may not list.
    pub unlisted: Vec<Resource>,
    /// All that was seen of the namespace on the way, members or not.
    pub known: Known,
    /// In [`Depth::Whole`] each object that is there, of the bundle or of the cluster, by its path. What
    /// something else makes is not among them.
    pub bodies: BTreeMap<String, Value>,
}

/// What the first wave saw, which is the same for all bundles of the namespace.
pub struct Survey {
    known: Known,
    bodies: BTreeMap<String, Value>,
    /// Beside the lists: what could not be listed.
    lists: Lists,
}

/// Lists the kinds that point at others. Objects that are members for sure are looked up beside, so that they
/// take no wave of their own: a saved bundle's are not known yet, and found out in the same wave.
pub async fn survey(cluster: &Cluster, sure: &[ObjectRef]) -> Result<Survey, ClusterError> {
    let looked = objects::look_up(cluster, sure.to_vec(), Depth::Metadata);
    let (looked, mut lists) = try_join(looked, lists::all(cluster)).await?;
    let (mut known, mut bodies) = (Known::default(), BTreeMap::new());
    std::mem::take(&mut lists.found).into_iter().for_each(|related| known.add(related));
    for Looked { object, sight, body } in looked {
        // What may not be read alone may have been seen in a list.
        if matches!(sight, Sight::Seen(_)) || known.sight(&object).is_none() {
            known.set(&object, sight);
            bodies.extend(body.map(|body| (object.path(), body)));
        }
    }
    Ok(Survey { known, bodies, lists })
}

impl Survey {
    /// Whether the namespace has any of a kind that is listed.
    pub fn has_any(&self, resource: Resource) -> bool {
        self.known.all().any(|related| related.object.resource == resource)
    }

    /// Follows the roots to all members, reading as much as that takes.
    pub async fn members(
        self,
        cluster: &Cluster,
        roots: &[ObjectRef],
        pins: &Pins,
        depth: Depth,
    ) -> Result<Observed, ClusterError> {
        let mut reading = Reading::new(self, depth);
        loop {
            let gathered = reading.gather(roots, pins);
            let questions = reading.questions(&gathered);
            if questions.is_empty() {
                return Ok(reading.finish(gathered));
            }
            let answers = questions.ask(cluster, depth).await?;
            reading.learn(answers);
        }
    }
}

/// The answer, or none where the user may not ask.
pub fn unless_forbidden<T>(answer: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}
