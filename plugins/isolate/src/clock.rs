//! When an isolated pod's own probes restart its containers: nothing stops them, since a pod's probes
//! can't be changed.

use drover::model::event::Event;
use drover::model::pod::{ContainerStatus, Pod};
use drover::print::{age, counted};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, PodSpec, Probe};
use serde::Serialize;

/// Events have whole seconds, and reach the server a moment later.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

/// One container, and what may restart it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Clock {
    /// Its name.
    pub container: String,
    /// Its image.
    pub image: String,
    /// How it is: `running`, or why it is not.
    pub state: String,
    /// Since when it runs, by the node's clock.
    pub running_since: Option<Timestamp>,
    /// How often it was started again so far.
    pub restarts: u32,
    /// The probe that is under way and restarts it; none where nothing does.
    pub probe: Option<Watching>,
}

/// A probe that restarts its container.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Watching {
    /// `liveness` or `startup`.
    pub kind: &'static str,
    /// Seconds from one to the next.
    pub period_seconds: i32,
    /// How many failures in a row it takes.
    pub failure_threshold: i32,
    /// How it fails now; none while it succeeds, as far as Events tell.
    pub failing: Option<Failing>,
}

/// A probe that fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failing {
    /// When it last did.
    pub last: Timestamp,
    /// When the container is restarted if it goes on failing: not before.
    pub restart_after: Timestamp,
    /// And not later: a period for each failure that it takes.
    pub restart_before: Timestamp,
}

/// The clock of every container that goes on running: sidecars too.
pub fn clocks(pod: &Pod, spec: &PodSpec, events: &[Event], now: Timestamp) -> Vec<Clock> {
    let sidecars = spec.init_containers.iter().flatten();
    let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let statuses = || pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let status = |name: &str| statuses().find(|status| status.name == name).cloned().unwrap_or_default();
    let containers = sidecars.map(|container| (container, "initContainers"));
    let containers = containers.chain(spec.containers.iter().map(|container| (container, "containers")));
    containers
        .map(|(container, list)| {
            let field = format!("spec.{list}{{{}}}", container.name);
            let events = events.iter().filter(|event| event.field_path == field);
            clock(container, &status(&container.name), events.collect(), now)
        })
        .collect()
}

fn clock(container: &Container, status: &ContainerStatus, events: Vec<&Event>, now: Timestamp) -> Clock {
    let since = status.state.running.as_ref().and_then(|running| running.started_at);
    let startup = container.startup_probe.as_ref().filter(|_| status.started != Some(true));
    let under_way = match startup {
        Some(probe) => Some(("startup", probe)),
        None => container.liveness_probe.as_ref().map(|probe| ("liveness", probe)),
    };
    let probe = since.zip(under_way).map(|(since, (kind, probe))| watching(kind, probe, since, &events, now));
    Clock {
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        state: state(status),
        running_since: since,
        restarts: status.restart_count,
        probe,
    }
}

fn state(status: &ContainerStatus) -> String {
    match (&status.state.waiting, &status.state.terminated) {
        (Some(waiting), _) => format!("waits, {}", waiting.reason),
        (None, Some(terminated)) => terminated.in_words(),
        (None, None) => "running".to_owned(),
    }
}

fn watching(
    kind: &'static str,
    probe: &Probe,
    since: Timestamp,
    events: &[&Event],
    now: Timestamp,
) -> Watching {
    // What Kubernetes sets when a probe names none: pkg/apis/core/v1/defaults.go.
    let period_seconds = probe.period_seconds.filter(|period| *period > 0).unwrap_or(10);
    let failure_threshold = probe.failure_threshold.filter(|threshold| *threshold > 0).unwrap_or(3);
    let timeout = SignedDuration::from_secs(i64::from(probe.timeout_seconds.unwrap_or(1)));
    let period = SignedDuration::from_secs(i64::from(period_seconds));
    let failures = Failures::of(kind, since, events);
    let failing = failures.filter(|failures| now.duration_since(failures.last) <= period + timeout + SLACK);
    let failing = failing.map(|failures| failures.failing(period, failure_threshold));
    Watching { kind, period_seconds, failure_threshold, failing }
}

/// What Events tell of a probe's failures since its container was started.
struct Failures {
    first: Timestamp,
    last: Timestamp,
    count: i32,
}

impl Failures {
    fn of(kind: &str, since: Timestamp, events: &[&Event]) -> Option<Self> {
        // pkg/kubelet/prober/prober.go: `Liveness probe failed: …`, `Startup probe errored: …`.
        let is_of_kind = |event: &&&Event| event.message.to_lowercase().starts_with(kind);
        let unhealthy = events.iter().filter(|event| event.reason == "Unhealthy" && event.last >= since);
        let unhealthy: Vec<_> = unhealthy.filter(is_of_kind).collect();
        Some(Self {
            first: unhealthy.iter().map(|event| event.first).min()?,
            last: unhealthy.iter().map(|event| event.last).max()?,
            count: unhealthy.iter().map(|event| event.count).sum(),
        })
    }

    /// When the container will be restarted. The kubelet counts failures in a row and tells nobody; where
    /// the Events are as close to each other as the probes, their number is that count. Otherwise the next
    /// failure may be the last that it takes.
    fn failing(&self, period: SignedDuration, threshold: i32) -> Failing {
        let in_a_row = self.last.duration_since(self.first) <= period * (self.count - 1) + SLACK;
        let left = match in_a_row {
            true => (threshold - self.count).max(0),
            false => 1.min(threshold - 1),
        };
        let latest = if in_a_row { left + 1 } else { threshold };
        Failing {
            last: self.last,
            restart_after: self.last + period * left,
            restart_before: self.last + period * latest,
        }
    }
}

impl Clock {
    /// What will become of the container, in words; none where nothing restarts it but its own end.
    pub fn in_words(&self, now: Timestamp) -> Option<String> {
        let Watching { kind, period_seconds, failure_threshold, failing } = self.probe.as_ref()?;
        let Some(failing) = failing else {
            let failures = counted(usize::try_from(*failure_threshold).unwrap_or_default(), "failure");
            return Some(format!(
                "its {kind} probe goes on, every {period_seconds}s: {failures} in a row restart it"
            ));
        };
        let until = |time: Timestamp| age(time.duration_since(now).as_secs());
        let (last, from, to) = (
            age(now.duration_since(failing.last).as_secs()),
            until(failing.restart_after),
            until(failing.restart_before),
        );
        Some(format!(
            "its {kind} probe failed {last} ago: if it goes on so, it is restarted in {from} to {to}"
        ))
    }

    /// `2 restarts`.
    pub fn restarts_in_words(&self) -> String {
        counted(usize::try_from(self.restarts).unwrap_or_default(), "restart")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const STARTED: &str = "2026-11-22T11:00:00Z";

    fn at(second: i64) -> Timestamp {
        STARTED.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
    }

    fn failed(kind: &str, first: i64, last: i64, count: i32) -> Event {
        let event = json!({
            "metadata": {"uid": "u"},
            "involvedObject": {"kind": "Pod", "name": "web-a", "fieldPath": "spec.containers{web}"},
            "reason": "Unhealthy", "message": format!("{kind} probe failed: HTTP probe failed with statuscode: 500"),
            "firstTimestamp": at(first), "lastTimestamp": at(last), "count": count,
        });
        serde_json::from_value::<drover::model::event::FetchedEvent>(event).unwrap().read().unwrap()
    }

    fn look(container: Value, status: Value, events: &[Event], now: i64) -> Clock {
        let mut named = container;
        named["name"] = json!("web");
        let spec: PodSpec = serde_json::from_value(json!({"containers": [named]})).unwrap();
        let pod: Pod = serde_json::from_value(json!({"status": {"containerStatuses": [status]}})).unwrap();
        clocks(&pod, &spec, events, at(now)).remove(0)
    }

    fn running() -> Value {
        json!({"name": "web", "restartCount": 2, "started": true, "state": {"running": {"startedAt": STARTED}}})
    }

    fn liveness() -> Value {
        json!({"livenessProbe": {"periodSeconds": 10, "failureThreshold": 4, "timeoutSeconds": 1}})
    }

    fn restart(clock: &Clock) -> Option<(Timestamp, Timestamp)> {
        let failing = clock.probe.as_ref()?.failing.as_ref()?;
        Some((failing.restart_after, failing.restart_before))
    }

    #[test]
    fn a_probe_that_succeeds_says_what_it_takes() {
        let clock = look(liveness(), running(), &[], 500);
        assert_eq!(clock.restarts, 2);
        let words = clock.in_words(at(500)).unwrap();
        assert_eq!(words, "its liveness probe goes on, every 10s: 4 failures in a row restart it");
    }

    #[test]
    fn failures_in_a_row_are_counted() {
        let clock = look(liveness(), running(), &[failed("Liveness", 100, 110, 2)], 115);
        assert_eq!(restart(&clock), Some((at(130), at(140))), "two of four are left");
        let words = clock.in_words(at(115)).unwrap();
        assert!(words.ends_with("failed 5s ago: if it goes on so, it is restarted in 15s to 25s"), "{words}");
    }

    #[test]
    fn where_some_succeeded_in_between_the_next_may_be_the_last() {
        let clock = look(liveness(), running(), &[failed("Liveness", 50, 110, 3)], 112);
        assert_eq!(restart(&clock), Some((at(120), at(150))));
    }

    #[test]
    fn what_is_past_is_past() {
        let long_ago = [failed("Liveness", 100, 120, 3)];
        assert_eq!(restart(&look(liveness(), running(), &long_ago, 150)), None, "it succeeded since");
        let before = [failed("Liveness", -30, -10, 3)];
        assert_eq!(restart(&look(liveness(), running(), &before, 1)), None, "of the container before");
        let other = [failed("Readiness", 100, 110, 2)];
        assert_eq!(restart(&look(liveness(), running(), &other, 112)), None, "it restarts nothing");
    }

    #[test]
    fn until_it_has_started_the_startup_probe_decides() {
        let both = json!({"livenessProbe": {}, "startupProbe": {"periodSeconds": 5, "failureThreshold": 30}});
        let mut starting = running();
        starting["started"] = json!(false);
        let clock = look(both.clone(), starting, &[failed("Startup", 5, 10, 2)], 12);
        assert_eq!(clock.probe.as_ref().map(|probe| probe.kind), Some("startup"));
        assert_eq!(restart(&clock), Some((at(150), at(155))));
        let started = look(both, running(), &[], 12).probe.unwrap();
        assert_eq!((started.kind, started.period_seconds, started.failure_threshold), ("liveness", 10, 3));
    }

    #[test]
    fn a_container_that_does_not_run_is_not_probed() {
        let waiting =
            json!({"name": "web", "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}}});
        let clock = look(liveness(), waiting, &[], 10);
        assert_eq!((clock.state.as_str(), clock.restarts, clock.probe), ("waits, CrashLoopBackOff", 7, None));
        let plain = look(json!({}), running(), &[], 10);
        assert_eq!(plain.in_words(at(10)), None, "nothing restarts it");
    }
}
