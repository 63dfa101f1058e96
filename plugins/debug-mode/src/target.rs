//! The kinds of workload, and where each keeps its template.

use drover::cli::Failure;
use drover::model::name::is_dns_subdomain;
use drover::model::object::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, ObjectRef, Owner, PODS, REPLICA_SETS, Resource, STATEFUL_SETS,
};
use serde::{Deserialize, Serialize};

/// A kind of object that pods are made from, or a pod itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
    Pod,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::CronJob,
        Self::Pod,
    ];

    /// The kind as the API server serves it.
    pub fn resource(self) -> Resource {
        match self {
            Self::Deployment => DEPLOYMENTS,
            Self::StatefulSet => STATEFUL_SETS,
            Self::DaemonSet => DAEMON_SETS,
            Self::ReplicaSet => REPLICA_SETS,
            Self::Job => JOBS,
            Self::CronJob => CRON_JOBS,
            Self::Pod => PODS,
        }
    }

    /// The kind of that name in manifests.
    pub fn of_manifest(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.resource().kind == name)
    }

    /// The field of its spec that says how pods are replaced.
    pub fn strategy_field(self) -> Option<&'static str> {
        match self {
            Self::Deployment => Some("strategy"),
            Self::StatefulSet | Self::DaemonSet => Some("updateStrategy"),
            _ => None,
        }
    }

    /// Where its pod template is, as a JSON pointer; a pod is its own.
    pub fn template_pointer(self) -> &'static str {
        match self {
            Self::CronJob => "/spec/jobTemplate/spec/template",
            Self::Pod => "",
            _ => "/spec/template",
        }
    }

    /// Whether a change of its template can be undone, so that it can be debugged in place.
    pub fn can_change_in_place(self) -> bool {
        !matches!(self, Self::Job | Self::CronJob | Self::Pod)
    }

    /// The name a person types.
    pub fn short(self) -> String {
        self.resource().typed_name()
    }
}

/// One workload, as a person names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub kind: Kind,
    pub name: String,
}

impl Target {
    /// The workload as an object of a namespace.
    pub fn in_namespace(&self, namespace: &str) -> ObjectRef {
        ObjectRef::namespaced(self.kind.resource(), namespace, &self.name)
    }

    /// The workload that an owner names; none for a kind that is none.
    pub fn of(owner: &Owner) -> Option<Self> {
        Some(Self { kind: Kind::of_manifest(&owner.kind)?, name: owner.name.clone() })
    }

    /// Such as `deploy/web`: what a person types.
    pub fn typed(&self) -> String {
        format!("{}/{}", self.kind.short(), self.name)
    }

    /// Reads `TYPE/NAME…` and `TYPE NAME…`.
    pub fn parse_all(arguments: &[String]) -> Result<Vec<Self>, Failure> {
        let mut targets = Vec::new();
        let (kind, rest) = match arguments.split_first() {
            Some((kind, rest)) if !kind.contains('/') => (Some(parse_kind(kind)?), rest),
            _ => (None, arguments),
        };
        if rest.is_empty() {
            return Err(Failure::new("which workload? name one, such as deploy/web"));
        }
        for argument in rest {
            let (kind, name) = match (argument.split_once('/'), kind) {
                (Some((kind, name)), None) => (parse_kind(kind)?, name),
                (None, Some(kind)) => (kind, argument.as_str()),
                _ => {
                    return Err(Failure::new(format!("{argument}: give TYPE/NAME, or one TYPE and names")));
                }
            };
            if !is_dns_subdomain(name) {
                return Err(Failure::new(format!("{name:?} can't be the name of a workload")));
            }
            let target = Self { kind, name: name.to_owned() };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        Ok(targets)
    }

    /// Reads exactly one.
    pub fn parse_one(arguments: &[String]) -> Result<Self, Failure> {
        match &Self::parse_all(arguments)?[..] {
            [one] => Ok(one.clone()),
            more => Err(Failure::new(format!("one workload at a time, not {}", more.len()))),
        }
    }
}

fn parse_kind(text: &str) -> Result<Kind, Failure> {
    Kind::ALL.into_iter().find(|kind| kind.resource().is_named(text)).ok_or_else(|| {
        Failure::new(format!("{text:?} is not a kind of workload"))
            .hint("these are: deploy, sts, ds, rs, job, cj, pod; such as deploy/web")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(arguments: &[&str]) -> Result<Vec<String>, String> {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let targets = Target::parse_all(&arguments).map_err(|failure| failure.message)?;
        Ok(targets.iter().map(Target::typed).collect())
    }

    #[test]
    fn workloads_are_named_as_kubectl_names_them() {
        assert_eq!(typed(&["deployment/web", "sts/db"]).unwrap(), ["deploy/web", "sts/db"]);
        assert_eq!(typed(&["deployments", "web", "api", "web"]).unwrap(), ["deploy/web", "deploy/api"]);
    }

    #[test]
    fn what_is_no_workload_is_refused() {
        for arguments in
            [&["web"][..], &["deploy"], &["svc/web"], &["deploy/Web"], &["deploy", "rs/web"], &["a/b", "c"]]
        {
            assert!(typed(arguments).is_err(), "{arguments:?}");
        }
    }
}
