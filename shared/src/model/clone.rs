//! A bare pod made from what another is made from, which stands beside it: nothing chooses it by its labels.

use k8s_openapi::api::core::v1::PodSpec;
use serde_json::{Value, json};

use super::label_edit::{Keys, smallest_removals, without};
use super::policy::{NetworkPolicy, PodDisruptionBudget};
use super::selector::{Labels, Selector};
use super::service::Service;
use super::volumes::shared_writable;

/// The longest name of a pod that its containers may have as their host name too.
const LONGEST_NAME: usize = 63;

/// All in a namespace that chooses pods by their labels.
#[derive(Debug, Clone, Copy)]
pub struct Choosers<'a> {
    /// Services that choose their endpoints by label.
    pub services: &'a [Service],
    /// By what controllers claim pods.
    pub controllers: &'a [Selector],
    /// Budgets; none where they may not be listed.
    pub budgets: Option<&'a [PodDisruptionBudget]>,
    /// `NetworkPolicies`; none where they may not be listed.
    pub policies: Option<&'a [NetworkPolicy]>,
}

impl Choosers<'_> {
    /// The labels of which no Service, controller or budget takes notice; among equally many, those that
    /// `NetworkPolicies` go by are kept. None where a controller claims whatever it finds.
    #[must_use]
    pub fn unselected(&self, labels: &Labels) -> Option<Labels> {
        let services = self.services.iter().map(|service| &service.selector);
        let budgets = self.budgets.into_iter().flatten().map(|budget| &budget.selector);
        let selectors: Vec<&Selector> = services
            .chain(budgets.filter(|selector| !selector.is_inescapable()))
            .chain(self.controllers)
            .collect();
        let candidates = smallest_removals(labels, &selectors);
        let removed = candidates.into_iter().min_by_key(|keys| self.changed_policies(labels, keys).len())?;
        Some(without(labels, &removed))
    }

    fn changed_policies(&self, labels: &Labels, removed: &Keys) -> Vec<&str> {
        let left = without(labels, removed);
        let policies = self.policies.into_iter().flatten();
        let changed = policies.filter(|policy| policy.verdict(labels) != policy.verdict(&left));
        changed.map(|policy| policy.name.as_str()).collect()
    }

    /// In what the network of a clone with its [`unselected`](Self::unselected) labels differs; `clone` is what
    /// it is called, such as `the copy`.
    #[must_use]
    pub fn warnings(&self, labels: &Labels, clone: &str) -> Vec<String> {
        let Some(left) = self.unselected(labels) else { return Vec::new() };
        let removed: Keys = labels.keys().filter(|key| !left.contains_key(*key)).cloned().collect();
        let mut warnings = Vec::new();
        let policies = self.changed_policies(labels, &removed);
        if !policies.is_empty() {
            warnings.push(format!(
                "NetworkPolicy {} does not apply to {clone} as it does to its pods",
                policies.join(", ")
            ));
        }
        if self.policies.is_none() {
            warnings.push(format!("you may not list networkpolicies: the network of {clone} may differ"));
        }
        warnings
    }
}

/// What the clone is made from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// A pod, as it is.
    Pod,
    /// The template of a StatefulSet, as its pod of that ordinal.
    StatefulSet {
        /// Its name.
        name: &'a str,
        /// Of the pod.
        ordinal: u32,
        /// Its `volumeClaimTemplates`.
        claims: &'a [Value],
    },
    /// The template of a DaemonSet, for that node: its controller chooses it, not the scheduler.
    DaemonSet {
        /// None where the scheduler is to choose after all.
        node: Option<&'a str>,
    },
    /// The template of anything else.
    Template,
}

impl Origin<'_> {
    /// Makes the spec that of one bare pod: on the node, under the host name and with the claims that its
    /// controller would give it.
    pub fn place(self, spec: &mut Value) {
        let Some(fields) = spec.as_object_mut() else { return };
        match self {
            Self::Pod => {
                for chosen in ["nodeName", "ephemeralContainers", "schedulingGates", "priority"] {
                    fields.remove(chosen);
                }
            }
            Self::StatefulSet { name, ordinal, claims } => {
                fields.insert("hostname".to_owned(), json!(format!("{name}-{ordinal}")));
                let volumes = claims.iter().filter_map(|claim| {
                    let template = claim["metadata"]["name"].as_str()?;
                    let claim = json!({"claimName": format!("{template}-{name}-{ordinal}")});
                    Some(json!({"name": template, "persistentVolumeClaim": claim}))
                });
                if let Some(list) = fields.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
                    list.extend(volumes);
                }
            }
            Self::DaemonSet { node } => {
                fields.extend(node.map(|node| ("nodeName".to_owned(), json!(node))));
            }
            Self::Template => {}
        }
    }
}

/// The name of a clone: always the same, so that it is found again.
#[must_use]
pub fn name(origin: &str, suffix: &str) -> String {
    let mut name = origin.to_owned();
    name.truncate(LONGEST_NAME - "-".len() - suffix.len());
    format!("{}-{suffix}", name.trim_end_matches(['-', '.']))
}

/// That its program is there twice then, for a person to agree to.
pub const RUNS_AGAIN: &str =
    "Its program runs a second time: it may take work from queues, or register itself.";

/// Which of its init containers run again, for a person to agree to; but the one that we brought.
#[must_use]
pub fn runs_init_containers(spec: &PodSpec, brought: &str) -> Option<String> {
    let names = spec.init_containers.iter().flatten().map(|container| container.name.as_str());
    let names: Vec<_> = names.filter(|name| *name != brought).collect();
    (!names.is_empty()).then(|| format!("It runs its init containers: {}.", names.join(", ")))
}

/// What both may write to, for a person to agree to. `origin` is the other, such as `deployment.apps/web`.
#[must_use]
pub fn writes_to(spec: &PodSpec, origin: &str) -> Option<String> {
    let volumes = shared_writable(spec);
    (!volumes.is_empty()).then(|| format!("It may write to what {origin} writes to: {}.", volumes.join(", ")))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
    use serde::Deserialize;

    use super::*;

    fn selector(labels: &Value) -> Selector {
        Selector::from(&LabelSelector::deserialize(json!({"matchLabels": labels})).unwrap())
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_clone_keeps_the_labels_that_nothing_chooses_it_by() {
        let controllers = [selector(&json!({"app": "web"}))];
        let budget =
            PodDisruptionBudget { name: "web".to_owned(), selector: selector(&json!({"tier": "front"})) };
        let choosers = Choosers {
            services: &[],
            controllers: &controllers,
            budgets: Some(std::slice::from_ref(&budget)),
            policies: None,
        };
        let all = labels(&[("app", "web"), ("tier", "front"), ("team", "shop")]);
        assert_eq!(choosers.unselected(&all), Some(labels(&[("team", "shop")])));
        assert!(choosers.warnings(&all, "the clone")[0].contains("the network of the clone may differ"));
    }

    #[test]
    fn who_claims_everything_claims_a_clone_too() {
        let controllers = [selector(&json!({}))];
        let choosers = Choosers { services: &[], controllers: &controllers, budgets: None, policies: None };
        assert_eq!(choosers.unselected(&labels(&[("app", "web")])), None);
    }

    #[test]
    fn a_pod_loses_what_was_chosen_for_it() {
        let mut spec = json!({"nodeName": "n", "priority": 1, "priorityClassName": "high"});
        Origin::Pod.place(&mut spec);
        assert_eq!(spec, json!({"priorityClassName": "high"}));
    }

    #[test]
    fn a_pod_of_a_stateful_set_gets_its_claims_and_host_name() {
        let claims = [json!({"metadata": {"name": "data"}})];
        let mut spec = json!({});
        Origin::StatefulSet { name: "db", ordinal: 2, claims: &claims }.place(&mut spec);
        assert_eq!(spec["hostname"], "db-2");
        assert_eq!(spec["volumes"][0]["persistentVolumeClaim"]["claimName"], "data-db-2");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(name("web", "debug"), "web-debug");
        let long = name(&format!("{}-web", "a".repeat(56)), "debug");
        assert_eq!(long, format!("{}-debug", "a".repeat(56)));
    }
}
