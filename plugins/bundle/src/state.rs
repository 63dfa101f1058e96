//! A bundle as it is now, ready to be kept or compared.

use std::collections::{BTreeMap, BTreeSet};

use drover::model::object::{HORIZONTAL_POD_AUTOSCALERS, ObjectRef};
use serde_json::Value;

use crate::capture::capture;
use crate::compare::{Masking, changes};
use crate::membership::{Member, Presence};
use crate::observe::Observed;
use crate::store::{Kept, Unread};

/// The members and what they are like.
pub struct Current {
    pub members: Vec<Member>,
    /// All that are there, by their path.
    pub objects: Vec<Kept>,
    /// Their uids, by their path.
    pub uids: BTreeMap<String, String>,
    pub unread: Vec<Unread>,
    pub warnings: Vec<String>,
}

impl Current {
    /// What was seen, without what the server made of it.
    pub fn of(observed: Observed) -> Self {
        let Observed { members, mut warnings, mut bodies, .. } = observed;
        let (mut objects, mut uids, mut unread) = (Vec::new(), BTreeMap::new(), Vec::new());
        for member in &members {
            let object = member.object.clone();
            if let Some(body) = bodies.remove(&object.path()) {
                let uid = body["metadata"]["uid"].as_str().unwrap_or_default();
                uids.insert(object.path(), uid.to_owned());
                objects.push(Kept { body: capture(object.resource, body), object });
            } else if member.presence == Presence::Forbidden {
                unread.push(Unread { object, why: "forbidden".to_owned() });
            }
        }
        objects.sort_by_key(|kept| kept.object.path());
        unread.sort_by_key(|unread: &Unread| unread.object.path());
        if !unread.is_empty() {
            let objects: Vec<_> = unread.iter().map(|unread| unread.object.to_string()).collect();
            warnings.push(format!("left out, since you may not read it: {}", objects.join(", ")));
        }
        Self { members, objects, uids, unread, warnings }
    }

    /// Has these too, as they are there: members of a version that are none now.
    pub fn keep_too<'a>(&mut self, others: impl Iterator<Item = (&'a ObjectRef, &'a Value)>) {
        for (object, body) in others {
            if !self.objects.iter().any(|kept| kept.object == *object) {
                let (object, body) = (object.clone(), capture(object.resource, body.clone()));
                self.objects.push(Kept { object, body });
            }
        }
        self.objects.sort_by_key(|kept| kept.object.path());
    }

    /// The roots that are gone.
    pub fn missing<'a>(&self, roots: &'a [ObjectRef]) -> Vec<&'a ObjectRef> {
        let is_missing = |root: &ObjectRef| {
            self.members.iter().any(|member| {
                member.object == *root && matches!(member.presence, Presence::Missing | Presence::Unknown)
            })
        };
        roots.iter().filter(|root| is_missing(root)).collect()
    }
}

/// Whether somebody would see a difference between two states of all objects.
pub fn differ(before: &[Kept], after: &[Kept], masking: &Masking) -> bool {
    let autoscaled = autoscaled(after);
    let same = |one: &Kept, other: &Kept| {
        let is_autoscaled = autoscaled.contains(&target(&other.object));
        one.object == other.object
            && changes(one.object.resource, &one.body, &other.body, is_autoscaled, masking).is_empty()
    };
    before.len() != after.len() || before.iter().zip(after).any(|(one, other)| !same(one, other))
}

/// Kind and name of what an autoscaler scales.
pub fn autoscaled(objects: &[Kept]) -> BTreeSet<(String, String)> {
    let autoscalers = objects.iter().filter(|kept| kept.object.resource == HORIZONTAL_POD_AUTOSCALERS);
    let targets = autoscalers.map(|kept| &kept.body["spec"]["scaleTargetRef"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    targets.map(|target| (text(&target["kind"]), text(&target["name"]))).collect()
}

/// What an autoscaler calls an object.
pub fn target(object: &ObjectRef) -> (String, String) {
    (object.resource.kind.to_owned(), object.name.clone())
}
