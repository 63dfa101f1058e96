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

use std::collections::{BTreeMap, BTreeSet};

use drover::cluster::{Cluster, ClusterError, ErrorKind};
use drover::model::object::{ObjectRef, Resource};
use futures::channel::oneshot::{self, Receiver, Sender};
use futures::future::try_join;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt, select};
use serde_json::Value;

use crate::membership::{Known, Member, Pins, Sight, Start};
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
#[derive(Default)]
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
        Reading::new(self, depth).ask_all(cluster, roots, pins).await
    }
}

/// The members of a bundle of which it is still being read where it starts: `read` tells it as soon as it knows, and may
/// go on to read more. What it leads to for sure is asked for while long lists are on the way.
pub async fn members_while<T, E: From<ClusterError>>(
    cluster: &Cluster,
    depth: Depth,
    read: impl AsyncFnOnce(Sender<Start>) -> Result<T, E>,
) -> Result<(Observed, T), E> {
    let (begin, begun) = oneshot::channel();
    let observed = async { Ok(members_of(cluster, begun, depth).await?) };
    try_join(observed, read(begin)).await
}

async fn members_of(
    cluster: &Cluster,
    start: Receiver<Start>,
    depth: Depth,
) -> Result<Observed, ClusterError> {
    let mut start = start.fuse();
    let mut lists = lists::each(cluster).collect::<FuturesUnordered<_>>();
    let mut objects = FuturesUnordered::new();
    let (mut reading, mut begin) = (Reading::new(Survey::default(), depth), Start::default());
    let mut asked = BTreeSet::new();
    loop {
        select! {
            // Not told is it only where reading it failed, and then that is what is reported.
            started = start => begin = started.unwrap_or_default(),
            listed = lists.select_next_some() => reading.learn_lists(listed?),
            looked = objects.select_next_some() => {
                reading.learn_of_one(looked?);
                // What it leads to is asked for at the end.
                continue;
            }
            complete => break,
        }
        let sure = reading.sure(&reading.gather(&begin.roots, &begin.pins));
        let new = sure.into_iter().filter(|object| asked.insert(object.path()));
        objects.extend(new.map(|object| objects::one(cluster, object, depth)));
    }
    reading.ask_all(cluster, &begin.roots, &begin.pins).await
}

/// The answer, or none where the user may not ask.
pub fn unless_forbidden<T>(answer: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}
