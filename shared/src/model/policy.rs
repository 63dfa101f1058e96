//! PodDisruptionBudgets and NetworkPolicies: what selects pods without owning or serving them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;

use super::object::{Metadata, Owner};
use super::selector::{Labels, Selector};

/// A PodDisruptionBudget; a pod that matches counts towards what it allows.
#[derive(Debug, Clone, PartialEq)]
pub struct PodDisruptionBudget {
    /// Its name.
    pub name: String,
    /// Which pods it counts.
    pub selector: Selector,
}

/// A PodDisruptionBudget as listed.
#[derive(Debug, Deserialize)]
pub struct ListedBudget {
    metadata: Metadata,
    #[serde(default)]
    spec: BudgetSpec,
}

#[derive(Debug, Default, Deserialize)]
struct BudgetSpec {
    selector: Option<LabelSelector>,
}

impl PodDisruptionBudget {
    /// None for a budget without a selector, which counts no pod (an empty one counts all: policy/v1).
    #[must_use]
    pub fn from_listed(listed: ListedBudget) -> Option<Self> {
        let selector = Selector::from(&listed.spec.selector?);
        Some(Self { name: listed.metadata.name, selector })
    }
}

/// A NetworkPolicy.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkPolicy {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// With whom it goes.
    pub owners: Vec<Owner>,
    /// Which pods it applies to.
    pub subject: Selector,
    /// It lets some traffic in to those: policies only ever add to what is allowed.
    pub allows_ingress: bool,
    /// It lets some traffic out of those.
    pub allows_egress: bool,
    /// Which pods of its own namespace its rules let through.
    pub peers: Vec<Selector>,
}

/// A NetworkPolicy as listed.
#[derive(Debug, Deserialize)]
pub struct ListedNetworkPolicy {
    metadata: Metadata,
    #[serde(default)]
    spec: NetworkPolicySpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NetworkPolicySpec {
    pod_selector: LabelSelector,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule {
    from: Vec<Peer>,
    to: Vec<Peer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Peer {
    pod_selector: Option<LabelSelector>,
    namespace_selector: Option<LabelSelector>,
}

impl From<ListedNetworkPolicy> for NetworkPolicy {
    fn from(listed: ListedNetworkPolicy) -> Self {
        let NetworkPolicySpec { pod_selector, ingress, egress } = listed.spec;
        let peers = ingress
            .iter()
            .chain(&egress)
            .flat_map(|rule| rule.from.iter().chain(&rule.to))
            .filter(|peer| peer.namespace_selector.is_none())
            .filter_map(|peer| peer.pod_selector.as_ref().map(Selector::from))
            .collect();
        let Metadata { name, uid, owner_references, .. } = listed.metadata;
        Self {
            name,
            uid,
            owners: owner_references.iter().map(Owner::from).collect(),
            subject: Selector::from(&pod_selector),
            allows_ingress: !ingress.is_empty(),
            allows_egress: !egress.is_empty(),
            peers,
        }
    }
}

impl NetworkPolicy {
    /// What the policy means for a pod with these labels: whether it applies, and which of its
    /// rules let the pod through. Two label sets with the same answer are the same to the policy.
    #[must_use]
    pub fn verdict(&self, labels: &Labels) -> (bool, Vec<bool>) {
        (self.subject.matches(labels), self.peers.iter().map(|peer| peer.matches(labels)).collect())
    }
}
