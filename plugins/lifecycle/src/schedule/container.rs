//! One container, with all that runs around it.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use super::{Hook, Probe, ProbeKind};

/// When a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// To its end, before the next one starts.
    Init,
    /// An init container that stays: the next one starts once it has started.
    Sidecar,
    Main,
}

/// One container, with all that runs around it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub name: String,
    pub role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_start: Option<Hook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_stop: Option<Hook>,
    /// In the order in which they count: startup, readiness, liveness.
    pub probes: Vec<Probe>,
    /// What it gets instead of the stop signal of its image, which is SIGTERM unless the image says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// What all this is from.
    #[serde(skip)]
    pub spec: core::Container,
}

impl Container {
    pub fn new(role: Role, spec: core::Container) -> Self {
        let lifecycle = spec.lifecycle.clone().unwrap_or_default();
        let probes = [
            (ProbeKind::Startup, &spec.startup_probe),
            (ProbeKind::Readiness, &spec.readiness_probe),
            (ProbeKind::Liveness, &spec.liveness_probe),
        ];
        Self {
            name: spec.name.clone(),
            role,
            post_start: lifecycle.post_start.as_ref().and_then(Hook::new),
            pre_stop: lifecycle.pre_stop.as_ref().and_then(Hook::new),
            probes: probes
                .into_iter()
                .filter_map(|(kind, probe)| Probe::new(kind, probe.as_ref()?))
                .collect(),
            stop_signal: lifecycle.stop_signal,
            spec,
        }
    }

    /// The probe of that kind.
    pub fn probe(&self, kind: ProbeKind) -> Option<&Probe> {
        self.probes.iter().find(|probe| probe.kind == kind)
    }

    /// The number that the kubelet makes of a port: a name is looked up among the container's own ports, and may
    /// be a number after all (pkg/probe/util.go: `ResolveContainerPort`).
    pub fn port(&self, port: &IntOrString) -> Option<i32> {
        match port {
            IntOrString::Int(number) => Some(*number),
            IntOrString::String(name) => {
                let mut ports = self.spec.ports.iter().flatten();
                let declared = ports.find(|declared| declared.name.as_ref() == Some(name));
                declared.map(|declared| declared.container_port).or_else(|| name.parse().ok())
            }
        }
    }

    /// What it runs, as far as the template says: `command`, then `args`.
    pub fn command_line(&self) -> Vec<String> {
        let (command, args) = (&self.spec.command, &self.spec.args);
        command.iter().flatten().chain(args.iter().flatten()).cloned().collect()
    }

    /// Whether it says that it listens there.
    pub fn declares(&self, number: i32) -> bool {
        self.spec.ports.iter().flatten().any(|declared| declared.container_port == number)
    }

    /// Whether a port of it has that name.
    pub fn declares_name(&self, name: &str) -> bool {
        self.spec.ports.iter().flatten().any(|declared| declared.name.as_deref() == Some(name))
    }
}
