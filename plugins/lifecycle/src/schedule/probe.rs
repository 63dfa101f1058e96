//! Probes, and what they amount to.

use k8s_openapi::api::core::v1 as core;
use serde::Serialize;

use super::Action;

/// What a probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProbeKind {
    Startup,
    Readiness,
    Liveness,
}

impl ProbeKind {
    /// Its field in a container.
    pub fn field(self) -> &'static str {
        match self {
            Self::Startup => "startupProbe",
            Self::Readiness => "readinessProbe",
            Self::Liveness => "livenessProbe",
        }
    }
}

/// A probe, with the defaults of the API server (apis/core/v1/defaults.go: `SetDefaults_Probe`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    pub kind: ProbeKind,
    pub action: Action,
    pub initial_delay_seconds: u64,
    pub period_seconds: u64,
    pub timeout_seconds: u64,
    pub success_threshold: u64,
    pub failure_threshold: u64,
    /// The grace period of a container that this probe kills, where it is not the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period_seconds: Option<u64>,
    /// How long it takes at most until its failures count, as far as its own numbers say: of a startup probe
    /// from the start of the container, of the others from the first moment in which it would fail.
    pub acts_within_seconds: u64,
}

impl Probe {
    pub fn new(kind: ProbeKind, probe: &core::Probe) -> Option<Self> {
        let or = |value: Option<i32>, default: u64| match value.map(u64::try_from) {
            Some(Ok(value @ 1..)) => value,
            _ => default,
        };
        let mut found = Self {
            kind,
            action: Action::of_probe(probe)?,
            initial_delay_seconds: or(probe.initial_delay_seconds, 0),
            period_seconds: or(probe.period_seconds, 10),
            timeout_seconds: or(probe.timeout_seconds, 1),
            success_threshold: or(probe.success_threshold, 1),
            failure_threshold: or(probe.failure_threshold, 3),
            grace_period_seconds: probe
                .termination_grace_period_seconds
                .and_then(|grace| grace.try_into().ok()),
            acts_within_seconds: 0,
        };
        let delay = if kind == ProbeKind::Startup { found.initial_delay_seconds } else { 0 };
        found.acts_within_seconds = delay + found.failing();
        Some(found)
    }

    /// From the first moment in which it would fail until that was seen often enough: up to a period until it
    /// is asked, then one after the other (prober/worker.go: a ticker, whose ticks wait for a slow probe), the
    /// last of which may time out.
    fn failing(&self) -> u64 {
        let between = self.period_seconds.max(self.timeout_seconds);
        self.period_seconds + (self.failure_threshold - 1) * between + self.timeout_seconds
    }

    /// Whether it kills a container.
    pub fn kills(&self) -> bool {
        self.kind != ProbeKind::Readiness
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn probe(kind: ProbeKind, mut fields: serde_json::Value) -> Probe {
        fields["tcpSocket"] = json!({"port": 1});
        Probe::new(kind, &serde_json::from_value(fields).unwrap()).unwrap()
    }

    #[test]
    fn the_defaults_are_the_servers() {
        let probe = probe(ProbeKind::Liveness, json!({"periodSeconds": 0}));
        let numbers = (
            probe.initial_delay_seconds,
            probe.period_seconds,
            probe.timeout_seconds,
            probe.success_threshold,
            probe.failure_threshold,
        );
        assert_eq!(numbers, (0, 10, 1, 1, 3));
    }

    #[test]
    fn the_worst_case_is_that_it_fails_just_after_a_success() {
        assert_eq!(probe(ProbeKind::Liveness, json!({})).acts_within_seconds, 31);
        let delayed = json!({"initialDelaySeconds": 20, "periodSeconds": 5, "failureThreshold": 60});
        assert_eq!(probe(ProbeKind::Startup, delayed.clone()).acts_within_seconds, 321);
        assert_eq!(probe(ProbeKind::Readiness, delayed).acts_within_seconds, 301);
        let slow = json!({"periodSeconds": 1, "timeoutSeconds": 10, "failureThreshold": 2});
        assert_eq!(probe(ProbeKind::Liveness, slow).acts_within_seconds, 21);
    }
}
