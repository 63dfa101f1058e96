//! What differs between two objects, and how changes of two sides are brought together.
//!
//! Lists whose items carry a key (`name`, as containers do, and the like) are compared by that key, as
//! Kubernetes' own merges do; every other list is one value.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// The keys by which Kubernetes tells the items of its lists apart (the `x-kubernetes-list-map-keys`
/// and `patchMergeKey`s of the core types).
const ITEM_KEYS: [&str; 5] = ["name", "conditionType", "mountPath", "containerPort", "devicePath"];

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Which, such as `spec.containers[web].image`.
    pub path: String,
    /// What it was; none where it was absent.
    pub before: Option<Value>,
    /// What it is; none where it is absent.
    pub after: Option<Value>,
}

/// `spec.containers[web].image: "a" → "b"`.
impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| match value {
            None => "(none)".to_owned(),
            Some(value) => value.to_string(),
        };
        write!(formatter, "{}: {} → {}", self.path, side(&self.before), side(&self.after))
    }
}

/// The fields in which `after` differs from `before`.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut found);
    found
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    match (before.and_then(fields), after.and_then(fields)) {
        (Some(one), Some(other)) => {
            for key in union(&one, &other) {
                compare(key.below(&path), one.get(&key), other.get(&key), found);
            }
        }
        _ => found.push(Difference { path, before: before.cloned(), after: after.cloned() }),
    }
}

/// `theirs` with what lies between `base` and `ours` done to it as well; where both changed the same
/// field differently, theirs stays and the field is returned as a conflict (`before`: ours, `after`:
/// theirs).
#[must_use]
pub fn merge(base: &Value, ours: &Value, theirs: &Value) -> (Value, Vec<Difference>) {
    let mut conflicts = Vec::new();
    let merged = merge_field(String::new(), Some(base), Some(ours), Some(theirs), &mut conflicts);
    (merged.unwrap_or(Value::Null), conflicts)
}

fn merge_field(
    path: String,
    base: Option<&Value>,
    ours: Option<&Value>,
    theirs: Option<&Value>,
    conflicts: &mut Vec<Difference>,
) -> Option<Value> {
    if theirs == base || ours == theirs {
        return ours.cloned();
    }
    if ours == base {
        return theirs.cloned();
    }
    let (Some(our_fields), Some(their_fields)) = (ours.and_then(fields), theirs.and_then(fields)) else {
        conflicts.push(Difference { path, before: ours.cloned(), after: theirs.cloned() });
        return theirs.cloned();
    };
    let base_fields = base.and_then(fields).unwrap_or_default();
    let merged = union(&our_fields, &their_fields).into_iter().filter_map(|key| {
        let values = (base_fields.get(&key), our_fields.get(&key), their_fields.get(&key));
        let value = merge_field(key.below(&path), values.0, values.1, values.2, conflicts)?;
        Some((key, value))
    });
    Some(join(merged.collect()))
}

/// What tells a field or a list's item from its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Field(String),
    Item(String),
}

impl Key {
    fn below(&self, path: &str) -> String {
        match self {
            Self::Field(name) if path.is_empty() => name.clone(),
            Self::Field(name) => format!("{path}.{name}"),
            Self::Item(key) => format!("{path}[{key}]"),
        }
    }
}

/// An object's fields, or the items of a list that have a key, in order.
#[derive(Debug, Default)]
struct Fields<'a>(Vec<(Key, &'a Value)>);

impl<'a> Fields<'a> {
    fn get(&self, key: &Key) -> Option<&'a Value> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| *value)
    }
}

fn fields(value: &Value) -> Option<Fields<'_>> {
    match value {
        Value::Object(fields) => {
            Some(Fields(fields.iter().map(|(name, value)| (Key::Field(name.clone()), value)).collect()))
        }
        Value::Array(items) => {
            let keyed = items.iter().map(|item| Some((Key::Item(item_key(item)?), item)));
            let keyed: Vec<_> = keyed.collect::<Option<_>>()?;
            let is_unambiguous = keyed
                .iter()
                .enumerate()
                .all(|(index, (key, _))| keyed.iter().take(index).all(|(earlier, _)| earlier != key));
            is_unambiguous.then_some(Fields(keyed))
        }
        _ => None,
    }
}

fn item_key(item: &Value) -> Option<String> {
    let value = ITEM_KEYS.iter().find_map(|key| item.get(key))?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// The keys of both, those of the first before what only the second has.
fn union(one: &Fields<'_>, other: &Fields<'_>) -> Vec<Key> {
    let more = other.0.iter().filter(|(key, _)| one.get(key).is_none());
    one.0.iter().chain(more).map(|(key, _)| key.clone()).collect()
}

fn join(fields: Vec<(Key, Value)>) -> Value {
    if fields.iter().any(|(key, _)| matches!(key, Key::Item(_))) {
        return Value::Array(fields.into_iter().map(|(_, value)| value).collect());
    }
    let object: Map<_, _> = fields
        .into_iter()
        .filter_map(|(key, value)| match key {
            Key::Field(name) => Some((name, value)),
            Key::Item(_) => None,
        })
        .collect();
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(before: &Value, after: &Value) -> Vec<String> {
        differences(before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn items_are_told_apart_by_their_key() {
        let before = json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}], "args": [1, 2]});
        let after = json!({"containers": [{"name": "b"}, {"name": "a", "image": "2"}], "args": [2]});
        assert_eq!(words(&before, &after), [r#"args: [1,2] → [2]"#, r#"containers[a].image: "1" → "2""#]);
        assert!(differences(&before, &before).is_empty());
    }

    #[test]
    fn an_absent_field_is_not_an_empty_one() {
        assert_eq!(words(&json!({}), &json!({"a": {}})), ["a: (none) → {}"]);
        assert_eq!(words(&json!({"a": [1]}), &json!({})), ["a: [1] → (none)"]);
    }

    #[test]
    fn changes_to_different_fields_are_both_kept() {
        let base = json!({"containers": [{"name": "web", "image": "1"}], "gates": [{"conditionType": "x"}]});
        let ours = json!({"containers": [{"name": "web", "image": "1", "probe": {"port": 80}}]});
        let theirs = json!({
            "containers": [{"name": "web", "image": "2"}, {"name": "log", "image": "1"}],
            "gates": [{"conditionType": "x"}],
        });
        let (merged, conflicts) = merge(&base, &ours, &theirs);
        let expected = json!({"containers": [
            {"name": "web", "image": "2", "probe": {"port": 80}},
            {"name": "log", "image": "1"},
        ]});
        assert_eq!((merged, conflicts), (expected, Vec::new()));
    }

    #[test]
    fn what_both_changed_is_a_conflict_and_theirs_stays() {
        let (base, ours, theirs) =
            (json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), json!({"a": 3, "b": 1}));
        let (merged, conflicts) = merge(&base, &ours, &theirs);
        assert_eq!(merged, theirs);
        assert_eq!(conflicts.len(), 1);
        assert_eq!(conflicts[0].to_string(), "a: 2 → 3");
    }

    #[test]
    fn merging_nothing_of_theirs_gives_ours() {
        let (base, ours) = (json!({"a": [{"name": "x"}], "b": 1}), json!({"a": [], "c": 2}));
        assert_eq!(merge(&base, &ours, &base), (ours, Vec::new()));
    }
}
