//! Whether probes do what they are there for.

use serde_json::json;

use super::super::Subject;
use super::super::rule::{Found, Rule, Severity};
use crate::schedule::{Container, Probe, ProbeKind};

pub const DELAY_WITHIN_POST_START: Rule = Rule {
    id: "delay-within-post-start",
    severity: Severity::Info,
    title: "A probe's initial delay is over before postStart is",
    looks_at: &[
        "lifecycle.postStart",
        "startupProbe.initialDelaySeconds",
        "readinessProbe.initialDelaySeconds",
        "livenessProbe.initialDelaySeconds",
    ],
    why: "`initialDelaySeconds` counts from the start of the container (prober/worker.go: `doProbe`), and probes wait \
          for postStart anyway: the delay has no effect.",
    needs_services: false,
    check: delay_within_post_start,
};

fn delay_within_post_start(subject: &Subject) -> Vec<Found> {
    let each = subject.pod.containers.iter().flat_map(|container| {
        container.probes.iter().filter_map(move |probe| delay_without_effect(container, probe))
    });
    each.collect()
}

/// Those that wait for a startup probe need none.
fn delay_without_effect(container: &Container, probe: &Probe) -> Option<Found> {
    let hook = container.post_start.as_ref()?.seconds.at_least;
    let delay = probe.initial_delay_seconds;
    let waits_for_another = probe.kind != ProbeKind::Startup && container.probe(ProbeKind::Startup).is_some();
    if delay == 0 || delay > hook || waits_for_another {
        return None;
    }
    let field = probe.kind.field();
    let text = format!(
        "has an initialDelaySeconds of {delay} without effect: it counts from the start of the container, and \
         postStart takes {hook}s of it"
    );
    let found =
        Found::new(container, field, text).advise(format!("leave it out, or set it to more than {hook}"));
    Some(found.fix_container(json!({field: {"initialDelaySeconds": null}})))
}

pub const LIVENESS_AS_READINESS: Rule = Rule {
    id: "liveness-as-readiness",
    severity: Severity::Warning,
    title: "Liveness asks the same as readiness and is no more patient",
    looks_at: &["livenessProbe", "readinessProbe"],
    why: "A program that can't answer for a while should be out of traffic for that while. Where liveness asks the \
          same as readiness and gives up as early, it is killed instead, with all its requests: under load one pod \
          after the other. The same question is fine where liveness is more patient, as Kubernetes' documentation \
          advises.",
    needs_services: false,
    check: liveness_as_readiness,
};

fn liveness_as_readiness(subject: &Subject) -> Vec<Found> {
    subject.pod.containers.iter().filter_map(as_readiness).collect()
}

fn as_readiness(container: &Container) -> Option<Found> {
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
    let field = ProbeKind::Liveness.field();
    // So often that it takes twice as long as readiness.
    let period = liveness.period_seconds.max(liveness.timeout_seconds).max(1);
    let failures = (2 * readiness.acts_within_seconds).div_ceil(period).max(liveness.failure_threshold + 1);
    Some(
        Found::new(container, field, text)
            .advise("ask what only a hung program fails, or raise its failureThreshold")
            .fix_container(json!({field: {"failureThreshold": failures}})),
    )
}

fn asks_the_same(container: &Container) -> Option<bool> {
    let (one, other) = (container.spec.liveness_probe.as_ref()?, container.spec.readiness_probe.as_ref()?);
    Some(
        (&one.exec, &one.grpc, &one.http_get, &one.tcp_socket)
            == (&other.exec, &other.grpc, &other.http_get, &other.tcp_socket),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::web;

    #[test]
    fn liveness_that_is_readiness() {
        let both = |liveness: &str, readiness: &str| {
            web(&format!(
                "livenessProbe: {{httpGet: {{port: 80}}, {liveness}}}, \
                 readinessProbe: {{httpGet: {{port: 80}}, {readiness}}}"
            ))
        };
        let same = ["web livenessProbe liveness-as-readiness"];
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
        assert_eq!(with(10, ""), ["web livenessProbe delay-within-post-start"]);
        assert_eq!(with(11, ""), [""; 0]);
        assert_eq!(with(0, ""), [""; 0]);
        assert_eq!(with(10, "startupProbe: {tcpSocket: {port: 1}},"), [""; 0]);
    }
}
