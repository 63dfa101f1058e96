//! What a bundle starts from, as a person names it.

use drover::cli::Failure;
use drover::model::name::is_dns_subdomain;
use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, ObjectRef, Resource, SERVICES, STATEFUL_SETS,
};

/// The kinds that a bundle starts from.
pub const KINDS: [Resource; 6] = [SERVICES, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS, JOBS];

/// One root, such as `svc/web`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    pub resource: Resource,
    pub name: String,
}

impl Root {
    /// The root as an object of a namespace.
    pub fn in_namespace(&self, namespace: &str) -> ObjectRef {
        ObjectRef::namespaced(self.resource, namespace, &self.name)
    }

    /// Reads `TYPE/NAME`.
    ///
    /// # Errors
    /// When it is none, or of a kind that nothing hangs on.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let Some((kind, name)) = text.split_once('/') else {
            return Err(Failure::new(format!("{text:?}: give TYPE/NAME, such as svc/web")));
        };
        let Some(resource) = KINDS.into_iter().find(|resource| resource.is_named(kind)) else {
            return Err(Failure::new(format!("{kind:?} is not a kind that a bundle starts from"))
                .hint("these are: svc, deploy, sts, ds, cj, job; such as svc/web"));
        };
        if !is_dns_subdomain(name) {
            return Err(Failure::new(format!("{name:?} can't be the name of an object")));
        }
        Ok(Self { resource, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_named_as_kubectl_names_them() {
        let named = |text| Root::parse(text).map(|root| root.in_namespace("shop").to_string()).ok();
        assert_eq!(named("svc/web").unwrap(), "service/web");
        assert_eq!(named("Deployment/web").unwrap(), "deployment.apps/web");
        for wrong in ["web", "svc/", "svc/Web", "cm/web", "svc/a/b"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
