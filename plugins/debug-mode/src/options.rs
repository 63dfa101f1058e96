//! What is asked for, validated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use drover::cli::ChangeArgs;
use serde::{Deserialize, Serialize};

use crate::target::Target;

/// What debug mode takes away from a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
pub enum Part {
    #[value(name = "liveness")]
    #[serde(rename = "livenessProbe")]
    Liveness,
    #[value(name = "readiness")]
    #[serde(rename = "readinessProbe")]
    Readiness,
    #[value(name = "startup")]
    #[serde(rename = "startupProbe")]
    Startup,
    #[value(name = "poststart")]
    #[serde(rename = "postStart")]
    PostStart,
    #[value(name = "prestop")]
    #[serde(rename = "preStop")]
    PreStop,
}

impl Part {
    pub const ALL: [Self; 5] =
        [Self::Liveness, Self::Readiness, Self::Startup, Self::PostStart, Self::PreStop];
}

/// The field of a container, or of its `lifecycle`.
impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
            Self::Startup => "startupProbe",
            Self::PostStart => "postStart",
            Self::PreStop => "preStop",
        })
    }
}

/// How the debug template differs from the original: kept in the record, so that `on` again with
/// other wishes is noticed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Overrides {
    /// What stays although it would be taken away.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub keep: BTreeSet<Part>,
    /// The only container that is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Do nothing instead of running the image's program.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// Run this instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Environment variables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Images by container.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, String>,
    /// The grace period in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period: Option<u64>,
    /// Leave the readiness gate out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_traffic: bool,
    /// Keep autoscalers from changing the number of pods.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspend_hpa: bool,
}

/// Where debug mode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In the workload's own template.
    InPlace,
    /// In a pod beside it.
    Copy,
}

/// What `on` is to do.
#[derive(Debug, Clone)]
pub struct OnOptions {
    pub target: Target,
    pub overrides: Overrides,
    /// None where the person did not say.
    pub mode: Option<Mode>,
    /// The StatefulSet's ordinal whose claims a copy mounts.
    pub ordinal: Option<u32>,
    /// The image whose `/bin/busybox` holds a container whose own image has no `sleep`.
    pub hold_image: String,
    pub reason: Option<String>,
    /// Questions are answered with yes.
    pub yes: bool,
    pub timeout: Duration,
    pub change: ChangeArgs,
}

/// What becomes of changes that others made to the template during debug mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Show them and stop.
    Refuse,
    /// They go: all is as before debug mode.
    ForceRestore,
    /// They stay; only what debug mode did is taken back.
    KeepTheirs,
}

/// What `off` is to do.
#[derive(Debug, Clone)]
pub struct OffOptions {
    /// Which workloads; none for all of the namespace.
    pub targets: Vec<Target>,
    pub conflict: Conflict,
    pub timeout: Duration,
    pub change: ChangeArgs,
}
