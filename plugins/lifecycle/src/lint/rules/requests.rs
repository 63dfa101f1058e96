//! Where hooks and probes send requests.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

use super::super::Subject;
use super::super::rule::{Found, Rule, Severity};
use super::hooks;
use crate::schedule::{Action, Container, ProbeKind, number_or_name};

pub const HOOK_IGNORES_STATUS: Rule = Rule {
    id: "hook-ignores-status",
    severity: Severity::Info,
    title: "An httpGet hook succeeds whatever is answered",
    looks_at: &["lifecycle.postStart.httpGet", "lifecycle.preStop.httpGet"],
    why: "The kubelet does not look at the status code of a hook's answer (lifecycle/handlers.go: `runHTTPHandler`, \
          kubernetes#56963): a 404 or a 500 is a success. It has no time limit either.",
    needs_services: false,
    check: hook_ignores_status,
};

fn hook_ignores_status(subject: &Subject) -> Vec<Found> {
    let each = subject.pod.containers.iter().flat_map(|container| {
        hooks(container).filter_map(move |(field, hook)| {
            let Action::HttpGet { port, .. } = &hook.action else { return None };
            container.port(port)?;
            let text = "succeeds whatever is answered: the status code is ignored";
            Some(Found::new(container, field, text))
        })
    });
    each.collect()
}

pub const UNDECLARED_PORT: Rule = Rule {
    id: "undeclared-port",
    severity: Severity::Error,
    title: "A hook or probe goes to a port by a name that its container does not have",
    looks_at: &[
        "lifecycle.postStart.httpGet.port",
        "lifecycle.preStop.httpGet.port",
        "startupProbe",
        "readinessProbe",
        "livenessProbe",
        "ports",
    ],
    why: "The kubelet looks the name up among the container's own ports (pkg/probe/util.go: `ResolveContainerPort`). \
          Where it is not there, the request can't be sent: a hook fails, a readiness or startup probe never succeeds, \
          a liveness probe never counts. Numbers need no declaration.",
    needs_services: false,
    check: undeclared_port,
};

fn undeclared_port(subject: &Subject) -> Vec<Found> {
    let each = subject.pod.containers.iter().flat_map(|container| {
        let ports = hook_ports(container).chain(probe_ports(container));
        ports.filter_map(move |(field, port, effect)| undeclared(container, field, port, effect))
    });
    each.collect()
}

fn hook_ports(container: &Container) -> impl Iterator<Item = (&'static str, &IntOrString, &'static str)> {
    hooks(container).filter_map(|(field, hook)| {
        let effect = match field {
            super::POST_START => "fails each time, and the container is killed for it",
            _ => "fails each time, and nothing is asked",
        };
        match &hook.action {
            Action::HttpGet { port, .. } => Some((field, port, effect)),
            _ => None,
        }
    })
}

/// A probe that can't be sent is no failure, and counts for nothing (prober/worker.go: `doProbe`).
fn probe_ports(container: &Container) -> impl Iterator<Item = (&'static str, &IntOrString, &'static str)> {
    container.probes.iter().filter_map(|probe| {
        let effect = match probe.kind {
            ProbeKind::Startup => "never succeeds, and the container never counts as started",
            ProbeKind::Readiness => "never succeeds, and the pod is never ready",
            ProbeKind::Liveness => "never fails, and the container is never killed",
        };
        Some((probe.kind.field(), probe.action.port()?, effect))
    })
}

fn undeclared(container: &Container, field: &'static str, port: &IntOrString, effect: &str) -> Option<Found> {
    if container.port(port).is_some() {
        return None;
    }
    let name = number_or_name(port);
    let text = format!("goes to port {name:?}, which the container does not declare: it {effect}");
    let found = Found::new(container, field, text);
    Some(match only_unnamed_port(container) {
        Some(number) => found
            .advise(format!("ports: [{{name: {name}, containerPort: {number}}}]"))
            .fix_container(json!({"ports": [{"containerPort": number, "name": name}]})),
        None => found.advise(format!("ports: [{{name: {name}, containerPort: where it listens}}]")),
    })
}

/// The one that is surely meant.
fn only_unnamed_port(container: &Container) -> Option<i32> {
    match container.spec.ports.as_deref()? {
        [only] if only.name.is_none() => Some(only.container_port),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{findings, web};

    fn found(ports: &str, probe: &str) -> Vec<String> {
        findings(&format!(
            "{{containers: [{{name: web, ports: [{ports}], {probe}}}, {{name: log, ports: [{{name: logs, containerPort: 1}}]}}]}}"
        ))
    }

    #[test]
    fn a_name_that_nothing_has() {
        let probe = "livenessProbe: {httpGet: {port: http}}";
        assert_eq!(found("", probe), ["web livenessProbe undeclared-port"]);
        assert_eq!(found("{containerPort: 80}", probe), ["web livenessProbe undeclared-port"]);
        assert_eq!(found("{name: http, containerPort: 80}", probe), [""; 0]);
        let others = "readinessProbe: {tcpSocket: {port: logs}}";
        assert_eq!(found("", others), ["web readinessProbe undeclared-port"], "each has its own names");
        let hook = "lifecycle: {preStop: {httpGet: {port: http}}}";
        assert_eq!(found("", hook), ["web preStop undeclared-port"]);
        let hook = "lifecycle: {postStart: {httpGet: {port: http}}}";
        assert_eq!(found("", hook), ["web postStart undeclared-port"]);
    }

    #[test]
    fn numbers_need_no_declaration() {
        assert_eq!(found("", "livenessProbe: {httpGet: {port: 80}}"), [""; 0]);
        assert_eq!(found("", "livenessProbe: {httpGet: {port: '80'}}"), [""; 0]);
    }

    #[test]
    fn a_status_that_is_ignored() {
        let asks = "httpGet: {port: 80, host: shop.example}";
        assert_eq!(web(&format!("lifecycle: {{preStop: {{{asks}}}}}")), ["web preStop hook-ignores-status"]);
        assert_eq!(web(&format!("livenessProbe: {{{asks}}}")), [""; 0], "a probe heeds it");
    }
}
