//! The kinds that a bundle knows, beside those that all of Drover does.

use drover::model::object::Resource;

const fn resource(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Resource {
    Resource { group, version, plural, kind }
}

pub const SECRETS: Resource = resource("", "v1", "secrets", "Secret");
pub const SERVICE_ACCOUNTS: Resource = resource("", "v1", "serviceaccounts", "ServiceAccount");
pub const CLAIMS: Resource = resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
pub const VOLUMES: Resource = resource("", "v1", "persistentvolumes", "PersistentVolume");
pub const STORAGE_CLASSES: Resource = resource("storage.k8s.io", "v1", "storageclasses", "StorageClass");
pub const PRIORITY_CLASSES: Resource =
    resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
pub const RUNTIME_CLASSES: Resource = resource("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass");
pub const INGRESSES: Resource = resource("networking.k8s.io", "v1", "ingresses", "Ingress");
pub const INGRESS_CLASSES: Resource = resource("networking.k8s.io", "v1", "ingressclasses", "IngressClass");
pub const ROLES: Resource = resource("rbac.authorization.k8s.io", "v1", "roles", "Role");
pub const ROLE_BINDINGS: Resource =
    resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
pub const CLUSTER_ROLES: Resource =
    resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
pub const CLUSTER_ROLE_BINDINGS: Resource =
    resource("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding");

/// Kinds that are served only where somebody installed them.
pub const HTTP_ROUTES: Resource = resource("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
pub const SCALED_OBJECTS: Resource = resource("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject");
pub const CERTIFICATES: Resource = resource("cert-manager.io", "v1", "certificates", "Certificate");
pub const ROLLOUTS: Resource = resource("argoproj.io", "v1alpha1", "rollouts", "Rollout");

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
