//! Reads the cluster: one parallel wave for the kinds that point at others, then a wave of single objects
//! for each step that references lead further. Never all types, and never a list of Secrets or ConfigMaps.

mod images;
mod lists;
mod objects;
mod revisions;

use std::collections::{BTreeMap, BTreeSet};

use drover::cluster::{Cluster, ClusterError};
use drover::model::object::{ObjectRef, SERVICES};
use futures::future::try_join;
use serde_json::Value;

use crate::membership::{Known, Member, Pins, Presence, Sight, gather};
pub use images::images;
use lists::Lists;
use objects::Looked;
pub use revisions::revisions;

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
    /// In [`Depth::Whole`] each object that is there, of the bundle or of the cluster, by its path. What
    /// something else makes is not among them.
    pub bodies: BTreeMap<String, Value>,
}

/// What the first wave saw, which is the same for all bundles of the namespace.
pub struct Survey {
    known: Known,
    warnings: Vec<String>,
    bodies: BTreeMap<String, Value>,
}

/// Lists the kinds that point at others. Objects that are members for sure are looked up beside, so that they
/// take no wave of their own: a saved bundle's are not known yet, and found out in the same wave.
pub async fn survey(cluster: &Cluster, sure: &[ObjectRef]) -> Result<Survey, ClusterError> {
    let sure = sure.to_vec();
    let (looked, lists) =
        try_join(objects::look_up(cluster, sure, Depth::Metadata), lists::all(cluster)).await?;
    let mut survey = Survey { known: Known::default(), warnings: lists.warnings, bodies: BTreeMap::new() };
    lists.found.into_iter().for_each(|related| survey.known.add(related));
    for Looked { object, sight, body } in looked {
        // What may not be read alone may have been seen in a list.
        if matches!(sight, Sight::Seen(_)) || survey.known.sight(&object).is_none() {
            survey.known.set(&object, sight);
            survey.bodies.extend(body.map(|body| (object.path(), body)));
        }
    }
    Ok(survey)
}

impl Survey {
    /// Follows the roots to all members, reading as much as that takes.
    pub async fn members(
        self,
        cluster: &Cluster,
        roots: &[ObjectRef],
        pins: &Pins,
        depth: Depth,
    ) -> Result<Observed, ClusterError> {
        let Self { known, warnings, bodies } = self;
        let (unreadable, served) = (BTreeSet::new(), BTreeSet::new());
        let mut reading = Reading { known, warnings, bodies, depth, unreadable, served };
        let mut members = loop {
            let members = gather(roots, pins, &reading.known);
            let (objects, services) = (reading.unread(&members), reading.unserved(&members));
            if objects.is_empty() && services.is_empty() {
                break members;
            }
            let (looked, slices) =
                try_join(objects::look_up(cluster, objects, depth), lists::slices(cluster, &services))
                    .await?;
            looked.into_iter().for_each(|looked| reading.learn(looked));
            reading.learn_slices(services, slices);
        };
        for member in &mut members {
            if reading.unreadable.contains(&member.object.path()) {
                member.presence = Presence::Forbidden;
            }
        }
        let Reading { warnings, mut bodies, .. } = reading;
        let kept = members.iter().filter(|member| depth == Depth::Whole && member.is_kept());
        let kept: BTreeSet<_> = kept.map(|member| member.object.path()).collect();
        bodies.retain(|path, _| kept.contains(path));
        Ok(Observed { members, warnings, bodies })
    }
}

/// What was read so far.
struct Reading {
    known: Known,
    warnings: Vec<String>,
    bodies: BTreeMap<String, Value>,
    depth: Depth,
    /// Seen in a list, but may not be read alone: what they lead to is known nevertheless.
    unreadable: BTreeSet<String>,
    /// The Services whose hand-written EndpointSlices are known.
    served: BTreeSet<String>,
}

impl Reading {
    /// The members of which more must be read.
    fn unread(&self, members: &[Member]) -> Vec<ObjectRef> {
        let is_unread = |member: &&Member| {
            let path = member.object.path();
            let lacks_body = member.is_kept()
                && self.depth == Depth::Whole
                && !self.bodies.contains_key(&path)
                && !self.unreadable.contains(&path);
            member.presence == Presence::Unknown || lacks_body
        };
        members.iter().filter(is_unread).map(|member| member.object.clone()).collect()
    }

    /// The Services whose hand-written EndpointSlices nobody looked for yet.
    fn unserved(&self, members: &[Member]) -> Vec<String> {
        let services = members.iter().filter(|member| member.object.resource == SERVICES && member.is_kept());
        let names = services.map(|member| member.object.name.clone());
        names.filter(|name| !self.served.contains(name)).collect()
    }

    fn learn(&mut self, looked: Looked) {
        let Looked { object, sight, body } = looked;
        if matches!(sight, Sight::Forbidden) && self.known.related(&object).is_some() {
            self.unreadable.insert(object.path());
            return;
        }
        self.bodies.extend(body.map(|body| (object.path(), body)));
        self.known.set(&object, sight);
    }

    fn learn_slices(&mut self, services: Vec<String>, slices: Lists) {
        slices.found.into_iter().for_each(|related| self.known.add(related));
        for warning in slices.warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self.served.extend(services);
    }
}
