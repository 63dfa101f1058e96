//! Two states of a bundle side by side: pure.

use std::collections::{BTreeMap, BTreeSet};

use drover::model::object::ObjectRef;
use serde_json::Value;

use crate::compare::Masking;
use crate::report::{Files, ObjectDifference, State, files};
use crate::state::{autoscaled, target};
use crate::store::{Kept, Unread};

/// One of the two states.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub objects: &'a [Kept],
    pub unread: &'a [Unread],
}

/// All objects of both, each once.
pub struct Comparison<'a> {
    pairs: Vec<Pair<'a>>,
    autoscaled: BTreeSet<(String, String)>,
    masking: &'a Masking,
}

struct Pair<'a> {
    object: &'a ObjectRef,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    /// Why it can't be compared.
    unknown: Option<State>,
}

impl<'a> Comparison<'a> {
    pub fn new(before: Side<'a>, after: Side<'a>, not_served: &[ObjectRef], masking: &'a Masking) -> Self {
        let by_path = |side: Side<'a>| -> BTreeMap<String, &'a Kept> {
            side.objects.iter().map(|kept| (kept.object.path(), kept)).collect()
        };
        let (then, now) = (by_path(before), by_path(after));
        let is_unread = |object: &ObjectRef| {
            [before, after].iter().any(|side| side.unread.iter().any(|unread| unread.object == *object))
        };
        let paths: BTreeSet<_> = then.keys().chain(now.keys()).collect();
        let pairs = paths.into_iter().filter_map(|path| {
            let (before, after) = (then.get(path), now.get(path));
            let object = &before.or(after)?.object;
            let unknown = if not_served.contains(object) {
                Some(State::NotServed)
            } else {
                is_unread(object).then_some(State::Forbidden)
            };
            let [before, after] = [before, after].map(|kept| kept.map(|kept| &kept.body));
            Some(Pair { object, before, after, unknown })
        });
        Self { pairs: pairs.collect(), autoscaled: autoscaled(after.objects), masking }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Those that differ, or can't be compared.
    pub fn differences(&self) -> Vec<ObjectDifference> {
        let found = self.pairs.iter().filter_map(|pair| match pair.unknown {
            Some(state) => Some(ObjectDifference { object: pair.object.clone(), state, changes: Vec::new() }),
            None => {
                let is_autoscaled = self.is_autoscaled(pair);
                ObjectDifference::between(pair.object, pair.before, pair.after, is_autoscaled, self.masking)
            }
        });
        found.collect()
    }

    /// Those that differ, as files for another program.
    pub fn files(&self) -> Vec<Files> {
        let known = self.pairs.iter().filter(|pair| pair.unknown.is_none());
        let files = known.filter_map(|pair| {
            files(pair.object, pair.before, pair.after, self.is_autoscaled(pair), self.masking)
        });
        files.collect()
    }

    fn is_autoscaled(&self, pair: &Pair<'_>) -> bool {
        self.autoscaled.contains(&target(pair.object))
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;
    use serde_json::json;

    use super::*;

    fn object(name: &str) -> ObjectRef {
        ObjectRef::namespaced(CONFIG_MAPS, "shop", name)
    }

    fn kept(name: &str, value: &str) -> Kept {
        Kept { object: object(name), body: json!({"metadata": {"name": name}, "data": {"a": value}}) }
    }

    #[test]
    fn each_object_is_told_once() {
        let before = [
            kept("same", "1"),
            kept("changed", "1"),
            kept("gone", "1"),
            kept("hidden", "1"),
            kept("old", "1"),
        ];
        let after = [kept("same", "1"), kept("changed", "2"), kept("new", "1")];
        let unread = [Unread { object: object("hidden"), why: "forbidden".to_owned() }];
        let masking = Masking::new(false).unwrap();
        let (before, after) =
            (Side { objects: &before, unread: &[] }, Side { objects: &after, unread: &unread });
        let comparison = Comparison::new(before, after, &[object("old")], &masking);
        let found: Vec<_> = comparison
            .differences()
            .iter()
            .map(|difference| format!("{} {:?}", difference.object.name, difference.state))
            .collect();
        assert_eq!(
            found,
            ["changed Changed", "gone Removed", "hidden Forbidden", "new Added", "old NotServed"]
        );
        assert_eq!((comparison.len(), comparison.files().len()), (6, 3));
    }
}
