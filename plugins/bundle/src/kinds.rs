//! The kinds that a bundle knows, beside those that all of Drover does.

use drover::model::object::Resource;

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
pub const HTTP_ROUTES: Resource = Resource::new("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
pub const SCALED_OBJECTS: Resource = Resource::new("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject");
pub const CERTIFICATES: Resource = Resource::new("cert-manager.io", "v1", "certificates", "Certificate");
pub const ROLLOUTS: Resource = Resource::new("argoproj.io", "v1alpha1", "rollouts", "Rollout");

/// Kinds without a namespace: a bundle refers to them, but they are not its own.
pub fn is_cluster_scoped(resource: Resource) -> bool {
    [
        VOLUMES,
        STORAGE_CLASSES,
        PRIORITY_CLASSES,
        RUNTIME_CLASSES,
        INGRESS_CLASSES,
        CLUSTER_ROLES,
        CLUSTER_ROLE_BINDINGS,
    ]
    .contains(&resource)
}
