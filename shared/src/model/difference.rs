//! What differs between two objects, and how changes of two sides are brought together.
//!
//! Lists whose items carry a key (`name`, as containers do, and the like) are compared by that key, as
//! Kubernetes' own merges do; every other list is one value. The order of keyed items says nothing but
//! in `initContainers`, which run one after the other, and in `env` where a variable refers to an earlier one.

mod fields;
mod merge;

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

pub use fields::Key;
use fields::{Entry, Fields, fields};
pub use merge::merge;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Which, such as `spec.containers[web].image`.
    pub path: String,
    /// The same as a JSON pointer (RFC 6901), such as `/spec/containers/0/image`: into what it is now, or
    /// into what it was where it is absent now.
    pub pointer: String,
    /// What it was; none where it was absent.
    pub before: Option<Value>,
    /// What it is; none where it is absent.
    pub after: Option<Value>,
    /// Whether this is about the order of a list: `before` and `after` are the keys of its items.
    #[serde(skip_serializing_if = "is_false")]
    pub order: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// `spec.containers[web].image: "a" → "b"`.
impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| match value {
            None => "(none)".to_owned(),
            Some(value) => value.to_string(),
        };
        let order = if self.order { " in the order" } else { "" };
        write!(formatter, "{}{order}: {} → {}", self.path, side(&self.before), side(&self.after))
    }
}

/// The fields in which `after` differs from `before`.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    differences_with(before, after, |_, _, _| false)
}

/// The fields in which `after` differs from `before`, where values that are not equal may still be the
/// same to `same`: it is given the way to a field and both its values, for the whole before its parts.
#[must_use]
pub fn differences_with(
    before: &Value,
    after: &Value,
    same: impl Fn(&[Key], Option<&Value>, Option<&Value>) -> bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&same, &Place::default(), Some(before), Some(after), &mut found);
    found
}

/// `before` in the words of `after`: as it was in what [`differences_with`] finds, and as it is now in
/// everything else, so that a comparison of texts shows these differences only.
#[must_use]
pub fn aligned(
    before: &Value,
    after: &Value,
    same: impl Fn(&[Key], Option<&Value>, Option<&Value>) -> bool,
) -> Value {
    align(&same, &Place::default(), Some(before), Some(after)).unwrap_or_default()
}

/// Whether two values of one field are the same to the caller.
type Same<'a> = &'a dyn Fn(&[Key], Option<&Value>, Option<&Value>) -> bool;

/// How the two values of a field stand to each other.
enum Comparison<'a> {
    Same,
    Different,
    /// Both can be taken apart; more is known of the parts.
    Parts(Fields<'a>, Fields<'a>),
}

fn look<'a>(
    same: Same<'_>,
    place: &Place,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Comparison<'a> {
    if before == after || same(&place.keys, before, after) {
        return Comparison::Same;
    }
    let Some(both) = before.zip(after).map(|(before, after)| [before, after]) else {
        return Comparison::Different;
    };
    if let Some(Ok([one, other])) = fields(&both).map(<[_; 2]>::try_from) {
        return Comparison::Parts(one, other);
    }
    match both.map(Value::as_array) {
        [Some(one), Some(other)] if is_same_list(same, place, one, other) => Comparison::Same,
        _ => Comparison::Different,
    }
}

/// Items without a key are compared place by place, but only to say whether the list is the same.
fn is_same_list(same: Same<'_>, place: &Place, before: &[Value], after: &[Value]) -> bool {
    let mut found = Vec::new();
    for (index, (one, other)) in before.iter().zip(after).enumerate() {
        compare(same, &place.item(index), Some(one), Some(other), &mut found);
    }
    before.len() == after.len() && found.is_empty()
}

fn compare(
    same: Same<'_>,
    place: &Place,
    before: Option<&Value>,
    after: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match look(same, place, before, after) {
        Comparison::Same => {}
        Comparison::Different => found.push(place.difference(before, after)),
        Comparison::Parts(one, other) => {
            for key in one.union(&other) {
                let (one, other) = (one.entry(&key), other.entry(&key));
                let below = place.below(&key, one, other);
                compare(same, &below, one.map(|entry| entry.value), other.map(|entry| entry.value), found);
            }
            if place.is_reordered(&one, &other) {
                found.push(place.reordering(&one, &other));
            }
        }
    }
}

fn align(same: Same<'_>, place: &Place, before: Option<&Value>, after: Option<&Value>) -> Option<Value> {
    match look(same, place, before, after) {
        Comparison::Same => after.cloned(),
        Comparison::Different => before.cloned(),
        Comparison::Parts(one, other) => {
            let keys = if place.is_reordered(&one, &other) { one.union(&other) } else { other.union(&one) };
            let parts = keys.into_iter().filter_map(|key| {
                let (one, other) = (one.entry(&key), other.entry(&key));
                let below = place.below(&key, one, other);
                let value =
                    align(same, &below, one.map(|entry| entry.value), other.map(|entry| entry.value))?;
                Some((key, value))
            });
            Some(one.join(parts))
        }
    }
}

/// Where a field is, on both sides.
#[derive(Debug, Default)]
struct Place {
    keys: Vec<Key>,
    pointer_before: String,
    pointer_after: String,
}

impl Place {
    fn below(&self, key: &Key, before: Option<&Entry<'_>>, after: Option<&Entry<'_>>) -> Self {
        let pointer = |above: &str, entry: Option<&Entry<'_>>| match entry {
            Some(entry) => format!("{above}/{}", entry.token),
            None => above.to_owned(),
        };
        Self {
            keys: self.keys.iter().chain([key]).cloned().collect(),
            pointer_before: pointer(&self.pointer_before, before),
            pointer_after: pointer(&self.pointer_after, after),
        }
    }

    fn item(&self, index: usize) -> Self {
        Self {
            keys: self.keys.iter().cloned().chain([Key::Item(index.to_string())]).collect(),
            pointer_before: format!("{}/{index}", self.pointer_before),
            pointer_after: format!("{}/{index}", self.pointer_after),
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for key in &self.keys {
            match key {
                Key::Field(name) if path.is_empty() => path.push_str(name),
                Key::Field(name) => path.extend([".", name]),
                Key::Item(key) => path.extend(["[", key, "]"]),
            }
        }
        path
    }

    fn difference(&self, before: Option<&Value>, after: Option<&Value>) -> Difference {
        let pointer = if after.is_some() { &self.pointer_after } else { &self.pointer_before };
        Difference {
            path: self.path(),
            pointer: pointer.clone(),
            before: before.cloned(),
            after: after.cloned(),
            order: false,
        }
    }

    fn reordering(&self, one: &Fields<'_>, other: &Fields<'_>) -> Difference {
        let keys = |fields: &Fields<'_>| {
            let keys = fields.entries.iter().map(|entry| match &entry.key {
                Key::Field(key) | Key::Item(key) => key.as_str(),
            });
            json!(keys.collect::<Vec<_>>())
        };
        Difference { order: true, ..self.difference(Some(&keys(one)), Some(&keys(other))) }
    }

    /// Whether what both have stands in another order, and that matters.
    fn is_reordered(&self, one: &Fields<'_>, other: &Fields<'_>) -> bool {
        let matters = match self.keys.last().and_then(Key::field) {
            Some("initContainers") => true,
            Some("env") => [one, other].iter().any(|fields| fields.entries.iter().any(refers_to_another)),
            _ => false,
        };
        matters && one.shared_with(other) != other.shared_with(one)
    }
}

/// `$(NAME)` stands for a variable only behind that variable's own item.
fn refers_to_another(variable: &Entry<'_>) -> bool {
    variable.value.get("value").and_then(Value::as_str).is_some_and(|value| value.contains("$("))
}

#[cfg(test)]
mod tests {
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
    fn pointers_lead_to_the_field_on_the_side_that_has_it() {
        let before = json!({"a/b": {"~": 1}, "items": [{"name": "x", "old": 1}, {"name": "y", "image": 1}]});
        let after = json!({"a/b": {"~": 2}, "items": [{"name": "y", "image": 2}, {"name": "x"}]});
        let found = differences(&before, &after);
        let pointers: Vec<_> = found.iter().map(|difference| difference.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a~1b/~0", "/items/0/old", "/items/0/image"]);
        for difference in &found {
            let (side, value) = match &difference.after {
                Some(value) => (&after, value),
                None => (&before, difference.before.as_ref().unwrap()),
            };
            assert_eq!(side.pointer(&difference.pointer), Some(value));
        }
    }

    #[test]
    fn the_caller_says_what_is_the_same() {
        let before = json!({"a": "1", "b": 1, "list": [{"c": "1"}, "1"], "gone": "2"});
        let after = json!({"a": 1, "b": "2", "list": [{"c": 1}, 1]});
        let as_words = |_: &[Key], before: Option<&Value>, after: Option<&Value>| {
            let text = |value: &Value| value.to_string().replace('"', "");
            before.zip(after).is_some_and(|(before, after)| text(before) == text(after))
        };
        let found = differences_with(&before, &after, as_words);
        let paths: Vec<_> = found.iter().map(|difference| difference.path.as_str()).collect();
        assert_eq!(paths, ["b", "gone"]);
        let expected = json!({"a": 1, "b": 1, "list": [{"c": 1}, 1], "gone": "2"});
        assert_eq!(aligned(&before, &after, as_words), expected);
    }

    #[test]
    fn the_order_of_what_runs_one_after_the_other_matters() {
        let list = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>();
        let object = |names: &[&str]| json!({"initContainers": list(names), "containers": list(names)});
        let (before, after) = (object(&["a", "b", "c"]), object(&["d", "c", "a"]));
        assert_eq!(
            words(&before, &after),
            [
                r#"containers[b]: {"name":"b"} → (none)"#,
                r#"containers[d]: (none) → {"name":"d"}"#,
                r#"initContainers[b]: {"name":"b"} → (none)"#,
                r#"initContainers[d]: (none) → {"name":"d"}"#,
                r#"initContainers in the order: ["a","b","c"] → ["d","c","a"]"#,
            ]
        );
        let aligned = aligned(&before, &after, |_, _, _| false);
        assert_eq!(
            aligned,
            json!({"initContainers": list(&["a", "b", "c"]), "containers": list(&["c", "a", "b"])})
        );
        assert!(
            words(&object(&["a", "b"]), &object(&["a", "x", "b"])).iter().all(|line| !line.contains("order"))
        );
    }

    #[test]
    fn the_order_of_variables_matters_where_one_refers_to_another() {
        let env = |value: &str, swapped: bool| {
            let mut list = [json!({"name": "A", "value": "1"}), json!({"name": "B", "value": value})];
            if swapped {
                list.reverse();
            }
            json!({"env": list})
        };
        assert!(words(&env("2", false), &env("2", true)).is_empty());
        let expected = [r#"env in the order: ["A","B"] → ["B","A"]"#];
        assert_eq!(words(&env("$(A)/x", false), &env("$(A)/x", true)), expected);
    }
}
