//! An object as a person types it: `TYPE/NAME`.

use drover::cli::Failure;
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

const KINDS: [Resource; 28] = [
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

/// Reads `TYPE/NAME` as an object of a namespace, or of the cluster where its kind has none.
///
/// # Errors
/// When it is none, or of a kind that a bundle does not know.
pub fn parse(text: &str, namespace: &str) -> Result<ObjectRef, Failure> {
    let Some((kind, name)) = text.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        return Err(Failure::new(format!("{text:?}: give TYPE/NAME, such as cm/settings")));
    };
    let Some(resource) = KINDS.into_iter().find(|resource| resource.is_named(kind)) else {
        return Err(Failure::new(format!("{kind:?} is not a kind that a bundle knows"))
            .hint("see the kinds that the cluster serves:  kubectl api-resources"));
    };
    let namespace = (!is_cluster_scoped(resource)).then(|| namespace.to_owned());
    Ok(ObjectRef { resource, namespace, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_as_kubectl_names_them() {
        let path = |text| parse(text, "shop").map(|object| object.path()).ok();
        assert_eq!(path("cm/settings").as_deref(), Some("/api/v1/namespaces/shop/configmaps/settings"));
        assert_eq!(path("sc/fast").as_deref(), Some("/apis/storage.k8s.io/v1/storageclasses/fast"));
        for wrong in ["web", "cm/", "widget/web"] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
