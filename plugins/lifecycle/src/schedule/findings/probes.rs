//! Whether probes do what they are there for.

use super::super::{Probe, ProbeKind};
use super::{Container, Finding, Rule};

pub fn of(container: &Container) -> Vec<Finding> {
    let mut findings: Vec<_> = liveness_as_readiness(container).into_iter().collect();
    findings.extend(container.probes.iter().filter_map(|probe| delay_within_post_start(container, probe)));
    findings
}

/// The same question is fine where liveness is more patient, as Kubernetes' documentation advises.
fn liveness_as_readiness(container: &Container) -> Option<Finding> {
    let (liveness, readiness) =
        (container.probe(ProbeKind::Liveness)?, container.probe(ProbeKind::Readiness)?);
    let is_patient = liveness.acts_within_seconds > readiness.acts_within_seconds
        || liveness.timeout_seconds > readiness.timeout_seconds;
    if is_patient || !asks_the_same(container)? {
        return None;
    }
    let text = format!(
        "asks the same as readinessProbe and is no more patient: what would be out of traffic for a while is \
         killed, after {}s",
        liveness.acts_within_seconds
    );
    let finding = Finding::warning(Rule::LivenessAsReadiness, container, ProbeKind::Liveness.field(), text);
    Some(finding.advise("ask what only a hung program fails, or raise its failureThreshold"))
}

fn asks_the_same(container: &Container) -> Option<bool> {
    let (one, other) = (container.spec.liveness_probe.as_ref()?, container.spec.readiness_probe.as_ref()?);
    Some(
        (&one.exec, &one.grpc, &one.http_get, &one.tcp_socket)
            == (&other.exec, &other.grpc, &other.http_get, &other.tcp_socket),
    )
}

/// It counts from the start of the container (prober/worker.go: `doProbe`), and probes wait for postStart anyway.
/// Those that wait for a startup probe need none.
fn delay_within_post_start(container: &Container, probe: &Probe) -> Option<Finding> {
    let hook = container.post_start.as_ref()?.seconds.at_least;
    let delay = probe.initial_delay_seconds;
    let waits_for_another = probe.kind != ProbeKind::Startup && container.probe(ProbeKind::Startup).is_some();
    if delay == 0 || delay > hook || waits_for_another {
        return None;
    }
    let text = format!(
        "has an initialDelaySeconds of {delay} without effect: it counts from the start of the container, and \
         postStart takes {hook}s of it"
    );
    let finding = Finding::note(Rule::DelayWithinPostStart, container, probe.kind.field(), text);
    Some(finding.advise(format!("leave it out, or set it to more than {hook}")))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::findings;

    fn web(fields: &str) -> Vec<String> {
        findings(&format!("{{containers: [{{name: web, {fields}}}]}}"))
    }

    #[test]
    fn liveness_that_is_readiness() {
        let both = |liveness: &str, readiness: &str| {
            web(&format!(
                "livenessProbe: {{httpGet: {{port: 80}}, {liveness}}}, \
                 readinessProbe: {{httpGet: {{port: 80}}, {readiness}}}"
            ))
        };
        let same = ["web livenessProbe LivenessAsReadiness"];
        assert_eq!(both("", ""), same);
        assert_eq!(both("failureThreshold: 2", ""), same);
        assert_eq!(both("initialDelaySeconds: 60", ""), same, "it only helps at the start");

        assert_eq!(both("failureThreshold: 4", ""), [""; 0]);
        assert_eq!(both("timeoutSeconds: 5", "timeoutSeconds: 4, failureThreshold: 9"), [""; 0]);
        let path = "livenessProbe: {httpGet: {port: 80, path: /live}}, readinessProbe: {httpGet: {port: 80}}";
        assert_eq!(web(path), [""; 0]);
        assert_eq!(web("livenessProbe: {httpGet: {port: 80}}"), [""; 0]);
        let startup = "livenessProbe: {httpGet: {port: 80}}, startupProbe: {httpGet: {port: 80}}";
        assert_eq!(web(startup), [""; 0]);
    }

    #[test]
    fn a_delay_that_is_over_when_probes_begin() {
        let with = |delay: u64, more: &str| {
            web(&format!(
                "lifecycle: {{postStart: {{sleep: {{seconds: 10}}}}}}, {more} \
                 livenessProbe: {{tcpSocket: {{port: 1}}, initialDelaySeconds: {delay}}}"
            ))
        };
        assert_eq!(with(10, ""), ["web livenessProbe DelayWithinPostStart"]);
        assert_eq!(with(11, ""), [""; 0]);
        assert_eq!(with(0, ""), [""; 0]);
        assert_eq!(with(10, "startupProbe: {tcpSocket: {port: 1}},"), [""; 0]);
    }
}
