//! What goes wrong at a request, and at which requests it can.

use clap::ValueEnum;
use harness::{Fault, Running};
use serde::{Deserialize, Serialize};

use crate::cell::Asked;
use crate::rollback;
use crate::verb::Verb;

/// Disturbances that are run and shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// The server or the way to it.
    Faults,
    /// The command is killed or interrupted.
    Kills,
    /// Somebody else does something in between.
    Colleagues,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disturbance {
    Unauthorized,
    Forbidden,
    Conflict,
    Invalid,
    Busy,
    InternalError,
    Unavailable,
    ResetBefore,
    ResetAfter,
    Stall,
    Truncated,
    Malformed,
    WatchExpired,
    WatchEnds,
    /// A colleague annotates the pod just before.
    Annotated,
    KilledBefore,
    KilledAfter,
    Interrupted,
    InterruptedTwice,
    ScaledUp,
    ScaledDown,
    RolledOut,
    DeploymentDeleted,
    PodDeleted,
    IsolatedToo,
    /// A colleague puts it back as well, and is killed when another pod has just made room.
    HalfRestored,
    /// A colleague edits one of the members.
    Edited,
    RolledBackToo,
}

impl Disturbance {
    pub const ALL: [Self; 28] = [
        Self::Unauthorized,
        Self::Forbidden,
        Self::Conflict,
        Self::Invalid,
        Self::Busy,
        Self::InternalError,
        Self::Unavailable,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Stall,
        Self::Truncated,
        Self::Malformed,
        Self::WatchExpired,
        Self::WatchEnds,
        Self::Annotated,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::Interrupted,
        Self::InterruptedTwice,
        Self::ScaledUp,
        Self::ScaledDown,
        Self::RolledOut,
        Self::DeploymentDeleted,
        Self::PodDeleted,
        Self::IsolatedToo,
        Self::HalfRestored,
        Self::Edited,
        Self::RolledBackToo,
    ];

    pub fn of(family: Family) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |disturbance| disturbance.family() == family)
    }

    pub fn family(self) -> Family {
        match self {
            Self::KilledBefore | Self::KilledAfter | Self::Interrupted | Self::InterruptedTwice => {
                Family::Kills
            }
            Self::ScaledUp
            | Self::ScaledDown
            | Self::RolledOut
            | Self::DeploymentDeleted
            | Self::PodDeleted
            | Self::IsolatedToo
            | Self::HalfRestored
            | Self::Edited
            | Self::RolledBackToo => Family::Colleagues,
            _ => Family::Faults,
        }
    }

    /// As it stands above a column of the matrix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::Conflict => "409",
            Self::Invalid => "422",
            Self::Busy => "429",
            Self::InternalError => "500",
            Self::Unavailable => "503",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::Stall => "stall",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::WatchExpired => "410",
            Self::WatchEnds => "ends",
            Self::Annotated => "annotated",
            Self::KilledBefore => "kill-before",
            Self::KilledAfter => "kill-after",
            Self::Interrupted => "ctrl-c",
            Self::InterruptedTwice => "ctrl-c-twice",
            Self::ScaledUp => "scaled-up",
            Self::ScaledDown => "scaled-down",
            Self::RolledOut => "rolled-out",
            Self::DeploymentDeleted => "deployment-deleted",
            Self::PodDeleted => "pod-deleted",
            Self::IsolatedToo => "isolated-too",
            Self::HalfRestored => "half-restored",
            Self::Edited => "edited",
            Self::RolledBackToo => "rolled-back-too",
        }
    }

    /// Whether the API server, the network or a colleague can do this to that request of the verb.
    pub fn applies(self, verb: Verb, asked: &Asked) -> bool {
        match self {
            // The others are those of isolating without, and are broken there.
            _ if verb == Verb::IsolateScene && !asked.is_of_scene() => false,
            Self::Conflict | Self::Invalid => asked.is_write(),
            // What only a pod that is isolated knows.
            Self::PodDeleted | Self::IsolatedToo if verb.is_debug_mode() => false,
            // Two that a rollback shares with others, and its own.
            Self::RolledOut | Self::DeploymentDeleted | Self::Edited | Self::RolledBackToo
                if verb == Verb::BundleRollback =>
            {
                asked.is_real_write()
            }
            Self::Edited | Self::RolledBackToo => false,
            // At each read too: what one read knows of the pod, the next one does not know of the other.
            Self::HalfRestored => {
                let is_of_user = asked.resource.ends_with("reviews");
                verb == Verb::Restore && !is_of_user && (!asked.is_watch() || asked.n == 1)
            }
            // A watch has no half, and what it sends is a row of documents, not one; a command's connection has none
            // either.
            Self::Truncated => !asked.is_watch() && !asked.is_exec(),
            Self::WatchExpired | Self::WatchEnds => asked.is_watch(),
            // Between two requests; what comes after the one before is the same unless this one writes.
            Self::KilledBefore => verb.may_be_half_done() && asked.is_real_write(),
            _ if self.family() == Family::Kills => verb.may_be_half_done(),
            // Between any two requests is between any two of one's own writes: what was read before counts as then.
            _ if self.family() == Family::Colleagues => {
                verb.moves_traffic() && (asked.is_real_write() || asked.is_watch() && asked.n == 1)
            }
            _ => true,
        }
    }

    /// The fault, where the proxy does it by itself.
    pub fn of_the_way(self) -> Option<Fault> {
        Some(match self {
            Self::Unauthorized => Fault::Status(401),
            Self::Forbidden => Fault::Status(403),
            Self::Conflict => Fault::Status(409),
            Self::Invalid => Fault::Status(422),
            Self::Busy => Fault::Status(429),
            Self::InternalError => Fault::Status(500),
            Self::Unavailable => Fault::Status(503),
            Self::ResetBefore => Fault::ResetBefore,
            Self::ResetAfter => Fault::ResetAfter,
            Self::Stall => Fault::Stall,
            Self::Truncated => Fault::Truncate,
            Self::Malformed => Fault::Malformed,
            Self::WatchExpired => Fault::WatchExpired,
            Self::WatchEnds => Fault::WatchEnds { events: 0 },
            _ => return None,
        })
    }

    /// What is done to the command itself, if that is the disturbance.
    pub fn of_the_command(self) -> Option<fn(&mut Running)> {
        match self {
            Self::KilledBefore | Self::KilledAfter => Some(Running::kill),
            Self::Interrupted => Some(|command| command.interrupt()),
            Self::InterruptedTwice => Some(|command| {
                command.interrupt();
                command.interrupt();
            }),
            _ => None,
        }
    }

    /// Whether what the colleague does goes on beside ours; everything else is done when our request goes on.
    pub fn goes_on(self) -> bool {
        matches!(self, Self::IsolatedToo | Self::RolledBackToo)
    }

    /// What a colleague calls kubectl with, about the pod or the Deployment that the command is about.
    pub fn of_a_colleague(self, verb: Verb, subject: &str) -> Vec<String> {
        let kind = match verb {
            _ if verb.is_debug_mode() => "deployment",
            // The one that a bundle's roots stand in.
            _ if verb.is_of_bundles() => "configmap",
            _ => "pod",
        };
        let definition = format!("drover-bundle-{subject}");
        let (name, subject) = (subject, if verb.is_of_bundles() { &definition } else { subject });
        let line = match self {
            Self::Annotated => format!("annotate {kind} {subject} drover.test/colleague=was-here"),
            Self::ScaledUp => "scale deployment web --replicas=3".to_owned(),
            Self::ScaledDown => "scale deployment web --replicas=1".to_owned(),
            Self::RolledOut => "set env deployment/web COLLEAGUE=was-here".to_owned(),
            Self::DeploymentDeleted => "delete deployment web --wait=false".to_owned(),
            Self::PodDeleted => format!("delete pod {subject} --wait=false"),
            Self::IsolatedToo => format!("isolate {subject} --timeout=30s"),
            Self::Edited => rollback::EDIT.to_owned(),
            Self::RolledBackToo => verb.command(name).join(" "),
            _ => panic!("{} is no colleague's doing", self.name()),
        };
        line.split(' ').map(str::to_owned).collect()
    }
}
