//! The smallest set of labels to take from an object so that no selector matches it any more.

use std::collections::BTreeSet;

use super::selector::{Labels, Selector};

/// Keys of labels to remove, in order.
pub type Keys = BTreeSet<String>;

/// The labels without `keys`.
#[must_use]
pub fn without(labels: &Labels, keys: &Keys) -> Labels {
    labels
        .iter()
        .filter(|(key, _)| !keys.contains(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// All smallest sets of keys after whose removal none of `selectors` matches `labels`.
///
/// Empty when there is none, which is so exactly when a selector demands no label at all
/// ([`Selector::is_inescapable`]) and matches, or comes to match, what is left.
///
/// Labels are only ever removed: a label that a controller wrote is never invented or changed.
/// Removing one can make a selector match that did not (`DoesNotExist`, `NotIn`), so every
/// candidate is held against all of them.
#[must_use]
pub fn smallest_removals(labels: &Labels, selectors: &[&Selector]) -> Vec<Keys> {
    smallest_removals_sparing(labels, selectors, &Keys::new())
}

/// The same without ever removing one of `spared`. Empty also when one of these alone makes a selector
/// match.
#[must_use]
pub fn smallest_removals_sparing(labels: &Labels, selectors: &[&Selector], spared: &Keys) -> Vec<Keys> {
    for size in 0..=labels.len() {
        let mut found = BTreeSet::new();
        search(labels, selectors, spared, size, &mut Keys::new(), &mut found);
        if !found.is_empty() {
            return found.into_iter().collect();
        }
    }
    Vec::new()
}

/// Every solution must break the first selector that still matches, and only removing one of the
/// keys it demands does: so branching over those keys alone misses nothing.
fn search(
    labels: &Labels,
    selectors: &[&Selector],
    spared: &Keys,
    budget: usize,
    removed: &mut Keys,
    found: &mut BTreeSet<Keys>,
) {
    let left = without(labels, removed);
    let Some(matching) = selectors.iter().find(|selector| selector.matches(&left)) else {
        found.insert(removed.clone());
        return;
    };
    if budget == 0 {
        return;
    }
    for key in matching.required_keys().filter(|key| !spared.contains(*key)) {
        if removed.insert(key.to_owned()) {
            search(labels, selectors, spared, budget - 1, removed, found);
            removed.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn equality(pairs: &[(&str, &str)]) -> Selector {
        Selector::from(&labels(pairs))
    }

    fn removals(labels: &Labels, selectors: &[Selector]) -> Vec<Vec<String>> {
        let selectors: Vec<_> = selectors.iter().collect();
        smallest_removals(labels, &selectors).into_iter().map(|keys| keys.into_iter().collect()).collect()
    }

    #[test]
    fn one_key_that_all_selectors_share_is_enough() {
        let pod = labels(&[("app", "web"), ("tier", "front"), ("pod-template-hash", "1")]);
        let selectors = [
            equality(&[("app", "web"), ("tier", "front")]),
            equality(&[("app", "web")]),
            equality(&[("app", "other")]),
        ];
        assert_eq!(removals(&pod, &selectors), [["app"]]);
    }

    #[test]
    fn every_smallest_set_is_offered() {
        let pod = labels(&[("app", "web"), ("tier", "front")]);
        let selectors = [equality(&[("app", "web"), ("tier", "front")])];
        assert_eq!(removals(&pod, &selectors), [["app"], ["tier"]]);
    }

    #[test]
    fn a_selector_that_starts_to_match_once_a_label_is_gone_is_seen() {
        let pod = labels(&[("app", "web"), ("live", "yes")]);
        let service = equality(&[("live", "yes")]);
        let when_not_live = Selector::from(
            &serde_json::from_value::<k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector>(
                serde_json::json!({
                    "matchLabels": {"app": "web"},
                    "matchExpressions": [{"key": "live", "operator": "DoesNotExist"}],
                }),
            )
            .unwrap(),
        );
        assert_eq!(removals(&pod, &[service, when_not_live]), [["app", "live"]]);
    }

    #[test]
    fn what_is_spared_stays() {
        let pod = labels(&[("app", "web"), ("tier", "front")]);
        let (both, app) = (equality(&[("app", "web"), ("tier", "front")]), equality(&[("app", "web")]));
        let spared = Keys::from(["app".to_owned()]);
        assert_eq!(smallest_removals_sparing(&pod, &[&both], &spared), [Keys::from(["tier".to_owned()])]);
        assert!(smallest_removals_sparing(&pod, &[&both, &app], &spared).is_empty());
    }

    #[test]
    fn no_set_helps_against_a_selector_that_demands_nothing() {
        let pod = labels(&[("app", "web")]);
        assert!(removals(&pod, &[Selector::default()]).is_empty());
        assert_eq!(removals(&pod, &[]), [Vec::<String>::new()]);
    }
}
