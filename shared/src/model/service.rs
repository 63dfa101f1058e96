//! Services, as far as traffic is concerned.

use serde::Deserialize;

use super::object::Metadata;
use super::selector::{Labels, Selector};

/// A Service that chooses its endpoints by label.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Which pods are its endpoints.
    pub selector: Selector,
    /// It sends traffic only to pods on the node where the traffic arrives, inside the cluster or
    /// from outside (`Local` traffic policies).
    pub prefers_node: bool,
    /// It sends traffic also to pods that are not Ready.
    pub publishes_not_ready: bool,
    /// The TCP ports of its pods that it sends traffic to.
    pub tcp_ports: Vec<TargetPort>,
}

/// A port of a pod, as a Service names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum TargetPort {
    /// By its number.
    Number(u16),
    /// By the name that the pod's container gives it.
    Name(String),
}

/// A Service as the API server lists it.
#[derive(Debug, Deserialize)]
pub struct Listed {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    selector: Option<Labels>,
    r#type: String,
    internal_traffic_policy: Option<String>,
    external_traffic_policy: Option<String>,
    publish_not_ready_addresses: bool,
    ports: Vec<Port>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Port {
    protocol: String,
    port: u16,
    target_port: Option<TargetPort>,
}

impl Service {
    /// None for a Service whose endpoints do not follow labels: one without a selector, or an
    /// `ExternalName` (pkg/controller/endpointslice: `syncService`).
    #[must_use]
    pub fn from_listed(listed: Listed) -> Option<Self> {
        let selector = listed.spec.selector.filter(|selector| !selector.is_empty())?;
        let policies = [listed.spec.internal_traffic_policy, listed.spec.external_traffic_policy];
        (listed.spec.r#type != "ExternalName").then(|| Self {
            name: listed.metadata.name,
            selector: Selector::from(&selector),
            publishes_not_ready: listed.spec.publish_not_ready_addresses,
            // The server fills the target in; by hand it may be left out (pkg/apis/core/v1/defaults.go).
            tcp_ports: listed
                .spec
                .ports
                .into_iter()
                .filter(|port| matches!(port.protocol.as_str(), "" | "TCP"))
                .map(|port| port.target_port.unwrap_or(TargetPort::Number(port.port)))
                .collect(),
            prefers_node: policies.iter().flatten().any(|policy| policy == "Local"),
        })
    }
}
