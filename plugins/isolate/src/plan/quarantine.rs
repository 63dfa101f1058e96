//! One NetworkPolicy that selects an isolated pod alone and allows it nothing: owned by the pod, so that it
//! goes with it, however that goes.

use std::time::Duration;

use clap::ValueEnum;
use drover::change::{Step, Test, Write};
use drover::cli::Failure;
use drover::model::object::{NETWORK_POLICIES, ObjectRef};
use drover::model::pod::Pod;
use drover::model::policy::NetworkPolicy;
use drover::model::selector::Labels;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::record::{QUARANTINE_LABEL, Record};
use crate::state::State;

/// How long a pod that served goes on answering after it left every slice: kube-proxy follows within about a
/// second, and until then it is still sent to.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// No name is longer (RFC 1123, as for every object's).
const LONGEST_NAME: usize = 253;

/// Which traffic of the pod is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quarantine {
    All,
    Ingress,
    Egress,
}

impl Quarantine {
    /// As `policyTypes` of a NetworkPolicy name it.
    fn policy_types(self) -> &'static [&'static str] {
        match self {
            Self::All => &["Ingress", "Egress"],
            Self::Ingress => &["Ingress"],
            Self::Egress => &["Egress"],
        }
    }

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Self::All => "nothing in, nothing out",
            Self::Ingress => "nothing in",
            Self::Egress => "nothing out",
        }
    }

    /// Whether a policy that also selects the pod lets something through that this is to stop.
    fn is_undermined_by(self, policy: &NetworkPolicy) -> bool {
        match self {
            Self::All => policy.allows_ingress || policy.allows_egress,
            Self::Ingress => policy.allows_ingress,
            Self::Egress => policy.allows_egress,
        }
    }
}

/// The name of the policy of a pod.
pub fn policy_name(pod: &Pod) -> String {
    let name = format!("quarantine-{}", pod.metadata.name);
    if name.len() <= LONGEST_NAME { name } else { format!("quarantine-{}", pod.metadata.uid) }
}

/// The policy that a pod owns, if it has one.
pub fn policy_of<'a>(state: &'a State, pod: &Pod) -> Option<&'a NetworkPolicy> {
    let name = policy_name(pod);
    let mut policies = state.survey.policies.iter().flatten();
    policies.find(|policy| policy.name == name && is_owned(policy, pod))
}

fn is_owned(policy: &NetworkPolicy, pod: &Pod) -> bool {
    policy.owners.iter().any(|owner| owner.uid == pod.metadata.uid)
}

/// Whether the record's quarantine, if it has one, is in place, as far as the policies may be seen.
pub fn is_in_place(state: &State, pod: &Pod, record: &Record) -> bool {
    let unseen = state.survey.policies.is_none();
    unseen || record.quarantine.is_none() || (is_selected(pod) && policy_of(state, pod).is_some())
}

/// Whether the pod has the label by which its policy selects it.
pub fn is_selected(pod: &Pod) -> bool {
    pod.metadata.labels.get(QUARANTINE_LABEL) == Some(&pod.metadata.uid)
}

/// How much longer the pod goes on answering before it is cut off.
pub fn remaining(state: &State, record: &Record) -> Option<Duration> {
    // Out of traffic at once is cut off at once.
    if record.at_once {
        return None;
    }
    let since = state.subject.silent_since.unwrap_or(state.survey.now);
    let passed = Duration::try_from(state.survey.now.duration_since(since)).unwrap_or_default();
    Some(LAST_REQUESTS.saturating_sub(passed)).filter(|left| !left.is_zero())
}

/// The creation of the policy.
pub fn begin(state: &State, pod: &Pod, quarantine: Quarantine) -> Step {
    let (name, namespace, uid) = (policy_name(pod), &state.survey.namespace, pod.metadata.uid.as_str());
    let object = json!({
        "apiVersion": NETWORK_POLICIES.api_version(),
        "kind": NETWORK_POLICIES.kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": pod.metadata.name, "uid": uid}],
        },
        "spec": {
            "podSelector": {"matchLabels": {QUARANTINE_LABEL: uid}},
            "policyTypes": quarantine.policy_types(),
        },
    });
    let effect = vec![
        Test::equals(["metadata", "ownerReferences", "0", "uid"], uid),
        Test::equals(["spec", "podSelector", "matchLabels", QUARANTINE_LABEL], uid),
        Test::equals(["spec", "policyTypes"], json!(quarantine.policy_types())),
    ];
    let target = ObjectRef::namespaced(NETWORK_POLICIES, namespace, name);
    Step { title: "quarantine".to_owned(), write: Write::create(target, object, effect) }
}

/// The deletion of the pod's policy, where there is one.
pub fn end(state: &State, pod: &Pod) -> Option<Step> {
    let policy = policy_of(state, pod)?;
    let target = ObjectRef::namespaced(NETWORK_POLICIES, &state.survey.namespace, &policy.name);
    Some(Step { title: "end the quarantine".to_owned(), write: Write::delete(target, &policy.uid) })
}

/// A policy of that name which is not this pod's would be taken for its own.
pub fn refuse_name(state: &State, pod: &Pod) -> Result<(), Failure> {
    let name = policy_name(pod);
    let mut others = state.survey.policies.iter().flatten();
    if !others.any(|policy| policy.name == name && !is_owned(policy, pod)) {
        return Ok(());
    }
    let namespace = &state.survey.namespace;
    let message = format!("NetworkPolicy {name} is there already and is not that of {}", state.target());
    Err(Failure::new(message)
        .hint(format!("see whose it is:  kubectl describe networkpolicy -n {namespace} {name}")))
}

/// The policies that go on letting the pod through what its quarantine is to stop: rules of policies only
/// ever add up (networking/v1: `NetworkPolicy`).
pub fn undermining<'a>(state: &'a State, labels: &Labels, quarantine: Quarantine) -> Vec<&'a str> {
    let policies = state.survey.policies.iter().flatten();
    let open =
        policies.filter(|policy| policy.subject.matches(labels) && quarantine.is_undermined_by(policy));
    open.map(|policy| policy.name.as_str()).collect()
}
