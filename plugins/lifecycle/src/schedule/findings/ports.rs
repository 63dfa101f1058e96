//! Ports that are named but not declared.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::{Action, ProbeKind};
use super::{Container, Finding, Rule};

/// A name is looked up among the container's own ports, and may be a number (pkg/probe/util.go:
/// `ResolveContainerPort`).
pub fn of(container: &Container) -> Vec<Finding> {
    let hooks = [
        ("postStart", &container.post_start, "fails each time, and the container is killed for it"),
        ("preStop", &container.pre_stop, "fails each time, and nothing is asked"),
    ];
    let hooks =
        hooks.into_iter().filter_map(|(field, hook, effect)| Some((field, &hook.as_ref()?.action, effect)));
    // A probe that can't be sent is no failure, and counts for nothing (prober/worker.go: `doProbe`).
    let probes = container.probes.iter().map(|probe| {
        let effect = match probe.kind {
            ProbeKind::Startup => "never succeeds: the container never counts as started",
            ProbeKind::Readiness => "never succeeds: the pod is never ready",
            ProbeKind::Liveness => "never fails: the container is never killed",
        };
        (probe.kind.field(), &probe.action, effect)
    });
    hooks
        .chain(probes)
        .filter_map(|(field, action, effect)| undeclared(container, field, action, effect))
        .collect()
}

fn undeclared(container: &Container, field: &'static str, action: &Action, effect: &str) -> Option<Finding> {
    let IntOrString::String(name) = action.port()? else { return None };
    let is_unsupported_hook = matches!(action, Action::TcpSocket { .. }) && !field.ends_with("Probe");
    let mut ports = container.spec.ports.iter().flatten();
    if is_unsupported_hook
        || name.parse::<u16>().is_ok()
        || ports.any(|port| port.name.as_ref() == Some(name))
    {
        return None;
    }
    let text = format!("goes to port {name:?}, which the container does not declare: it {effect}");
    let finding = Finding::warning(Rule::UndeclaredPort, container, field, text);
    Some(
        finding
            .advise(format!("give one of its ports that name: ports: [{{name: {name}, containerPort: …}}]")),
    )
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
        assert_eq!(found("", hook), ["web preStop UndeclaredPort", "web preStop StatusIgnored"]);
    }

    #[test]
    fn numbers_need_no_declaration() {
        assert_eq!(found("", "livenessProbe: {httpGet: {port: 80}}"), [""; 0]);
        assert_eq!(found("", "livenessProbe: {httpGet: {port: '80'}}"), [""; 0]);
    }
}
