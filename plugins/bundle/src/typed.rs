//! An object as a person types it: `TYPE/NAME`.

use drover::cli::Failure;
use drover::cluster::Cluster;
use drover::model::object::{
    CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, JOBS,
    NETWORK_POLICIES, ObjectRef, POD_DISRUPTION_BUDGETS, Resource, SERVICES, STATEFUL_SETS,
    VERTICAL_POD_AUTOSCALERS,
};

use crate::kinds::{
    CERTIFICATES, CLAIMS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, HTTP_ROUTES, INGRESS_CLASSES, INGRESSES,
    PRIORITY_CLASSES, ROLE_BINDINGS, ROLES, ROLLOUTS, RUNTIME_CLASSES, SCALED_OBJECTS, SECRETS,
    SERVICE_ACCOUNTS, STORAGE_CLASSES, is_cluster_scoped,
};

/// The kinds that a person may name.
pub const KINDS: [Resource; 28] = [
    SERVICES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    JOBS,
    CONFIG_MAPS,
    SECRETS,
    SERVICE_ACCOUNTS,
    CLAIMS,
    HORIZONTAL_POD_AUTOSCALERS,
    POD_DISRUPTION_BUDGETS,
    NETWORK_POLICIES,
    INGRESSES,
    ENDPOINT_SLICES,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    STORAGE_CLASSES,
    PRIORITY_CLASSES,
    RUNTIME_CLASSES,
    INGRESS_CLASSES,
    ROLLOUTS,
    HTTP_ROUTES,
    SCALED_OBJECTS,
    CERTIFICATES,
    VERTICAL_POD_AUTOSCALERS,
];

/// Reads `TYPE/NAME` as an object of the cluster's namespace, or of none where its kind has none. Of a kind
/// that a bundle does not know, the server is asked.
///
/// # Errors
/// When it is none, or of a kind that the server does not know either.
pub async fn find(cluster: &Cluster, text: &str) -> Result<ObjectRef, Failure> {
    let (kind, name) = parts(text)?;
    let (resource, is_namespaced) = match known(kind) {
        Some(resource) => (resource, !is_cluster_scoped(resource)),
        None => match cluster.kind_named(kind).await? {
            Some(served) => (served.resource, served.is_namespaced),
            None => return Err(unknown(kind)),
        },
    };
    let namespace = is_namespaced.then(|| cluster.namespace.clone());
    Ok(ObjectRef { resource, namespace, name: name.to_owned() })
}

fn parts(text: &str) -> Result<(&str, &str), Failure> {
    let parts = text.split_once('/').filter(|(_, name)| is_name(name));
    parts.ok_or_else(|| Failure::new(format!("{text:?}: give TYPE/NAME, such as cm/settings")))
}

/// Names of roles may hold what a DNS name may not (apimachinery: `IsValidPathSegmentName`).
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '%', '?', '#']) && ![".", ".."].contains(&name)
}

fn known(kind: &str) -> Option<Resource> {
    KINDS.into_iter().find(|resource| resource.is_named(kind))
}

fn unknown(kind: &str) -> Failure {
    let failure = Failure::new(format!("{kind:?} is not a kind that a bundle knows"));
    let see = "see the kinds that the cluster serves:  kubectl api-resources";
    if kind.contains('.') {
        failure.hint(see)
    } else {
        failure.hint("with its group it is found, such as widgets.example.com").hint(see)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_as_kubectl_names_them() {
        let plural =
            |text| parts(text).ok().and_then(|(kind, _)| known(kind)).map(|resource| resource.plural);
        assert_eq!(plural("cm/settings"), Some("configmaps"));
        assert_eq!(plural("StorageClass/fast"), Some("storageclasses"));
        assert_eq!(plural("role/system:web"), Some("roles"));
        for wrong in ["web", "cm/", "cm/a/b", "cm/..", "cm/a?b", "widget/web"] {
            assert_eq!(plural(wrong), None, "{wrong}");
        }
    }
}
