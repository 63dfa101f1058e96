//! The kinds that a bundle knows, beside those that all of Drover does.

use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, JOBS,
    NETWORK_POLICIES, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource,
    SERVICES, STATEFUL_SETS, VERTICAL_POD_AUTOSCALERS,
};

pub const SECRETS: Resource = Resource::new("", "v1", "secrets", "Secret");
pub const CONTROLLER_REVISIONS: Resource =
    Resource::new("apps", "v1", "controllerrevisions", "ControllerRevision");
pub const SERVICE_ACCOUNTS: Resource = Resource::new("", "v1", "serviceaccounts", "ServiceAccount");
pub const CLAIMS: Resource = Resource::new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
pub const VOLUMES: Resource = Resource::new("", "v1", "persistentvolumes", "PersistentVolume");
pub const STORAGE_CLASSES: Resource = Resource::new("storage.k8s.io", "v1", "storageclasses", "StorageClass");
pub const PRIORITY_CLASSES: Resource =
    Resource::new("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
pub const RUNTIME_CLASSES: Resource = Resource::new("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass");
pub const INGRESSES: Resource = Resource::new("networking.k8s.io", "v1", "ingresses", "Ingress");
pub const INGRESS_CLASSES: Resource =
    Resource::new("networking.k8s.io", "v1", "ingressclasses", "IngressClass");
pub const ROLES: Resource = Resource::new("rbac.authorization.k8s.io", "v1", "roles", "Role");
pub const ROLE_BINDINGS: Resource =
    Resource::new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
pub const CLUSTER_ROLES: Resource =
    Resource::new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
pub const CLUSTER_ROLE_BINDINGS: Resource =
    Resource::new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding");

/// Kinds that are served only where somebody installed them.
pub const HTTP_ROUTES: Resource = gateway("v1", "httproutes", "HTTPRoute");
pub const GRPC_ROUTES: Resource = gateway("v1", "grpcroutes", "GRPCRoute");
pub const TLS_ROUTES: Resource = gateway("v1alpha2", "tlsroutes", "TLSRoute");
pub const TCP_ROUTES: Resource = gateway("v1alpha2", "tcproutes", "TCPRoute");
pub const GATEWAYS: Resource = gateway("v1", "gateways", "Gateway");
pub const SERVICE_MONITORS: Resource =
    Resource::new("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor");
pub const POD_MONITORS: Resource = Resource::new("monitoring.coreos.com", "v1", "podmonitors", "PodMonitor");
pub const SCALED_OBJECTS: Resource = Resource::new("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject");
pub const TRIGGER_AUTHENTICATIONS: Resource =
    Resource::new("keda.sh", "v1alpha1", "triggerauthentications", "TriggerAuthentication");
pub const CLUSTER_TRIGGER_AUTHENTICATIONS: Resource =
    Resource::new("keda.sh", "v1alpha1", "clustertriggerauthentications", "ClusterTriggerAuthentication");
pub const CERTIFICATES: Resource = Resource::new("cert-manager.io", "v1", "certificates", "Certificate");
pub const ISSUERS: Resource = Resource::new("cert-manager.io", "v1", "issuers", "Issuer");
pub const CLUSTER_ISSUERS: Resource =
    Resource::new("cert-manager.io", "v1", "clusterissuers", "ClusterIssuer");
pub const ROLLOUTS: Resource = Resource::new("argoproj.io", "v1alpha1", "rollouts", "Rollout");

const fn gateway(version: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource::new("gateway.networking.k8s.io", version, plural, kind)
}

const CLUSTER_SCOPED: [Resource; 9] = [
    VOLUMES,
    STORAGE_CLASSES,
    PRIORITY_CLASSES,
    RUNTIME_CLASSES,
    INGRESS_CLASSES,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_TRIGGER_AUTHENTICATIONS,
    CLUSTER_ISSUERS,
];

const NAMESPACED: [Resource; 33] = [
    PODS,
    SERVICES,
    REPLICATION_CONTROLLERS,
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    DAEMON_SETS,
    JOBS,
    CRON_JOBS,
    ENDPOINT_SLICES,
    POD_DISRUPTION_BUDGETS,
    NETWORK_POLICIES,
    HORIZONTAL_POD_AUTOSCALERS,
    CONFIG_MAPS,
    SECRETS,
    SERVICE_ACCOUNTS,
    CLAIMS,
    INGRESSES,
    ROLES,
    ROLE_BINDINGS,
    HTTP_ROUTES,
    GRPC_ROUTES,
    TLS_ROUTES,
    TCP_ROUTES,
    GATEWAYS,
    SERVICE_MONITORS,
    POD_MONITORS,
    SCALED_OBJECTS,
    TRIGGER_AUTHENTICATIONS,
    CERTIFICATES,
    ISSUERS,
    ROLLOUTS,
    VERTICAL_POD_AUTOSCALERS,
];

/// Kinds without a namespace: a bundle refers to them, but they are not its own.
pub fn is_cluster_scoped(resource: Resource) -> bool {
    CLUSTER_SCOPED.contains(&resource)
}

/// The kind of that name, in whatever version, where it is one that a bundle knows by itself.
pub fn known(group: &str, kind: &str) -> Option<Resource> {
    let all = NAMESPACED.iter().chain(&CLUSTER_SCOPED);
    all.copied().find(|resource| resource.group == group && resource.kind == kind)
}
