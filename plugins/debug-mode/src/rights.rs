//! What the user must be allowed, asked for before anything is changed.

use drover::cluster::Right;
use drover::model::object::{
    CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, PODS, REPLICA_SETS,
    REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS,
};

use crate::options::Mode;
use crate::target::Kind;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Debug mode in place; with `pins`, autoscalers are changed too.
    On { pins: bool },
    /// A copy.
    Copy,
    /// The way back from either.
    Off,
}

/// What `on` and `off` may not do without; both ask for all of it, so that nobody gets in who can't
/// get out again.
const NEEDED: [(&str, Resource); 10] = [
    ("list", PODS),
    ("watch", PODS),
    ("list", SERVICES),
    ("list", ENDPOINT_SLICES),
    ("get", CONFIG_MAPS),
    ("create", CONFIG_MAPS),
    ("patch", CONFIG_MAPS),
    ("delete", CONFIG_MAPS),
    ("list", REPLICA_SETS),
    ("watch", REPLICA_SETS),
];

/// What a copy needs beside its workload: it must escape all that selects pods.
const NEEDED_TO_COPY: [(&str, Resource); 11] = [
    ("get", CONFIG_MAPS),
    ("get", PODS),
    ("list", PODS),
    ("watch", PODS),
    ("create", PODS),
    ("delete", PODS),
    ("list", SERVICES),
    ("list", DEPLOYMENTS),
    ("list", REPLICA_SETS),
    ("list", STATEFUL_SETS),
    ("list", DAEMON_SETS),
];

impl Need {
    /// Where debug mode is then.
    pub fn mode(self) -> Mode {
        match self {
            Self::On { .. } | Self::Off => Mode::InPlace,
            Self::Copy => Mode::Copy,
        }
    }

    /// The rights for a workload of that kind.
    pub fn rights(self, kind: Kind, namespace: &str) -> Vec<Right> {
        let right = |(verb, resource)| Right { verb, resource, namespace: Some(namespace.to_owned()) };
        if self == Self::Copy {
            let own =
                [("get", kind.resource()), ("list", REPLICATION_CONTROLLERS), ("list", ENDPOINT_SLICES)];
            return NEEDED_TO_COPY.into_iter().chain(own).map(right).collect();
        }
        if !kind.can_change_in_place() {
            let own = [("get", kind.resource()), ("list", PODS), ("watch", PODS), ("delete", PODS)];
            return own.into_iter().map(right).collect();
        }
        let mut needed: Vec<_> = NEEDED.into();
        needed.extend((self == Self::On { pins: true }).then_some(("patch", HORIZONTAL_POD_AUTOSCALERS)));
        needed.extend(["get", "patch"].map(|verb| (verb, kind.resource())));
        match kind {
            Kind::Deployment => {
                needed.extend([("watch", kind.resource()), ("patch", REPLICA_SETS), ("delete", REPLICA_SETS)])
            }
            Kind::ReplicaSet => needed.push(("delete", PODS)),
            _ => needed.extend([("watch", kind.resource()), ("delete", PODS)]),
        }
        needed.into_iter().map(right).collect()
    }
}
