//! The fields by which objects name others, a line for each: what well-known kinds say of them, in a form
//! that takes one more kind without any code.

use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, JOBS, REPLICA_SETS,
    REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS, VERTICAL_POD_AUTOSCALERS,
};
use serde_json::Value;

use super::Direction::{self, Serves, Uses};
use super::{Relations, items};
use crate::kinds::{
    CERTIFICATES, CLAIMS, CLUSTER_ISSUERS, CLUSTER_TRIGGER_AUTHENTICATIONS, GATEWAYS, GRPC_ROUTES,
    HTTP_ROUTES, ISSUERS, ROLLOUTS, SCALED_OBJECTS, SECRETS, SERVICE_MONITORS, STORAGE_CLASSES, TCP_ROUTES,
    TLS_ROUTES, TRIGGER_AUTHENTICATIONS, VOLUMES,
};

/// One field of `spec` that names another object.
struct Reference {
    of: &'static [Resource],
    direction: Direction,
    /// A name, or an object with a `name`; `[]` goes through a list.
    at: &'static str,
    /// The kinds that it may name, told apart by the `kind` beside the name; the first without one.
    to: &'static [Resource],
}

const ROUTES: &[Resource] = &[HTTP_ROUTES, GRPC_ROUTES, TLS_ROUTES, TCP_ROUTES];
const SCALED: &[Resource] = &[
    DEPLOYMENTS,
    STATEFUL_SETS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    ROLLOUTS,
    DAEMON_SETS,
    CRON_JOBS,
    JOBS,
];

#[rustfmt::skip]
const REFERENCES: &[Reference] = &[
    Reference { of: &[STATEFUL_SETS], direction: Uses, at: "serviceName", to: &[SERVICES] },
    Reference { of: &[CLAIMS], direction: Uses, at: "storageClassName", to: &[STORAGE_CLASSES] },
    Reference { of: &[CLAIMS], direction: Uses, at: "volumeName", to: &[VOLUMES] },
    Reference { of: &[HORIZONTAL_POD_AUTOSCALERS, SCALED_OBJECTS], direction: Serves, at: "scaleTargetRef", to: SCALED },
    Reference { of: &[VERTICAL_POD_AUTOSCALERS], direction: Serves, at: "targetRef", to: SCALED },
    // Gateway API
    Reference { of: ROUTES, direction: Serves, at: "rules[].backendRefs[]", to: &[SERVICES] },
    Reference { of: ROUTES, direction: Serves, at: "parentRefs[]", to: &[GATEWAYS, SERVICES] },
    // KEDA
    Reference { of: &[SCALED_OBJECTS], direction: Uses, at: "triggers[].authenticationRef", to: &[TRIGGER_AUTHENTICATIONS, CLUSTER_TRIGGER_AUTHENTICATIONS] },
    Reference { of: &[TRIGGER_AUTHENTICATIONS], direction: Uses, at: "secretTargetRef[]", to: &[SECRETS] },
    Reference { of: &[TRIGGER_AUTHENTICATIONS], direction: Uses, at: "configMapTargetRef[]", to: &[CONFIG_MAPS] },
    // cert-manager
    Reference { of: &[CERTIFICATES], direction: Serves, at: "secretName", to: &[SECRETS] },
    Reference { of: &[CERTIFICATES], direction: Uses, at: "issuerRef", to: &[ISSUERS, CLUSTER_ISSUERS] },
    Reference { of: &[CERTIFICATES], direction: Uses, at: "keystores.jks.passwordSecretRef", to: &[SECRETS] },
    Reference { of: &[CERTIFICATES], direction: Uses, at: "keystores.pkcs12.passwordSecretRef", to: &[SECRETS] },
    Reference { of: &[ISSUERS], direction: Uses, at: "ca.secretName", to: &[SECRETS] },
    Reference { of: &[ISSUERS], direction: Uses, at: "acme.privateKeySecretRef", to: &[SECRETS] },
    Reference { of: &[ISSUERS], direction: Uses, at: "vault.auth.tokenSecretRef", to: &[SECRETS] },
    Reference { of: &[ISSUERS], direction: Uses, at: "vault.auth.appRole.secretRef", to: &[SECRETS] },
    // Prometheus operator
    Reference { of: &[SERVICE_MONITORS], direction: Uses, at: "endpoints[].basicAuth.password", to: &[SECRETS] },
    Reference { of: &[SERVICE_MONITORS], direction: Uses, at: "endpoints[].authorization.credentials", to: &[SECRETS] },
    // Argo Rollouts
    Reference { of: &[ROLLOUTS], direction: Serves, at: "workloadRef", to: &[DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS] },
    Reference { of: &[ROLLOUTS], direction: Uses, at: "strategy.canary.stableService", to: &[SERVICES] },
    Reference { of: &[ROLLOUTS], direction: Uses, at: "strategy.canary.canaryService", to: &[SERVICES] },
    Reference { of: &[ROLLOUTS], direction: Uses, at: "strategy.blueGreen.activeService", to: &[SERVICES] },
    Reference { of: &[ROLLOUTS], direction: Uses, at: "strategy.blueGreen.previewService", to: &[SERVICES] },
];

/// Reads all of these from an object.
pub fn read(resource: Resource, spec: &Value, relations: &mut Relations) {
    for reference in REFERENCES.iter().filter(|reference| reference.of.contains(&resource)) {
        // As a path for people it goes without the marks of lists.
        let path = reference.at.replace("[]", "");
        for found in values(spec, reference.at) {
            let kind = found["kind"].as_str();
            let named = |to: &&Resource| kind.is_none_or(|kind| kind == to.kind);
            let Some(to) = reference.to.iter().find(named) else { continue };
            let name = if found.is_string() { found } else { &found["name"] };
            if is_elsewhere(found, relations) {
                continue;
            }
            relations.add(reference.direction, *to, name, path.as_str(), false);
        }
    }
}

/// The reference names another namespace, which is no business of this bundle.
fn is_elsewhere(found: &Value, relations: &Relations) -> bool {
    found["namespace"].as_str().is_some_and(|namespace| relations.namespace.as_deref() != Some(namespace))
}

/// All values at a path.
fn values<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    path.split('.').fold(vec![value], |found, step| match step.strip_suffix("[]") {
        Some(field) => found.into_iter().flat_map(|value| items(&value[field])).collect(),
        None => found.into_iter().map(|value| &value[step]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_all(resource: Resource, spec: &Value) -> Vec<String> {
        let mut relations = Relations { namespace: Some("shop".to_owned()), found: Vec::new() };
        read(resource, spec, &mut relations);
        let words = |relation: &crate::relations::Relation| {
            format!("{:?} {} {}", relation.direction, relation.to, relation.path)
        };
        relations.found.iter().map(words).collect()
    }

    #[test]
    fn an_autoscaler_is_there_for_what_it_scales() {
        let target = json!({"scaleTargetRef": {"kind": "StatefulSet", "name": "db"}});
        let serves = ["Serves statefulset.apps/db scaleTargetRef"];
        assert_eq!(read_all(HORIZONTAL_POD_AUTOSCALERS, &target), serves);
        // KEDA takes a Deployment where no kind is given.
        let spec = json!({
            "scaleTargetRef": {"name": "web"},
            "triggers": [
                {"authenticationRef": {"name": "queue"}},
                {"authenticationRef": {"name": "cloud", "kind": "ClusterTriggerAuthentication"}},
                {"type": "cron"},
            ],
        });
        assert_eq!(
            read_all(SCALED_OBJECTS, &spec),
            [
                "Serves deployment.apps/web scaleTargetRef",
                "Uses triggerauthentication.keda.sh/queue triggers.authenticationRef",
                "Uses clustertriggerauthentication.keda.sh/cloud triggers.authenticationRef",
            ]
        );
    }

    #[test]
    fn a_route_is_there_for_the_services_of_its_own_namespace() {
        let backends = json!([
            {"name": "web"},
            {"name": "far", "namespace": "elsewhere"},
            {"name": "near", "namespace": "shop"},
            {"name": "bucket", "kind": "Bucket"},
        ]);
        let spec = json!({"rules": [{"backendRefs": backends}, {}]});
        assert_eq!(
            read_all(GRPC_ROUTES, &spec),
            ["Serves service/web rules.backendRefs", "Serves service/near rules.backendRefs"]
        );
    }

    #[test]
    fn a_certificate_is_there_for_its_secret_and_uses_its_issuer() {
        let spec = json!({"secretName": "tls", "issuerRef": {"name": "acme", "kind": "ClusterIssuer"}});
        assert_eq!(
            read_all(CERTIFICATES, &spec),
            ["Serves secret/tls secretName", "Uses clusterissuer.cert-manager.io/acme issuerRef"]
        );
    }
}
