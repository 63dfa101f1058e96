//! Ports that are named but not declared.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::action::number_or_name;
use super::super::{Action, ProbeKind};
use super::{Container, Finding, Rule};

pub fn of(container: &Container) -> Vec<Finding> {
    let hooks = [
        ("postStart", &container.post_start, "fails each time, and the container is killed for it"),
        ("preStop", &container.pre_stop, "fails each time, and nothing is asked"),
    ];
    let hooks = hooks.into_iter().filter_map(|(field, hook, effect)| match &hook.as_ref()?.action {
        Action::HttpGet { port, .. } => Some((field, port, effect)),
        _ => None,
    });
    // A probe that can't be sent is no failure, and counts for nothing (prober/worker.go: `doProbe`).
    let probes = container.probes.iter().filter_map(|probe| {
        let effect = match probe.kind {
            ProbeKind::Startup => "never succeeds, and the container never counts as started",
            ProbeKind::Readiness => "never succeeds, and the pod is never ready",
            ProbeKind::Liveness => "never fails, and the container is never killed",
        };
        Some((probe.kind.field(), probe.action.port()?, effect))
    });
    let all = hooks.chain(probes);
    all.filter_map(|(field, port, effect)| undeclared(container, field, port, effect)).collect()
}

fn undeclared(
    container: &Container,
    field: &'static str,
    port: &IntOrString,
    effect: &str,
) -> Option<Finding> {
    if container.port(port).is_some() {
        return None;
    }
    let name = number_or_name(port);
    let text = format!("goes to port {name:?}, which the container does not declare: it {effect}");
    let finding = Finding::warning(Rule::UndeclaredPort, container, field, text);
    Some(finding.advise(format!("ports: [{{name: {name}, containerPort: where it listens}}]")))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::findings;

    fn found(ports: &str, probe: &str) -> Vec<String> {
        findings(&format!(
            "{{containers: [{{name: web, ports: [{ports}], {probe}}}, {{name: log, ports: [{{name: logs, containerPort: 1}}]}}]}}"
        ))
    }

    #[test]
    fn a_name_that_nothing_has() {
        let probe = "livenessProbe: {httpGet: {port: http}}";
        assert_eq!(found("", probe), ["web livenessProbe UndeclaredPort"]);
        assert_eq!(found("{containerPort: 80}", probe), ["web livenessProbe UndeclaredPort"]);
        assert_eq!(found("{name: http, containerPort: 80}", probe), [""; 0]);
        let others = "readinessProbe: {tcpSocket: {port: logs}}";
        assert_eq!(found("", others), ["web readinessProbe UndeclaredPort"], "each has its own names");
        let hook = "lifecycle: {preStop: {httpGet: {port: http}}}";
        assert_eq!(found("", hook), ["web preStop UndeclaredPort"]);
        let hook = "lifecycle: {postStart: {httpGet: {port: http}}}";
        assert_eq!(found("", hook), ["web postStart UndeclaredPort"]);
    }

    #[test]
    fn numbers_need_no_declaration() {
        assert_eq!(found("", "livenessProbe: {httpGet: {port: 80}}"), [""; 0]);
        assert_eq!(found("", "livenessProbe: {httpGet: {port: '80'}}"), [""; 0]);
    }
}
