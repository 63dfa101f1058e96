//! What becomes of the grace period.
//!
//! From kuberuntime_container.go, `killContainer`: preStop runs for up to the grace period; then a sidecar
//! waits for its turn for up to what remains; then the container is stopped, with what remains and at least
//! [`FLOOR`] between SIGTERM and SIGKILL. All containers of a pod go through this at once. It is assumed that a
//! container does not end before it is told to.

use serde::Serialize;

use super::{Container, Probe, ProbeKind, Role};

/// What a container has after SIGTERM in any case (kuberuntime_manager.go: `minimumGracePeriodInSeconds`).
pub const FLOOR: u64 = 2;

/// Why a container is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The pod is deleted.
    Deletion,
    /// The probe failed, and has a grace period of its own.
    StartupProbe,
    LivenessProbe,
}

/// Seconds, from the least to the most that they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    pub at_least: u64,
    pub at_most: u64,
}

/// What becomes of the grace period in one container. Times are seconds since it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub container: String,
    pub cause: Cause,
    pub grace_period_seconds: u64,
    /// What preStop takes; none where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_stop: Option<Range>,
    /// How long a sidecar then waits for the containers that end before it; none for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_wait: Option<Range>,
    /// When SIGTERM comes.
    pub sigterm_at: Range,
    /// What remains between SIGTERM and SIGKILL.
    pub drain: Range,
    /// When SIGKILL comes, if it has to.
    pub sigkill_at: Range,
    /// Whether nothing remains for sure, so that the kubelet's minimum of two seconds is all there is.
    pub only_floor: bool,
}

/// Of all containers that are there when a pod is deleted, in the order in which they are told to end.
pub fn of(containers: &[Container], grace: u64) -> Vec<Entry> {
    // Never less than 1 at a deletion (pod_workers.go: `calculateEffectiveGracePeriod`).
    let grace = grace.max(1);
    let of_role = |role| containers.iter().filter(move |container| container.role == role);
    let mut entries: Vec<_> =
        of_role(Role::Main).map(|one| entry(one, Cause::Deletion, grace, None)).collect();
    // The last one first, when all others have ended (kuberuntime_termination_order.go).
    for sidecar in of_role(Role::Sidecar).collect::<Vec<_>>().into_iter().rev() {
        let turn = entries.iter().map(|entry| entry.sigterm_at.at_least).max().unwrap_or_default();
        entries.push(entry(sidecar, Cause::Deletion, grace, Some(turn)));
    }
    entries.extend(
        containers
            .iter()
            .flat_map(|container| container.probes.iter().filter_map(|probe| by_probe(container, probe))),
    );
    entries
}

/// Where a probe has a grace period of its own. Nobody waits for a turn then.
fn by_probe(container: &Container, probe: &Probe) -> Option<Entry> {
    let cause = match probe.kind {
        ProbeKind::Startup => Cause::StartupProbe,
        ProbeKind::Liveness => Cause::LivenessProbe,
        ProbeKind::Readiness => return None,
    };
    Some(entry(container, cause, probe.grace_period_seconds?, None))
}

/// `turn` is the earliest moment in which it may be a sidecar's turn; there is no latest one but the end of the
/// grace period, since nobody knows how long the others take.
fn entry(container: &Container, cause: Cause, grace: u64, turn: Option<u64>) -> Entry {
    let pre_stop = container.pre_stop.as_ref().map(|hook| Range {
        at_least: hook.seconds.at_least.min(grace),
        at_most: hook.seconds.at_most.map_or(grace, |seconds| seconds.min(grace)),
    });
    let done = pre_stop.unwrap_or(Range { at_least: 0, at_most: 0 });
    let turn_wait = turn
        .map(|turn| Range { at_least: turn.saturating_sub(done.at_most), at_most: grace - done.at_least });
    let sigterm_at = match turn {
        Some(turn) => Range { at_least: turn.max(done.at_least), at_most: grace },
        None => done,
    };
    let remains = |at: u64| (grace - at).max(FLOOR);
    Entry {
        container: container.name.clone(),
        cause,
        grace_period_seconds: grace,
        pre_stop,
        turn_wait,
        sigterm_at,
        drain: Range { at_least: remains(sigterm_at.at_most), at_most: remains(sigterm_at.at_least) },
        sigkill_at: Range {
            at_least: sigterm_at.at_least + remains(sigterm_at.at_least),
            at_most: sigterm_at.at_most + remains(sigterm_at.at_most),
        },
        only_floor: grace - sigterm_at.at_least < FLOOR,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::schedule;
    use super::*;

    /// preStop, turn-wait, SIGTERM, drain, SIGKILL, each as `least-most`.
    fn told(spec: &str) -> Vec<String> {
        let range = |range: Range| match range.at_least == range.at_most {
            true => range.at_least.to_string(),
            false => format!("{}-{}", range.at_least, range.at_most),
        };
        let optional = |found: Option<Range>| found.map_or("none".to_owned(), range);
        let entries = schedule(spec).ledger.into_iter().map(|entry| {
            let Entry { container, pre_stop, turn_wait, sigterm_at, drain, sigkill_at, .. } = entry;
            format!(
                "{container}: {} {} {} {} {}",
                optional(pre_stop),
                optional(turn_wait),
                range(sigterm_at),
                range(drain),
                range(sigkill_at)
            )
        });
        entries.collect()
    }

    fn web(grace: i64, lifecycle: &str) -> Vec<String> {
        told(&format!(
            "{{terminationGracePeriodSeconds: {grace}, containers: [{{name: web, lifecycle: {{{lifecycle}}}}}]}}"
        ))
    }

    #[test]
    fn without_a_hook_all_of_it_is_for_draining() {
        assert_eq!(web(30, ""), ["web: none none 0 30 30"]);
        assert_eq!(web(1, ""), ["web: none none 0 2 2"], "two seconds are the least");
        assert_eq!(web(0, ""), ["web: none none 0 2 2"], "a deletion has 1 second at least");
    }

    #[test]
    fn a_sleep_is_taken_off() {
        assert_eq!(web(30, "preStop: {sleep: {seconds: 5}}"), ["web: 5 none 5 25 30"]);
        assert_eq!(web(30, "preStop: {exec: {command: [sleep, '29']}}"), ["web: 29 none 29 2 31"]);
        // As observed: SIGKILL 2 s after the end of the grace period.
        assert_eq!(web(3, "preStop: {exec: {command: [sleep, '20']}}"), ["web: 3 none 3 2 5"]);
    }

    #[test]
    fn a_hook_of_unknown_length_may_take_all_or_nothing() {
        assert_eq!(web(30, "preStop: {exec: {command: [/drain]}}"), ["web: 0-30 none 0-30 2-30 30-32"]);
        let at_least = "preStop: {exec: {command: [sh, -c, sleep 5; kill 1]}}";
        assert_eq!(web(30, at_least), ["web: 5-30 none 5-30 2-25 30-32"]);
    }

    #[test]
    fn sidecars_wait_for_the_main_containers_and_then_for_each_other() {
        let entries = told(
            "{initContainers: [{name: first, restartPolicy: Always}, {name: init}, \
             {name: last, restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 8}}}}], \
             containers: [{name: web, lifecycle: {preStop: {sleep: {seconds: 5}}}}, {name: log}]}",
        );
        let expected = [
            "web: 5 none 5 25 30",
            "log: none none 0 30 30",
            "last: 8 0-22 8-30 2-22 30-32",
            "first: none 8-30 8-30 2-22 30-32",
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_probe_may_have_a_grace_period_of_its_own() {
        let spec = "{containers: [{name: web, lifecycle: {preStop: {sleep: {seconds: 5}}}, \
             readinessProbe: {tcpSocket: {port: 1}}, startupProbe: {tcpSocket: {port: 1}}, \
             livenessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 9}}]}";
        assert_eq!(told(spec), ["web: 5 none 5 25 30", "web: 5 none 5 4 9"]);
        assert_eq!(schedule(spec).ledger[1].cause, Cause::LivenessProbe);
    }

    #[test]
    fn only_where_nothing_remains_for_sure_is_it_only_the_floor() {
        let only_floor = |seconds: &str| {
            let hook = format!("preStop: {{exec: {{command: [sh, -c, {seconds}]}}}}");
            schedule(&format!("{{containers: [{{name: web, lifecycle: {{{hook}}}}}]}}")).ledger[0].only_floor
        };
        assert!(only_floor("sleep 29") && only_floor("sleep 30; date"));
        assert!(!only_floor("sleep 28") && !only_floor("date"));
    }
}
