//! What is known of the namespace while it is being read.

use std::collections::BTreeMap;

use drover::model::object::ObjectRef;

use crate::relations::Related;

/// What is known of one object.
#[derive(Debug)]
pub enum Sight {
    Seen(Box<Related>),
    Absent,
    /// The user may not read it.
    Forbidden,
}

/// What is known of the namespace, by the path of each object.
#[derive(Debug, Default)]
pub struct Known {
    sights: BTreeMap<String, Sight>,
}

impl Known {
    pub fn add(&mut self, related: Related) {
        let object = related.object.clone();
        self.set(&object, Sight::Seen(Box::new(related)));
    }

    pub fn set(&mut self, object: &ObjectRef, sight: Sight) {
        self.sights.insert(object.path(), sight);
    }

    pub fn sight(&self, object: &ObjectRef) -> Option<&Sight> {
        self.sights.get(&object.path())
    }

    pub fn related(&self, object: &ObjectRef) -> Option<&Related> {
        match self.sight(object) {
            Some(Sight::Seen(related)) => Some(related),
            _ => None,
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Related> {
        self.sights.values().filter_map(|sight| match sight {
            Sight::Seen(related) => Some(&**related),
            _ => None,
        })
    }
}
