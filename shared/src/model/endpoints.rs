//! EndpointSlices: where traffic really goes.

use serde::Deserialize;

use super::object::Metadata;

/// The label that names a slice's Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// Who keeps the slices of Services that have a selector.
const ENDPOINT_SLICE_CONTROLLER: &str = "endpointslice-controller.k8s.io";

/// An EndpointSlice: whose traffic it steers, and where to. There can be thousands of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Listed")]
pub struct EndpointSlice {
    /// Its name.
    pub name: String,
    /// The resourceVersion.
    version: Option<u64>,
    service: Option<String>,
    manager: Option<String>,
    ready: Vec<Endpoint>,
}

/// An EndpointSlice as the API server lists it.
#[derive(Deserialize)]
struct Listed {
    metadata: Metadata,
    /// The server writes none as `null`.
    endpoints: Option<Vec<ListedEndpoint>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedEndpoint {
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    conditions: EndpointConditions,
    target_ref: Option<TargetRef>,
}

#[derive(Default, Deserialize)]
struct EndpointConditions {
    ready: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TargetRef {
    kind: String,
    uid: String,
}

/// A ready backend of a slice.
#[derive(Debug, Clone, PartialEq)]
struct Endpoint {
    addresses: Vec<String>,
    /// The uid of the pod it stands for; absent in most hand-made and mirrored slices.
    pod: Option<String>,
}

impl From<Listed> for EndpointSlice {
    fn from(listed: Listed) -> Self {
        let mut metadata = listed.metadata;
        // Unknown counts as ready (discovery/v1 types.go).
        let ready = listed
            .endpoints
            .into_iter()
            .flatten()
            .filter(|endpoint| endpoint.conditions.ready.unwrap_or(true))
            .map(Endpoint::from);
        Self {
            version: metadata.version(),
            service: metadata.labels.remove(SERVICE_NAME_LABEL),
            manager: metadata.labels.remove("endpointslice.kubernetes.io/managed-by"),
            name: metadata.name,
            ready: ready.collect(),
        }
    }
}

impl From<ListedEndpoint> for Endpoint {
    fn from(listed: ListedEndpoint) -> Self {
        let pod = listed.target_ref.filter(|target| target.kind == "Pod" && !target.uid.is_empty());
        Self { addresses: listed.addresses, pod: pod.map(|target| target.uid) }
    }
}

impl Endpoint {
    /// Whether traffic sent here reaches the pod: the slice names it, or, without naming another
    /// pod (pods on the host's network share its address), has one of its addresses.
    fn reaches(&self, uid: &str, addresses: &[String]) -> bool {
        match &self.pod {
            Some(pod) => pod == uid,
            None => self.addresses.iter().any(|address| addresses.contains(address)),
        }
    }
}

impl EndpointSlice {
    /// The Service whose traffic the slice steers, if it says so.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Whether this is an earlier state of the slice than the other.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.version.zip(other.version).is_some_and(|(one, other)| one < other)
    }

    /// Whether the endpoints follow the pods' labels, which only those of the EndpointSlice
    /// controller do: mirrored and hand-made ones stay as they are.
    #[must_use]
    pub fn follows_labels(&self) -> bool {
        self.manager.as_deref() == Some(ENDPOINT_SLICE_CONTROLLER)
    }

    /// Who keeps this slice, for messages.
    #[must_use]
    pub fn manager(&self) -> &str {
        self.manager.as_deref().unwrap_or("nobody")
    }

    /// Whether it sends traffic anywhere.
    #[must_use]
    pub fn has_ready_endpoints(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether a ready endpoint of the slice reaches another than the pod.
    #[must_use]
    pub fn sends_traffic_beside(&self, uid: &str, addresses: &[String]) -> bool {
        self.ready.iter().any(|endpoint| !endpoint.reaches(uid, addresses))
    }

    /// Whether a ready endpoint of the slice reaches the pod.
    #[must_use]
    pub fn sends_traffic_to(&self, uid: &str, addresses: &[String]) -> bool {
        self.ready.iter().any(|endpoint| endpoint.reaches(uid, addresses))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn slice(endpoint: serde_json::Value) -> EndpointSlice {
        serde_json::from_value(json!({"metadata": {"name": "s"}, "endpoints": [endpoint]})).unwrap()
    }

    #[test]
    fn a_pod_is_reached_by_uid_or_by_an_address_that_names_nobody_else() {
        let addresses = ["198.18.0.7".to_owned()];
        let named =
            |uid: &str| slice(json!({"addresses": ["198.18.0.7"], "targetRef": {"kind": "Pod", "uid": uid}}));
        assert!(named("a").sends_traffic_to("a", &addresses));
        assert!(!named("b").sends_traffic_to("a", &addresses), "hostNetwork pods share an address");
        let handmade = slice(json!({"addresses": ["198.18.0.7"]}));
        assert!(handmade.sends_traffic_to("a", &addresses), "no condition counts as ready");
        let unready = slice(json!({"addresses": ["198.18.0.7"], "conditions": {"ready": false}}));
        assert!(!unready.sends_traffic_to("a", &addresses));
    }

    #[test]
    fn a_slice_without_endpoints_has_null() {
        let empty = json!({"metadata": {"name": "s"}, "endpoints": null});
        let empty: EndpointSlice = serde_json::from_value(empty).unwrap();
        assert!(!empty.sends_traffic_to("a", &[]));
    }
}
