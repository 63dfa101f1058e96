//! What a person wants to know about: a pod, or a workload.

use drover::cli::Failure;
use drover::model::name::is_dns_subdomain;
use drover::model::object::{ObjectRef, Resource};

use crate::workload::KINDS;

/// A pod or a workload, as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub resource: Resource,
    pub name: String,
}

impl Target {
    /// It as an object of a namespace.
    pub fn in_namespace(&self, namespace: &str) -> ObjectRef {
        ObjectRef::namespaced(self.resource, namespace, &self.name)
    }

    /// Reads `POD`, `TYPE/NAME` or `TYPE NAME`.
    ///
    /// # Errors
    /// When it is none, or of a kind that has no pods.
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let (kind, name) = match arguments {
            [pod] if !pod.contains('/') => ("pod", pod.as_str()),
            [typed] => typed.split_once('/').unwrap_or(("", typed)),
            [kind, name] => (kind.as_str(), name.as_str()),
            _ => return Err(Failure::new("one at a time: give a pod, or TYPE/NAME such as deploy/web")),
        };
        let Some(resource) = KINDS.into_iter().find(|resource| resource.is_named(kind)) else {
            return Err(Failure::new(format!("{kind:?} is not a kind that has pods"))
                .hint("these are: pod, deploy, sts, ds, rs, job, cj; such as deploy/web"));
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

    fn parse(text: &str) -> Option<String> {
        let words: Vec<_> = text.split(' ').map(str::to_owned).collect();
        Target::parse(&words).map(|target| target.in_namespace("shop").to_string()).ok()
    }

    #[test]
    fn pods_need_no_type() {
        for (text, object) in [
            ("web-1", "pod/web-1"),
            ("po/web-1", "pod/web-1"),
            ("deploy/web", "deployment.apps/web"),
            ("sts web", "statefulset.apps/web"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(object), "{text}");
        }
        for wrong in ["svc/web", "deploy/", "Web", "a b c", "pod/a/b"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
