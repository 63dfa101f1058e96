//! Label selectors: do they match, and which labels make them match.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// An object's labels.
pub type Labels = BTreeMap<String, String>;

/// A selector in one form, whether it was written as a map (Services, ReplicationControllers) or as
/// a `LabelSelector`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    DoesNotExist(String),
    /// An operator this version does not know: matches nothing, as in apimachinery, where it is an error.
    Unknown,
}

impl Selector {
    /// Whether all requirements hold; a selector without any matches everything.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// The keys whose presence the selector demands: taking any one of them away ends a match.
    pub fn required_keys(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().filter_map(|requirement| match requirement {
            Requirement::In(key, _) | Requirement::Exists(key) => Some(key.as_str()),
            _ => None,
        })
    }

    /// Whether removing labels can never end a match, because the selector demands none.
    #[must_use]
    pub fn is_inescapable(&self) -> bool {
        self.required_keys().next().is_none()
    }

    /// The form in which people type it: `app=web,tier in (front,edge)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let words = self.requirements.iter().map(|requirement| match requirement {
            Requirement::In(key, values) if values.len() == 1 => format!("{key}={}", values.concat()),
            Requirement::NotIn(key, values) if values.len() == 1 => format!("{key}!={}", values.concat()),
            other => Self { requirements: vec![other.clone()] }.to_query(),
        });
        words.collect::<Vec<_>>().join(",")
    }

    /// The form that the API server takes as `labelSelector`.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        for requirement in &self.requirements {
            if !query.is_empty() {
                query.push(',');
            }
            // Writing to a String cannot fail.
            let _ = match requirement {
                Requirement::In(key, values) => write!(query, "{key} in ({})", values.join(",")),
                Requirement::NotIn(key, values) => {
                    write!(query, "{key} notin ({})", values.join(","))
                }
                Requirement::Exists(key) => write!(query, "{key}"),
                Requirement::DoesNotExist(key) => write!(query, "!{key}"),
                Requirement::Unknown => Ok(()),
            };
        }
        query
    }
}

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            // Matches when the key is absent: apimachinery/pkg/labels/selector.go, Requirement.Matches.
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => labels.contains_key(key),
            Self::DoesNotExist(key) => !labels.contains_key(key),
            Self::Unknown => false,
        }
    }
}

impl From<&Labels> for Selector {
    fn from(labels: &Labels) -> Self {
        let requirements =
            labels.iter().map(|(key, value)| Requirement::In(key.clone(), vec![value.clone()])).collect();
        Self { requirements }
    }
}

impl From<&LabelSelector> for Selector {
    fn from(selector: &LabelSelector) -> Self {
        let mut result = selector.match_labels.as_ref().map(Self::from).unwrap_or_default();
        for expression in selector.match_expressions.iter().flatten() {
            let key = expression.key.clone();
            let values = expression.values.clone().unwrap_or_default();
            result.requirements.push(match expression.operator.as_str() {
                "In" => Requirement::In(key, values),
                "NotIn" => Requirement::NotIn(key, values),
                "Exists" => Requirement::Exists(key),
                "DoesNotExist" => Requirement::DoesNotExist(key),
                _ => Requirement::Unknown,
            });
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn parse(json: serde_json::Value) -> Selector {
        Selector::from(&serde_json::from_value::<LabelSelector>(json).unwrap())
    }

    #[test]
    fn expressions_match_as_apimachinery_does() {
        let selector = parse(serde_json::json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["front", "edge"]},
                {"key": "track", "operator": "NotIn", "values": ["canary"]},
                {"key": "legacy", "operator": "DoesNotExist"},
                {"key": "owner", "operator": "Exists"},
            ],
        }));
        let good = labels(&[("app", "web"), ("tier", "edge"), ("owner", "")]);
        assert!(selector.matches(&good), "an absent key satisfies NotIn");
        for (key, value) in [("tier", "back"), ("track", "canary"), ("legacy", "1")] {
            let mut bad = good.clone();
            bad.insert(key.to_owned(), value.to_owned());
            assert!(!selector.matches(&bad), "{key}={value}");
        }
        assert_eq!(selector.required_keys().collect::<Vec<_>>(), ["app", "tier", "owner"]);
        assert_eq!(
            selector.to_query(),
            "app in (web),tier in (front,edge),track notin (canary),!legacy,owner"
        );
        assert_eq!(selector.in_words(), "app=web,tier in (front,edge),track!=canary,!legacy,owner");
    }

    #[test]
    fn an_empty_or_purely_negative_selector_can_not_be_escaped() {
        assert!(Selector::default().matches(&labels(&[])));
        assert!(Selector::default().is_inescapable());
        let negative =
            parse(serde_json::json!({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}));
        assert!(negative.is_inescapable());
    }
}
