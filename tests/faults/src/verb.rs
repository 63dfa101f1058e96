//! The commands under test.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    Isolate,
    TrafficFirst,
    Restore,
    Cleanup,
    List,
}

impl Verb {
    pub const ALL: [Self; 5] = [Self::Isolate, Self::TrafficFirst, Self::Restore, Self::Cleanup, Self::List];

    pub fn name(self) -> &'static str {
        match self {
            Self::Isolate => "isolate",
            Self::TrafficFirst => "traffic-first",
            Self::Restore => "restore",
            Self::Cleanup => "cleanup",
            Self::List => "list",
        }
    }

    /// What kubectl is called with. The limits are short, so that what never comes costs seconds.
    pub fn command(self, pod: &str) -> Vec<&str> {
        let (words, flags): (&[&str], &[&str]) = match self {
            Self::Isolate => (&["isolate", pod], &["--timeout=30s"]),
            Self::TrafficFirst => (&["isolate", pod], &["--traffic-first", "--timeout=30s"]),
            Self::Restore => (&["isolate", "restore", pod], &["--drain=1s", "--timeout=30s"]),
            Self::Cleanup => (&["isolate", "cleanup", pod], &["--timeout=30s"]),
            Self::List => (&["isolate", "list"], &[]),
        };
        [words, flags, &["--request-timeout=3s"]].concat()
    }

    /// Whether the verb is about a pod that is isolated already.
    pub fn needs_isolated(self) -> bool {
        matches!(self, Self::Restore | Self::Cleanup | Self::List)
    }

    /// Whether it moves traffic, so that requests might be lost.
    pub fn moves_traffic(self) -> bool {
        matches!(self, Self::Isolate | Self::TrafficFirst | Self::Restore)
    }
}
