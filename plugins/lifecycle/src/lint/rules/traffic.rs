//! What a container needs to which a Service sends traffic.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::super::rule::{Found, Rule, Severity};
use super::super::service::{Served, served_without};
use super::super::{Subject, drain};
use super::{PRE_STOP, native_sleep};
use crate::schedule::{Action, Container, ProbeKind};

pub const SERVED_WITHOUT_PRE_STOP: Rule = Rule {
    id: "served-without-pre-stop",
    severity: Severity::Warning,
    title: "A Service sends it traffic, and nothing delays SIGTERM",
    looks_at: &["lifecycle.preStop", "ports", "labels of the pod template", "Services that select them"],
    why: "When a pod is deleted, SIGTERM and the news that it is no longer an endpoint go out at the same time. Until \
          every kube-proxy, ingress and load balancer has heard it, requests still come to a program that has stopped \
          listening: the connection errors of every rollout (kubernetes#43576). A preStop that sleeps for so long \
          closes the gap. A program that goes on serving after SIGTERM needs none: annotation `drover.dev/drain` says \
          so, as do the flags of ingress-nginx and istio-proxy.",
    needs_services: true,
    check: served_without_pre_stop,
};

fn served_without_pre_stop(subject: &Subject) -> Vec<Found> {
    let lacks = |container: &Container| {
        let keeps_serving = drain::of(subject.pod, container).is_some_and(|drain| drain.keeps_serving);
        container.pre_stop.is_none() && !keeps_serving
    };
    let found = served(subject, lacks).into_iter().map(|served| {
        let by = served.by();
        let text = format!("is missing: {by} may still send it requests when it has got SIGTERM");
        let seconds = subject.propagation_seconds;
        let fix = json!({"lifecycle": {PRE_STOP: {"sleep": {"seconds": seconds}}}});
        Found::new(served.container, PRE_STOP, text)
            .advise(format!("preStop: {{sleep: {{seconds: {seconds}}}}}"))
            .fix_container(fix)
    });
    found.collect()
}

pub const SLEEP_SHORTER_THAN_PROPAGATION: Rule = Rule {
    id: "sleep-shorter-than-propagation",
    severity: Severity::Warning,
    title: "preStop sleeps for less than it takes until traffic stops",
    looks_at: &["lifecycle.preStop", "ports", "labels of the pod template", "Services that select them"],
    why: "A sleep in preStop is there for the time until nobody sends the pod requests any more. How long that takes \
          depends on the cluster: 5 s is what most guides advise, and `--propagation` says otherwise. `kubectl \
          lifecycle trace POD --evict --fail-if-margin-below 2s` measures the part of it that the API server sees.",
    needs_services: true,
    check: sleep_shorter_than_propagation,
};

fn sleep_shorter_than_propagation(subject: &Subject) -> Vec<Found> {
    let needed = subject.propagation_seconds;
    let is_too_short = |container: &Container| sleep(container).is_some_and(|seconds| seconds < needed);
    let found = served(subject, is_too_short).into_iter().filter_map(|served| {
        let (seconds, by, hook) =
            (sleep(served.container)?, served.by(), served.container.pre_stop.as_ref()?);
        let text = format!(
            "sleeps {seconds}s: {by} may still send it requests after that, up to {needed}s from the deletion"
        );
        let found = Found::new(served.container, PRE_STOP, text)
            .advise(format!("preStop: {{sleep: {{seconds: {needed}}}}}"));
        Some(found.fix_container(native_sleep(PRE_STOP, hook, needed)))
    });
    found.collect()
}

/// The length of a preStop that is nothing but a sleep.
fn sleep(container: &Container) -> Option<u64> {
    let hook = container.pre_stop.as_ref()?;
    matches!(hook.action, Action::Exec { .. } | Action::Sleep { .. }).then(|| hook.seconds.known())?
}

pub const SERVED_WITHOUT_READINESS: Rule = Rule {
    id: "served-without-readiness",
    severity: Severity::Warning,
    title: "A Service sends it traffic, and nothing says when it is ready",
    looks_at: &["readinessProbe", "ports", "labels of the pod template", "Services that select them"],
    why: "Without a readiness probe a container counts as ready as soon as it runs, and after postStart: requests \
          come before the program listens, and a rollout goes on to the next pod at once. It also stays in traffic \
          while it can't answer.",
    needs_services: true,
    check: served_without_readiness,
};

fn served_without_readiness(subject: &Subject) -> Vec<Found> {
    let lacks = |container: &Container| container.probe(ProbeKind::Readiness).is_none();
    let field = ProbeKind::Readiness.field();
    let found = served(subject, lacks).into_iter().map(|served| {
        let text = format!("is missing: {} sends it requests from its start on, ready or not", served.by());
        let found = Found::new(served.container, field, text);
        match connect(&served) {
            Some(probe) => found
                .advise("ask what only a program that can answer answers; that the port is open is the least")
                .fix_container(json!({field: probe})),
            None => found,
        }
    });
    found.collect()
}

/// A probe that connects to where the traffic goes.
fn connect(served: &Served) -> Option<Value> {
    let port = served.services.first()?.target_port()?;
    let is_certain = match port {
        IntOrString::Int(_) => true,
        IntOrString::String(name) => served.container.declares_name(name),
    };
    is_certain.then(|| json!({"tcpSocket": {"port": port}}))
}

/// Pods of a Job that a Service selects are there for something else, such as finding each other.
fn served<'a>(subject: &'a Subject, lacks: impl Fn(&Container) -> bool) -> Vec<Served<'a>> {
    match &subject.services {
        Some(services) if !subject.pod.ends_by_itself => served_without(subject.pod, services, lacks),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::served;

    const READY: &str = "readinessProbe: {tcpSocket: {port: 1}}";
    const SLEEPS: &str = "lifecycle: {preStop: {sleep: {seconds: 5}}}";

    #[test]
    fn only_what_a_service_reaches_needs_it() {
        let both = ["web readinessProbe served-without-readiness", "web preStop served-without-pre-stop"];
        let pod = "{containers: [{name: log}, {name: web, ports: [{name: http, containerPort: 80}]}]}";
        assert_eq!(served("targetPort: http", pod), both);
        assert_eq!(served("targetPort: 80", pod), both);
        let ready = pod.replace("name: web", &format!("name: web, {READY}, {SLEEPS}"));
        assert_eq!(served("targetPort: http", &ready), [""; 0], "nobody asks log");
    }

    #[test]
    fn where_no_port_is_declared_all_must_lack_it() {
        let pod = |log: &str| format!("{{containers: [{{name: web}}, {{name: log, {log}}}]}}");
        let both = ["web readinessProbe served-without-readiness", "web preStop served-without-pre-stop"];
        assert_eq!(served("targetPort: 80", &pod("image: log")), both);
        assert_eq!(served("targetPort: 80", &pod(&format!("{READY}, {SLEEPS}"))), [""; 0]);
    }

    #[test]
    fn a_sleep_that_is_too_short() {
        let sleeps = |hook: &str| {
            served(
                "targetPort: 80",
                &format!("{{containers: [{{name: web, {READY}, lifecycle: {{preStop: {hook}}}}}]}}"),
            )
        };
        let short = "web preStop sleep-shorter-than-propagation";
        assert_eq!(sleeps("{sleep: {seconds: 4}}"), [short]);
        assert_eq!(sleeps("{exec: {command: [sleep, '1']}}"), [short, "web preStop exec-sleep"]);
        assert_eq!(sleeps("{sleep: {seconds: 5}}"), [""; 0]);
        assert_eq!(sleeps("{exec: {command: [/drain]}}"), [""; 0], "nobody knows how long it takes");
        assert_eq!(sleeps("{tcpSocket: {port: 1}}"), ["web preStop unsupported-hook"]);
    }

    #[test]
    fn services_for_members_of_a_cluster_are_no_traffic() {
        let pod = "{containers: [{name: web}]}";
        assert_eq!(served("targetPort: 80}], publishNotReadyAddresses: true, x: [{", pod), [""; 0]);
    }
}
