//! What one object says of others: which it uses, which it is there for, and which pods it selects.

mod template;

use drover::model::endpoints::SERVICE_NAME_LABEL;
use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, JOBS,
    Metadata, NETWORK_POLICIES, ObjectRef, Owner, POD_DISRUPTION_BUDGETS, Resource, SERVICES, STATEFUL_SETS,
    VERTICAL_POD_AUTOSCALERS,
};
use drover::model::selector::{Labels, Selector};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use serde_json::Value;

use crate::kinds::{
    CERTIFICATES, CLAIMS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, HTTP_ROUTES, INGRESS_CLASSES, INGRESSES,
    ROLE_BINDINGS, ROLES, ROLLOUTS, SCALED_OBJECTS, SECRETS, SERVICE_ACCOUNTS, STORAGE_CLASSES, VOLUMES,
    is_cluster_scoped,
};

/// Which of two objects needs the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The one that says it needs the other: a workload its ConfigMap.
    Uses,
    /// It is there for the other: an autoscaler for its workload.
    Serves,
}

/// One reference from an object to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub to: ObjectRef,
    /// Where it is written, such as `containers[web].envFrom`.
    pub path: String,
    pub direction: Direction,
    /// The object that refers does without it.
    pub optional: bool,
}

/// What matters about one object, small enough to keep for every object of a namespace.
#[derive(Debug, Clone)]
pub struct Related {
    pub object: ObjectRef,
    pub controller: Option<Owner>,
    pub is_being_deleted: bool,
    /// The labels of the pods that it makes.
    pub template_labels: Option<Labels>,
    /// Which pods it selects.
    pub selector: Option<Selector>,
    /// The claims that it makes for its pods: their names begin so, and end with the ordinal.
    pub claim_prefixes: Vec<String>,
    pub relations: Vec<Relation>,
    /// The object is the cluster's own affair, and never a member.
    pub is_machinery: bool,
}

impl Related {
    /// Reads all of it from an object; none when that has no name.
    pub fn of(resource: Resource, object: &Value) -> Option<Self> {
        let metadata = Metadata::deserialize(&object["metadata"]).ok()?;
        let namespace = (!metadata.namespace.is_empty()).then(|| metadata.namespace.clone());
        let mut relations = Relations { namespace: namespace.clone(), found: Vec::new() };
        let template = template_of(resource, object);
        if let Some(template) = template {
            template::read(template, &mut relations);
        }
        relations.read(resource, object);
        Some(Self {
            template_labels: template
                .map(|template| Labels::deserialize(&template["metadata"]["labels"]).unwrap_or_default()),
            selector: selector_of(resource, &object["spec"]),
            claim_prefixes: claim_prefixes(resource, object, &metadata.name),
            relations: relations.found,
            is_machinery: is_machinery(resource, &metadata),
            controller: metadata.controller(),
            is_being_deleted: metadata.deletion_timestamp.is_some(),
            object: ObjectRef { resource, namespace, name: metadata.name },
        })
    }
}

/// The template of the pods that an object makes.
fn template_of(resource: Resource, object: &Value) -> Option<&Value> {
    match resource {
        DEPLOYMENTS | STATEFUL_SETS | DAEMON_SETS | JOBS | ROLLOUTS => object.pointer("/spec/template"),
        CRON_JOBS => object.pointer("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

fn selector_of(resource: Resource, spec: &Value) -> Option<Selector> {
    let by_labels = |field: &str| LabelSelector::deserialize(&spec[field]).ok();
    match resource {
        // A Service without a selector has hand-written endpoints.
        SERVICES => {
            let labels = Labels::deserialize(&spec["selector"]).ok()?;
            (!labels.is_empty()).then(|| Selector::from(&labels))
        }
        POD_DISRUPTION_BUDGETS => by_labels("selector").as_ref().map(Selector::from),
        NETWORK_POLICIES => by_labels("podSelector").as_ref().map(Selector::from),
        _ => None,
    }
}

/// A StatefulSet names its claims TEMPLATE-SET-ORDINAL (pkg/controller/statefulset: `getPersistentVolumeClaimName`).
fn claim_prefixes(resource: Resource, object: &Value, name: &str) -> Vec<String> {
    let templates = object["spec"]["volumeClaimTemplates"].as_array().filter(|_| resource == STATEFUL_SETS);
    let names = templates.into_iter().flatten().filter_map(|template| template["metadata"]["name"].as_str());
    names.map(|template| format!("{template}-{name}-")).collect()
}

/// What the cluster, or a tool, makes for itself in every namespace.
fn is_machinery(resource: Resource, metadata: &Metadata) -> bool {
    match resource {
        SERVICE_ACCOUNTS => metadata.name == "default",
        CONFIG_MAPS => metadata.name == "kube-root-ca.crt" || metadata.name.starts_with("drover-"),
        SECRETS => {
            metadata.annotation("kubernetes.io/service-account.name").is_some()
                || metadata.name.starts_with("sh.helm.release.v1.")
                || metadata.name.starts_with("drover-")
        }
        _ => false,
    }
}

/// The relations of one object, as they are found.
struct Relations {
    namespace: Option<String>,
    found: Vec<Relation>,
}

impl Relations {
    fn uses(&mut self, resource: Resource, name: &Value, path: impl Into<String>) {
        self.add(Direction::Uses, resource, name, path, false);
    }

    fn serves(&mut self, resource: Resource, name: &Value, path: impl Into<String>) {
        self.add(Direction::Serves, resource, name, path, false);
    }

    fn add(
        &mut self,
        direction: Direction,
        resource: Resource,
        name: &Value,
        path: impl Into<String>,
        optional: bool,
    ) {
        let Some(name) = name.as_str().filter(|name| !name.is_empty()) else { return };
        let namespace = if is_cluster_scoped(resource) { None } else { self.namespace.clone() };
        let to = ObjectRef { resource, namespace, name: name.to_owned() };
        self.found.push(Relation { to, path: path.into(), direction, optional });
    }

    /// What is said outside pod templates.
    fn read(&mut self, resource: Resource, object: &Value) {
        let spec = &object["spec"];
        match resource {
            STATEFUL_SETS => self.uses(SERVICES, &spec["serviceName"], "serviceName"),
            HORIZONTAL_POD_AUTOSCALERS | SCALED_OBJECTS => {
                self.target(&spec["scaleTargetRef"], "scaleTargetRef")
            }
            VERTICAL_POD_AUTOSCALERS => self.target(&spec["targetRef"], "targetRef"),
            ENDPOINT_SLICES => {
                let service = &object["metadata"]["labels"][SERVICE_NAME_LABEL];
                self.serves(SERVICES, service, SERVICE_NAME_LABEL);
            }
            INGRESSES => self.ingress(spec),
            HTTP_ROUTES => self.http_route(spec),
            CERTIFICATES => self.serves(SECRETS, &spec["secretName"], "secretName"),
            ROLE_BINDINGS | CLUSTER_ROLE_BINDINGS => self.binding(object),
            SERVICE_ACCOUNTS => {
                for list in ["secrets", "imagePullSecrets"] {
                    for entry in items(&object[list]) {
                        self.uses(SECRETS, &entry["name"], list);
                    }
                }
            }
            CLAIMS => {
                self.uses(STORAGE_CLASSES, &spec["storageClassName"], "storageClassName");
                self.uses(VOLUMES, &spec["volumeName"], "volumeName");
            }
            _ => {}
        }
    }

    /// What an autoscaler scales. KEDA takes a Deployment where no kind is given.
    fn target(&mut self, target: &Value, path: &str) {
        let kind = target["kind"].as_str().unwrap_or(DEPLOYMENTS.kind);
        let scalable = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, ROLLOUTS];
        if let Some(resource) = scalable.into_iter().find(|resource| resource.kind == kind) {
            self.serves(resource, &target["name"], path);
        }
    }

    fn ingress(&mut self, spec: &Value) {
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
    }

    fn http_route(&mut self, spec: &Value) {
        for rule in items(&spec["rules"]) {
            let services = items(&rule["backendRefs"])
                .filter(|backend| backend["kind"].as_str().is_none_or(|kind| kind == "Service"));
            for backend in services.filter(|backend| backend["namespace"].is_null()) {
                self.serves(SERVICES, &backend["name"], "rules.backendRefs");
            }
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

/// The items of a list, none where there is no list.
fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn an_autoscaler_is_there_for_what_it_scales() {
        let spec = json!({"spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "db"}}});
        assert_eq!(read(HORIZONTAL_POD_AUTOSCALERS, spec), ["Serves statefulset.apps/db scaleTargetRef"]);
    }

    #[test]
    fn what_every_namespace_has_is_machinery() {
        let of = |resource, metadata: Value| {
            Related::of(resource, &json!({"metadata": metadata})).unwrap().is_machinery
        };
        assert!(of(SERVICE_ACCOUNTS, json!({"name": "default"})));
        assert!(of(CONFIG_MAPS, json!({"name": "kube-root-ca.crt"})));
        assert!(of(
            SECRETS,
            json!({"name": "a", "annotations": {"kubernetes.io/service-account.name": "web"}})
        ));
        assert!(!of(SECRETS, json!({"name": "db"})));
    }
}
