//! What objects say outside pod templates, where it takes more than a line of the table of references.

use drover::model::endpoints::SERVICE_NAME_LABEL;
use drover::model::object::{ENDPOINT_SLICES, Resource, SERVICES};
use serde_json::Value;

use super::{Relations, items};
use crate::kinds::{
    CLUSTER_ISSUERS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, INGRESS_CLASSES, INGRESSES, ISSUERS,
    ROLE_BINDINGS, ROLES, SECRETS, SERVICE_ACCOUNTS,
};

/// The annotations by which an Ingress asks cert-manager for its certificates.
const ISSUERS_OF_INGRESSES: [(&str, Resource); 2] =
    [("cert-manager.io/issuer", ISSUERS), ("cert-manager.io/cluster-issuer", CLUSTER_ISSUERS)];

impl Relations {
    pub(super) fn read_fields(&mut self, resource: Resource, object: &Value) {
        match resource {
            ENDPOINT_SLICES => {
                let service = &object["metadata"]["labels"][SERVICE_NAME_LABEL];
                self.serves(SERVICES, service, SERVICE_NAME_LABEL);
            }
            INGRESSES => self.ingress(object),
            ROLE_BINDINGS | CLUSTER_ROLE_BINDINGS => self.binding(object),
            SERVICE_ACCOUNTS => {
                for list in ["secrets", "imagePullSecrets"] {
                    for entry in items(&object[list]) {
                        self.uses(SECRETS, &entry["name"], list);
                    }
                }
            }
            _ => {}
        }
    }

    fn ingress(&mut self, object: &Value) {
        let spec = &object["spec"];
        self.uses(INGRESS_CLASSES, &spec["ingressClassName"], "ingressClassName");
        self.serves(SERVICES, &spec["defaultBackend"]["service"]["name"], "defaultBackend");
        for rule in items(&spec["rules"]) {
            for path in items(&rule["http"]["paths"]) {
                let place = format!(
                    "rules[{}{}].backend",
                    rule["host"].as_str().unwrap_or("*"),
                    path["path"].as_str().unwrap_or_default()
                );
                self.serves(SERVICES, &path["backend"]["service"]["name"], place);
            }
        }
        for tls in items(&spec["tls"]) {
            self.uses(SECRETS, &tls["secretName"], "tls");
        }
        for (annotation, issuer) in ISSUERS_OF_INGRESSES {
            self.uses(issuer, &object["metadata"]["annotations"][annotation], annotation);
        }
    }

    /// A binding of the whole cluster names the namespace of each account.
    fn binding(&mut self, object: &Value) {
        let role = if object["roleRef"]["kind"] == ROLES.kind { ROLES } else { CLUSTER_ROLES };
        self.uses(role, &object["roleRef"]["name"], "roleRef");
        let accounts = items(&object["subjects"]).filter(|subject| subject["kind"] == SERVICE_ACCOUNTS.kind);
        for account in accounts {
            let namespace = account["namespace"].as_str().map(str::to_owned).or(self.namespace.clone());
            let own = std::mem::replace(&mut self.namespace, namespace);
            self.serves(SERVICE_ACCOUNTS, &account["name"], "subjects");
            self.namespace = own;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Related, Relation};
    use super::*;

    /// `direction kind/name path`, as it is read from an object in namespace `shop`.
    fn read(resource: Resource, fields: Value) -> Vec<String> {
        let mut object = fields;
        object["metadata"] = json!({"name": "web", "namespace": "shop"});
        let related = Related::of(resource, &object).unwrap();
        let words =
            |relation: &Relation| format!("{:?} {} {}", relation.direction, relation.to, relation.path);
        related.relations.iter().map(words).collect()
    }

    #[test]
    fn an_ingress_is_there_for_its_services_and_uses_its_certificates() {
        let backend = json!({"service": {"name": "web"}});
        let spec = json!({"spec": {
            "ingressClassName": "nginx",
            "rules": [{"host": "shop.test", "http": {"paths": [{"path": "/", "backend": backend}]}}],
            "tls": [{"secretName": "tls"}],
        }});
        assert_eq!(
            read(INGRESSES, spec),
            [
                "Uses ingressclass.networking.k8s.io/nginx ingressClassName",
                "Serves service/web rules[shop.test/].backend",
                "Uses secret/tls tls",
            ]
        );
    }

    #[test]
    fn a_binding_is_there_for_its_accounts_and_uses_its_role() {
        let binding = json!({
            "roleRef": {"kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "web"}, {"kind": "User", "name": "web"}],
        });
        assert_eq!(
            read(ROLE_BINDINGS, binding),
            ["Uses role.rbac.authorization.k8s.io/reader roleRef", "Serves serviceaccount/web subjects"]
        );
    }
}
