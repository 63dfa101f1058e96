//! One patch for all that can be fixed. Each fix is tried on the template, and the rules are asked again: what one fix
//! brings about the next one mends, and what is left is left.

use serde_json::{Map, Value, json};

use super::Finding;

/// More than there can be.
const MOST_FIXES: usize = 200;

/// What fixes a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// The spec, fixed.
    pub spec: Value,
    /// A strategic merge patch of the pod's spec.
    pub patch: Value,
    /// The rules whose findings it ends.
    pub rules: Vec<&'static str>,
}

/// Fixes a pod's spec as far as `findings` of it have fixes; none where none has.
pub fn fixed<E>(
    spec: Value,
    findings: impl Fn(&Value) -> Result<Vec<Finding>, E>,
) -> Result<Option<Fixed>, E> {
    let mut fixed = Fixed { spec, patch: json!({}), rules: Vec::new() };
    let mut tried = Vec::new();
    while tried.len() < MOST_FIXES {
        let next = findings(&fixed.spec)?.into_iter().find_map(|finding| {
            let fix = finding.fix?;
            (!tried.contains(&fix)).then_some((finding.rule, fix))
        });
        let Some((rule, fix)) = next else { break };
        merge(&mut fixed.spec, &fix, "", Nulls::Remove);
        merge(&mut fixed.patch, &fix, "", Nulls::Keep);
        if !fixed.rules.contains(&rule) {
            fixed.rules.push(rule);
        }
        tried.push(fix);
    }
    Ok((!tried.is_empty()).then_some(fixed))
}

/// What a null in a patch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// It takes away what is there.
    Remove,
    /// It is kept, since a patch is patched.
    Keep,
}

/// As the API server merges (apimachinery/pkg/util/strategicpatch), as far as fixes need it.
fn merge(target: &mut Value, patch: &Value, list: &str, nulls: Nulls) {
    match (&mut *target, patch) {
        (Value::Object(target), Value::Object(patch)) => merge_fields(target, patch, nulls),
        (Value::Array(target), Value::Array(patch)) if merge_key(list).is_some() => {
            merge_items(target, patch, list, nulls);
        }
        (Value::Null, Value::Object(_)) if nulls == Nulls::Keep => {
            // What the null takes away must not come back.
            *target = json!({"$patch": "replace"});
            merge(target, patch, list, nulls);
        }
        _ => *target = patch.clone(),
    }
}

fn merge_fields(target: &mut Map<String, Value>, patch: &Map<String, Value>, nulls: Nulls) {
    for (name, value) in patch {
        match (value, nulls) {
            (Value::Null, Nulls::Remove) => {
                target.remove(name);
            }
            (Value::Object(_), Nulls::Remove) => {
                let field = target.entry(name).or_insert_with(|| json!({}));
                merge(field, value, name, nulls);
            }
            _ => match target.get_mut(name) {
                Some(field) => merge(field, value, name, nulls),
                None => {
                    target.insert(name.clone(), value.clone());
                }
            },
        }
    }
}

fn merge_items(target: &mut Vec<Value>, patch: &[Value], list: &str, nulls: Nulls) {
    let key = merge_key(list).unwrap_or_default();
    for item in patch {
        match target.iter_mut().find(|other| other[key] == item[key]) {
            Some(other) => merge(other, item, "", nulls),
            None => target.push(item.clone()),
        }
    }
}

/// What the items of a list are told apart by (k8s.io/api: `patchMergeKey`).
fn merge_key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" => Some("name"),
        "ports" => Some("containerPort"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: Value, patch: Value, nulls: Nulls) -> Value {
        let mut target = target;
        merge(&mut target, &patch, "", nulls);
        target
    }

    #[test]
    fn lists_are_merged_by_their_keys() {
        let spec = json!({"containers": [{"name": "a", "ports": [{"containerPort": 1}]}, {"name": "b", "args": ["x"]}]});
        let patch = json!({"containers": [
            {"name": "a", "ports": [{"containerPort": 1, "name": "http"}]}, {"name": "b", "args": ["y"]},
        ]});
        assert_eq!(merged(spec, patch.clone(), Nulls::Remove), patch);
    }

    #[test]
    fn nulls_remove_from_a_spec_and_stay_in_a_patch() {
        let sleep = json!({"preStop": {"exec": null, "sleep": {"seconds": 5}}});
        let hook = json!({"preStop": {"exec": {"command": ["sleep", "5"]}}});
        assert_eq!(merged(hook, sleep.clone(), Nulls::Remove), json!({"preStop": {"sleep": {"seconds": 5}}}));
        assert_eq!(merged(json!({}), sleep.clone(), Nulls::Keep), sleep);
        assert_eq!(merged(json!({}), sleep, Nulls::Remove), json!({"preStop": {"sleep": {"seconds": 5}}}));
    }

    #[test]
    fn what_was_removed_and_set_again_is_replaced() {
        let patch =
            merged(json!({"preStop": null}), json!({"preStop": {"sleep": {"seconds": 5}}}), Nulls::Keep);
        assert_eq!(patch, json!({"preStop": {"$patch": "replace", "sleep": {"seconds": 5}}}));
    }
}
