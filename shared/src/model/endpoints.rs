//! EndpointSlices: where traffic really goes.

use serde::Deserialize;

use super::object::Metadata;

/// The label that names a slice's Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// Who keeps the slices of Services that have a selector.
const ENDPOINT_SLICE_CONTROLLER: &str = "endpointslice-controller.k8s.io";

/// An EndpointSlice.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EndpointSlice {
    /// Its metadata.
    pub metadata: Metadata,
    /// Where it sends traffic; the server writes none as `null`.
    #[serde(deserialize_with = "null_as_default")]
    pub endpoints: Vec<Endpoint>,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// One backend of a slice.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoint {
    /// Its addresses; consumers use the first.
    pub addresses: Vec<String>,
    /// Whether it takes traffic.
    pub conditions: EndpointConditions,
    /// What it stands for; absent in most hand-made and mirrored slices.
    pub target_ref: Option<TargetRef>,
}

/// An endpoint's conditions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    ready: Option<bool>,
}

/// The object behind an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TargetRef {
    /// Such as `Pod`.
    pub kind: String,
    /// Its uid.
    pub uid: String,
}

impl Endpoint {
    /// Whether consumers send new traffic here; unknown counts as ready (discovery/v1 types.go).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.conditions.ready.unwrap_or(true)
    }

    /// Whether traffic sent here reaches the pod: the slice names it, or, without naming another
    /// pod (pods on the host's network share its address), has one of its addresses.
    #[must_use]
    pub fn reaches(&self, uid: &str, addresses: &[String]) -> bool {
        match &self.target_ref {
            Some(target) if target.kind == "Pod" && !target.uid.is_empty() => target.uid == uid,
            _ => self.addresses.iter().any(|address| addresses.contains(address)),
        }
    }
}

impl EndpointSlice {
    /// The Service whose traffic the slice steers, if it says so.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.metadata.labels.get(SERVICE_NAME_LABEL).map(String::as_str)
    }

    /// Whether the endpoints follow the pods' labels, which only those of the EndpointSlice
    /// controller do: mirrored and hand-made ones stay as they are.
    #[must_use]
    pub fn follows_labels(&self) -> bool {
        self.metadata
            .labels
            .get("endpointslice.kubernetes.io/managed-by")
            .is_some_and(|manager| manager == ENDPOINT_SLICE_CONTROLLER)
    }

    /// Who keeps this slice, for messages.
    #[must_use]
    pub fn manager(&self) -> &str {
        self.metadata.labels.get("endpointslice.kubernetes.io/managed-by").map_or("nobody", String::as_str)
    }

    /// Whether a ready endpoint of the slice reaches the pod.
    #[must_use]
    pub fn sends_traffic_to(&self, uid: &str, addresses: &[String]) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.is_ready() && endpoint.reaches(uid, addresses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(json: serde_json::Value) -> Endpoint {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_pod_is_reached_by_uid_or_by_an_address_that_names_nobody_else() {
        let addresses = ["198.18.0.7".to_owned()];
        let named = |uid: &str| {
            endpoint(serde_json::json!({
                "addresses": ["198.18.0.7"], "targetRef": {"kind": "Pod", "uid": uid},
            }))
        };
        assert!(named("a").reaches("a", &addresses));
        assert!(!named("b").reaches("a", &addresses), "hostNetwork pods share an address");
        let handmade = endpoint(serde_json::json!({"addresses": ["198.18.0.7"]}));
        assert!(handmade.reaches("a", &addresses));
        assert!(handmade.is_ready(), "no condition counts as ready");
        let unready = serde_json::json!({"addresses": ["x"], "conditions": {"ready": false}});
        assert!(!endpoint(unready).is_ready());
    }
}
