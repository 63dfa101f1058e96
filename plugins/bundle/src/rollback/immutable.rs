//! Fields that the server lets nobody change (`pkg/apis/*/validation`). The server is the judge; this is
//! to know early, and to say what would do it.

use drover::model::object::{
    CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, JOBS, REPLICA_SETS, Resource, SERVICES,
    STATEFUL_SETS,
};
use drover::model::quantity::Quantity;
use serde_json::Value;

use crate::compare::Change;
use crate::kinds::{
    CLAIMS, CLUSTER_ROLE_BINDINGS, INGRESS_CLASSES, PRIORITY_CLASSES, ROLE_BINDINGS, RUNTIME_CLASSES,
    SECRETS, STORAGE_CLASSES,
};

/// The fields, as JSON pointers.
enum Fields {
    These(&'static [&'static str]),
    /// All below the first but these.
    AllBut(&'static str, &'static [&'static str]),
}
use Fields::{AllBut, These};

#[rustfmt::skip]
const IMMUTABLE: [(Resource, Fields); 13] = [
    (DEPLOYMENTS, These(&["/spec/selector"])),
    (DAEMON_SETS, These(&["/spec/selector"])),
    (REPLICA_SETS, These(&["/spec/selector"])),
    (STATEFUL_SETS, AllBut("/spec", &[
        "/spec/replicas", "/spec/ordinals", "/spec/template", "/spec/updateStrategy", "/spec/revisionHistoryLimit",
        "/spec/persistentVolumeClaimRetentionPolicy", "/spec/minReadySeconds",
    ])),
    (JOBS, These(&[
        "/spec/selector", "/spec/template", "/spec/completionMode", "/spec/podFailurePolicy", "/spec/successPolicy",
        "/spec/backoffLimitPerIndex", "/spec/managedBy",
    ])),
    (CLAIMS, AllBut("/spec", &["/spec/resources/requests", "/spec/volumeAttributesClassName"])),
    (ENDPOINT_SLICES, These(&["/addressType"])),
    (ROLE_BINDINGS, These(&["/roleRef"])),
    (CLUSTER_ROLE_BINDINGS, These(&["/roleRef"])),
    (STORAGE_CLASSES, These(&["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"])),
    (INGRESS_CLASSES, These(&["/spec/controller"])),
    (PRIORITY_CLASSES, These(&["/value", "/preemptionPolicy"])),
    (RUNTIME_CLASSES, These(&["/handler"])),
];

/// Those of the changes from `live` to `body` that the server refuses.
pub fn immutable<'a>(
    resource: Resource,
    live: &Value,
    body: &Value,
    changes: &'a [Change],
) -> Vec<&'a Change> {
    let is_immutable = |change: &&Change| {
        let pointer = change.pointer.as_str();
        IMMUTABLE.iter().any(|(kind, fields)| *kind == resource && fields.have(pointer))
            || match resource {
                SERVICES => of_service(live, body, pointer),
                CONFIG_MAPS => is_sealed(live) && is_data(pointer),
                SECRETS => pointer == "/type" || is_sealed(live) && is_data(pointer),
                CLAIMS => is_below(pointer, "/spec/resources/requests") && shrinks(live, body),
                _ => false,
            }
    };
    changes.iter().filter(is_immutable).collect()
}

impl Fields {
    fn have(&self, pointer: &str) -> bool {
        match self {
            These(fields) => fields.iter().any(|field| is_below(pointer, field)),
            AllBut(above, but) => {
                is_below(pointer, above) && !but.iter().any(|field| is_below(pointer, field))
            }
        }
    }
}

pub fn is_below(pointer: &str, field: &str) -> bool {
    pointer.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A Service of type ExternalName has neither, and may get both.
fn of_service(live: &Value, body: &Value, pointer: &str) -> bool {
    let both = |kind: &dyn Fn(&Value) -> bool| [live, body].iter().all(|side| kind(&side["spec"]["type"]));
    match pointer {
        "/spec/clusterIP" => both(&|kind| kind != "ExternalName"),
        "/spec/loadBalancerClass" => both(&|kind| kind == "LoadBalancer"),
        _ => false,
    }
}

fn is_sealed(live: &Value) -> bool {
    live["immutable"] == true
}

fn is_data(pointer: &str) -> bool {
    ["/data", "/binaryData", "/stringData", "/immutable"].iter().any(|field| is_below(pointer, field))
}

fn shrinks(live: &Value, body: &Value) -> bool {
    let size = |claim: &Value| Quantity::parse(claim.pointer("/spec/resources/requests/storage")?.as_str()?);
    size(live).zip(size(body)).is_none_or(|(live, body)| body < live)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compare::{Masking, changes};

    fn found(resource: Resource, live: Value, body: Value) -> Vec<String> {
        let masking = Masking::new(false).unwrap();
        let changes = changes(resource, &live, &body, false, &masking);
        immutable(resource, &live, &body, &changes).into_iter().map(|change| change.path.clone()).collect()
    }

    #[test]
    fn each_kind_has_its_own() {
        let spec = |value: Value| json!({"spec": value});
        let selector =
            |app: &str| spec(json!({"selector": {"matchLabels": {"app": app}}, "paused": app == "a"}));
        assert_eq!(found(DEPLOYMENTS, selector("a"), selector("b")), ["spec.selector.matchLabels.app"]);
        let set = |service: &str, replicas: u32| spec(json!({"serviceName": service, "replicas": replicas}));
        assert_eq!(found(STATEFUL_SETS, set("a", 1), set("b", 2)), ["spec.serviceName"]);
        let role = |name: &str| json!({"roleRef": {"name": name}});
        assert_eq!(found(ROLE_BINDINGS, role("a"), role("b")), ["roleRef.name"]);
        assert_eq!(found(SECRETS, json!({"type": "a"}), json!({"type": "b"})), ["type"]);
    }

    #[test]
    fn a_service_stays_headless_or_not() {
        let service = |kind: &str, address: Option<&str>| json!({"spec": {"type": kind, "clusterIP": address, "loadBalancerClass": kind}});
        let headless = service("ClusterIP", Some("None"));
        assert_eq!(
            found(SERVICES, service("ClusterIP", Some("198.19.0.7")), headless.clone()),
            ["spec.clusterIP"]
        );
        assert!(found(SERVICES, service("ExternalName", None), headless).is_empty());
    }

    #[test]
    fn sealed_data_stays_but_labels_do_not() {
        let map = |value: &str| json!({"immutable": true, "metadata": {"labels": {"a": value}}, "data": {"a": value}});
        assert_eq!(found(CONFIG_MAPS, map("1"), map("2")), ["data.a"]);
        let open = |value: &str| json!({"data": {"a": value}});
        assert!(found(CONFIG_MAPS, open("1"), open("2")).is_empty());
    }

    #[test]
    fn a_claim_grows_and_never_shrinks() {
        let claim = |size: &str| json!({"spec": {"resources": {"requests": {"storage": size}}}});
        assert!(found(CLAIMS, claim("1Gi"), claim("2Gi")).is_empty());
        assert_eq!(found(CLAIMS, claim("2Gi"), claim("1Gi")), ["spec.resources.requests.storage"]);
    }
}
