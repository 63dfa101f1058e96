//! Whether preStop leaves something of the grace period.

use super::super::ledger::FLOOR;
use super::{Container, Finding, Pod, Rule};

const FIELD: &str = "preStop";

pub fn of(pod: &Pod, container: &Container) -> Vec<Finding> {
    let Some(hook) = &container.pre_stop else { return Vec::new() };
    let seconds = hook.seconds.at_least;
    let mut findings = Vec::new();
    // What a deletion makes of 0 (pod_workers.go: `calculateEffectiveGracePeriod`).
    let grace = pod.grace.max(1);
    if seconds >= grace {
        let text = format!(
            "takes {seconds}s of a grace period of {}s: SIGTERM comes at its end, SIGKILL {FLOOR}s later",
            pod.grace
        );
        let advice = format!(
            "terminationGracePeriodSeconds: more than {seconds}, by what the program needs after SIGTERM"
        );
        findings.push(Finding::warning(Rule::PreStopTakesGracePeriod, container, FIELD, text).advise(advice));
    } else if grace == 1 && hook.seconds.known().is_none() {
        let text = format!(
            "has a grace period of {}s: SIGTERM comes a second after it began, done or not",
            pod.grace
        );
        let advice = "terminationGracePeriodSeconds: what the hook takes and the program needs after SIGTERM";
        findings.push(Finding::warning(Rule::NoGracePeriodForPreStop, container, FIELD, text).advise(advice));
    }
    for probe in &container.probes {
        let Some(grace) = probe.grace_period_seconds.filter(|grace| seconds >= *grace) else { continue };
        let probe = probe.kind.field();
        let text = format!(
            "takes {seconds}s, but when {probe} kills the container it has a grace period of {grace}s: \
             SIGKILL comes {FLOOR}s after SIGTERM"
        );
        let advice = format!("terminationGracePeriodSeconds of {probe}: more than {seconds}");
        findings.push(
            Finding::warning(Rule::PreStopTakesProbeGracePeriod, container, FIELD, text).advise(advice),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::findings;

    fn found(grace: u64, web: &str) -> Vec<String> {
        findings(&format!("{{terminationGracePeriodSeconds: {grace}, containers: [{{name: web, {web}}}]}}"))
    }

    #[test]
    fn pre_stop_that_takes_it_all() {
        let all = "web preStop PreStopTakesGracePeriod";
        assert_eq!(found(5, "lifecycle: {preStop: {sleep: {seconds: 5}}}"), [all]);
        assert_eq!(found(5, "lifecycle: {preStop: {exec: {command: [sleep, '9']}}}"), [all]);
        let first = "lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 5; /drain']}}}";
        assert_eq!(found(5, first), [all]);
        assert_eq!(found(0, "lifecycle: {preStop: {sleep: {seconds: 1}}}"), [all]);

        assert_eq!(found(6, "lifecycle: {preStop: {sleep: {seconds: 5}}}"), [""; 0]);
        assert_eq!(found(6, first), [""; 0], "the rest may be over at once");
    }

    #[test]
    fn pre_stop_without_a_grace_period() {
        let drains = "lifecycle: {preStop: {exec: {command: [/drain]}}}";
        for grace in [0, 1] {
            assert_eq!(found(grace, drains), ["web preStop NoGracePeriodForPreStop"]);
        }
        assert_eq!(found(2, drains), [""; 0]);
        assert_eq!(found(1, "lifecycle: {postStart: {exec: {command: [/drain]}}}"), [""; 0]);
        assert_eq!(found(1, "lifecycle: {preStop: {sleep: {seconds: 0}}}"), [""; 0]);
    }

    #[test]
    fn a_probe_that_leaves_pre_stop_too_little() {
        let probe = |grace: u64| {
            format!(
                "lifecycle: {{preStop: {{sleep: {{seconds: 5}}}}}}, \
                 livenessProbe: {{tcpSocket: {{port: 1}}, terminationGracePeriodSeconds: {grace}}}"
            )
        };
        assert_eq!(found(30, &probe(5)), ["web preStop PreStopTakesProbeGracePeriod"]);
        assert_eq!(found(30, &probe(6)), [""; 0]);
        let pods_own = "lifecycle: {preStop: {sleep: {seconds: 5}}}, livenessProbe: {tcpSocket: {port: 1}}";
        assert_eq!(found(30, pods_own), [""; 0]);
    }
}
