//! The commands under test.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::scene;

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    Isolate,
    TrafficFirst,
    /// With evidence, a last step and a look at the connections.
    IsolateScene,
    Quarantine,
    TrafficOnly,
    Restore,
    EndQuarantine,
    Cleanup,
    List,
    DebugOn,
    DebugOff,
    BundleSnapshot,
    BundlePrune,
    BundleDelete,
    BundleRollback,
    LifecycleTrace,
    LifecycleRestart,
    LifecycleRehearse,
    LifecycleCleanup,
}

impl Verb {
    pub const ALL: [Self; 19] = [
        Self::Isolate,
        Self::TrafficFirst,
        Self::IsolateScene,
        Self::Quarantine,
        Self::TrafficOnly,
        Self::Restore,
        Self::EndQuarantine,
        Self::Cleanup,
        Self::List,
        Self::DebugOn,
        Self::DebugOff,
        Self::BundleSnapshot,
        Self::BundlePrune,
        Self::BundleDelete,
        Self::BundleRollback,
        Self::LifecycleTrace,
        Self::LifecycleRestart,
        Self::LifecycleRehearse,
        Self::LifecycleCleanup,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Isolate => "isolate",
            Self::TrafficFirst => "traffic-first",
            Self::IsolateScene => "isolate-scene",
            Self::Quarantine => "quarantine",
            Self::TrafficOnly => "traffic-only",
            Self::Restore => "restore",
            Self::EndQuarantine => "end-quarantine",
            Self::Cleanup => "cleanup",
            Self::List => "list",
            Self::DebugOn => "debug-on",
            Self::DebugOff => "debug-off",
            Self::BundleSnapshot => "bundle-snapshot",
            Self::BundlePrune => "bundle-prune",
            Self::BundleDelete => "bundle-delete",
            Self::BundleRollback => "bundle-rollback",
            Self::LifecycleTrace => "lifecycle-trace",
            Self::LifecycleRestart => "lifecycle-restart",
            Self::LifecycleRehearse => "lifecycle-rehearse",
            Self::LifecycleCleanup => "lifecycle-cleanup",
        }
    }

    /// The plugin that does it, as Cargo names its binary.
    pub fn program(self) -> &'static str {
        match self {
            _ if self.is_debug_mode() => "kubectl-debug_mode",
            _ if self.is_of_bundles() => "kubectl-bundle",
            _ if self.is_lifecycle() => "kubectl-lifecycle",
            _ => "kubectl-isolate",
        }
    }

    /// What kubectl is called with. The limits are short, so that what never comes costs seconds.
    pub fn command(self, subject: &str) -> Vec<&str> {
        let (words, flags): (&[&str], &[&str]) = match self {
            Self::Isolate => (&["isolate", subject], &["--timeout=30s"]),
            Self::TrafficFirst => (&["isolate", subject], &["--traffic-first", "--timeout=30s"]),
            Self::IsolateScene => (&["isolate", subject], scene::flags()),
            Self::Quarantine => (&["isolate", subject], &["--quarantine", "--timeout=30s"]),
            Self::TrafficOnly => (&["isolate", subject], &["--traffic-only", "--timeout=30s"]),
            Self::Restore | Self::EndQuarantine => {
                (&["isolate", "restore", subject], &["--drain=1s", "--timeout=30s"])
            }
            Self::Cleanup => (&["isolate", "cleanup", subject], &["--timeout=30s"]),
            Self::List => (&["isolate", "list"], &[]),
            Self::DebugOn => (&["debug-mode", "on", "deploy", subject], &["--timeout=30s"]),
            Self::DebugOff => (&["debug-mode", "off", "deploy", subject], &["--timeout=30s"]),
            Self::BundleSnapshot => (&["bundle", "snapshot", subject], &[]),
            Self::BundlePrune => (&["bundle", "prune", subject], &["--keep=1"]),
            Self::BundleDelete => (&["bundle", "delete", subject], &["--yes"]),
            Self::BundleRollback => {
                (&["bundle", "rollback", subject, "1"], &["--prune", "--yes", "--timeout=30s"])
            }
            Self::LifecycleTrace => {
                (&["lifecycle", "trace", subject], &["-f", "--phase=start", "--timeout=30s"])
            }
            Self::LifecycleRestart => {
                (&["lifecycle", "trace", "deploy/web"], &["--restart", "--timeout=60s"])
            }
            Self::LifecycleRehearse => {
                (&["lifecycle", "rehearse", "deploy/web"], &["--yes", "--timeout=30s"])
            }
            Self::LifecycleCleanup => (&["lifecycle", "cleanup"], &["--timeout=30s"]),
        };
        [words, flags, &["--request-timeout=3s"]].concat()
    }

    /// Whether the verb is about a pod that is isolated already.
    pub fn needs_isolated(self) -> bool {
        matches!(self, Self::Restore | Self::EndQuarantine | Self::Cleanup | Self::List)
    }

    /// Whether that pod is in quarantine.
    pub fn needs_quarantine(self) -> bool {
        self == Self::EndQuarantine
    }

    /// Whether the verb is about the Deployment, not about one of its pods.
    pub fn is_debug_mode(self) -> bool {
        matches!(self, Self::DebugOn | Self::DebugOff)
    }

    /// Whether the verb is about a bundle, for which no pod has to run.
    pub fn is_of_bundles(self) -> bool {
        let stores = matches!(self, Self::BundleSnapshot | Self::BundlePrune | Self::BundleDelete);
        stores || self == Self::BundleRollback
    }

    /// Whether the verb tells of what happens by itself, or of what it causes.
    pub fn is_lifecycle(self) -> bool {
        matches!(self, Self::LifecycleTrace | Self::LifecycleRestart) || self.is_of_clones()
    }

    /// Whether the verb is about a clone of the Deployment's pods.
    pub fn is_of_clones(self) -> bool {
        matches!(self, Self::LifecycleRehearse | Self::LifecycleCleanup)
    }

    /// Whether a kill in its midst may leave something half done.
    pub fn may_be_half_done(self) -> bool {
        self.moves_traffic() || self.is_of_bundles() || self.is_of_clones()
    }

    /// Whether it moves traffic or replaces pods, so that requests might be lost.
    pub fn moves_traffic(self) -> bool {
        !matches!(self, Self::Cleanup | Self::List) && !self.is_of_bundles() && !self.is_lifecycle()
    }
}
