//! How changes of two sides are brought together.

use serde_json::Value;

use super::fields::fields;
use super::{Difference, Place};

/// `theirs` with what lies between `base` and `ours` done to it as well; where both changed the same
/// field differently, theirs stays and the field is returned as a conflict (`before`: ours, `after`:
/// theirs).
#[must_use]
pub fn merge(base: &Value, ours: &Value, theirs: &Value) -> (Value, Vec<Difference>) {
    let mut conflicts = Vec::new();
    let merged = merge_field(&Place::default(), Some(base), Some(ours), Some(theirs), &mut conflicts);
    (merged.unwrap_or(Value::Null), conflicts)
}

fn merge_field(
    place: &Place,
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
    let both = ours.zip(theirs);
    let with_base = both.zip(base).and_then(|((ours, theirs), base)| fields(&[ours, theirs, base]));
    let sides = with_base.or_else(|| both.and_then(|(ours, theirs)| fields(&[ours, theirs])));
    let Some([our_fields, their_fields, base_fields @ ..]) = sides.as_deref() else {
        conflicts.push(place.difference(ours, theirs));
        return theirs.cloned();
    };
    let merged = our_fields.union(their_fields).into_iter().filter_map(|key| {
        let (one, other) = (our_fields.entry(&key), their_fields.entry(&key));
        let base = base_fields.first().and_then(|fields| fields.get(&key));
        let below = place.below(&key, one, other);
        let value = merge_field(
            &below,
            base,
            one.map(|entry| entry.value),
            other.map(|entry| entry.value),
            conflicts,
        )?;
        Some((key, value))
    });
    Some(our_fields.join(merged))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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

    #[test]
    fn a_list_that_both_empty_stays_a_list() {
        let base = json!({"a": [{"name": "x"}, {"name": "y"}]});
        let (ours, theirs) = (json!({"a": [{"name": "x"}]}), json!({"a": [{"name": "y"}]}));
        assert_eq!(merge(&base, &ours, &theirs), (json!({"a": []}), Vec::new()));
    }
}
