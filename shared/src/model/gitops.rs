//! Who else writes an object, again and again.

use super::object::{Metadata, ObjectRef};

/// A controller that brings an object back to what a repository says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciler {
    /// What it is, such as `Argo CD application shop`.
    pub name: String,
    /// The command that pauses it for this object.
    pub pause: String,
    /// The command that lets it go on.
    pub resume: String,
}

/// The reconciler of an object, as Argo CD and Flux mark what they own.
#[must_use]
pub fn reconciler(object: &ObjectRef, metadata: &Metadata) -> Option<Reconciler> {
    argo_cd(metadata).or_else(|| flux(object, metadata))
}

/// Argo CD (docs: resource tracking): the annotation `tracking-id` is `APP:GROUP/KIND:NAMESPACE/NAME`,
/// the label `instance` the application's name.
fn argo_cd(metadata: &Metadata) -> Option<Reconciler> {
    let tracked = metadata.annotation("argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
    let application =
        tracked.or_else(|| metadata.labels.get("argocd.argoproj.io/instance").map(String::as_str))?;
    let annotate =
        format!("kubectl annotate -n argocd application {application} argocd.argoproj.io/skip-reconcile");
    Some(Reconciler {
        name: format!("Argo CD application {application}"),
        pause: format!("{annotate}=true"),
        resume: format!("{annotate}-"),
    })
}

/// Flux (docs: kustomization, "Controlling the apply behavior of resources"; helm-controller labels).
fn flux(object: &ObjectRef, metadata: &Metadata) -> Option<Reconciler> {
    let label = |key: &str| metadata.labels.get(key).map(String::as_str);
    if let Some(name) = label("kustomize.toolkit.fluxcd.io/name") {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let annotate =
            format!("kubectl annotate -n {namespace} {object} kustomize.toolkit.fluxcd.io/reconcile");
        return Some(Reconciler {
            name: format!("Flux Kustomization {name}"),
            pause: format!("{annotate}=disabled"),
            resume: format!("{annotate}-"),
        });
    }
    let name = label("helm.toolkit.fluxcd.io/name")?;
    let namespace = label("helm.toolkit.fluxcd.io/namespace").unwrap_or_default();
    Some(Reconciler {
        name: format!("Flux HelmRelease {name}"),
        pause: format!("flux suspend helmrelease -n {namespace} {name}"),
        resume: format!("flux resume helmrelease -n {namespace} {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::DEPLOYMENTS;

    fn found(metadata: serde_json::Value) -> Option<Reconciler> {
        let object = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        reconciler(&object, &serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn the_marks_of_argo_cd_and_flux_are_known() {
        let argo = serde_json::json!({"annotations": {
            "argocd.argoproj.io/tracking-id": "front:apps/Deployment:shop/web",
        }});
        assert_eq!(found(argo).unwrap().name, "Argo CD application front");
        let flux = serde_json::json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}});
        assert_eq!(
            found(flux).unwrap().pause,
            "kubectl annotate -n shop deployment.apps/web kustomize.toolkit.fluxcd.io/reconcile=disabled"
        );
        let helm = serde_json::json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}});
        assert!(found(helm).is_none(), "Helm itself does not come back by itself");
    }
}
