//! Whether hooks do what they are there for.

use super::super::{Action, Hook, Role};
use super::{Container, Finding, Pod, Rule};

const POST_START: &str = "postStart";
const PRE_STOP: &str = "preStop";

pub fn of(pod: &Pod, container: &Container) -> Vec<Finding> {
    let hooks = [(POST_START, &container.post_start), (PRE_STOP, &container.pre_stop)];
    let of_each = hooks.into_iter().filter_map(|(field, hook)| Some((field, hook.as_ref()?)));
    let mut findings: Vec<_> =
        of_each.filter_map(|(field, hook)| of_hook(pod, container, field, hook)).collect();
    findings.extend(asks_itself(pod, container));
    findings.extend(pre_stop_of_job(pod, container));
    findings.extend(pre_stop_of_sidecar(container));
    findings
}

fn of_hook(pod: &Pod, container: &Container, field: &'static str, hook: &Hook) -> Option<Finding> {
    match &hook.action {
        // lifecycle/handlers.go, `Run`: "invalid handler".
        Action::TcpSocket { .. } | Action::Grpc { .. } => {
            let effect = match field {
                POST_START => "it fails each time, and the container is killed for it",
                _ => "it does nothing but fail",
            };
            let text = format!("is a tcpSocket, which the kubelet has no hook for: {effect}");
            let finding = Finding::warning(Rule::UnsupportedHook, container, field, text);
            Some(finding.advise("use exec, httpGet or sleep"))
        }
        // lifecycle/handlers.go, `runHTTPHandler`: only an error of the connection counts (kubernetes#56963).
        Action::HttpGet { port, .. } => {
            container.port(port)?;
            let text = "succeeds whatever is answered: the status code is ignored";
            Some(Finding::note(Rule::StatusIgnored, container, field, text))
        }
        Action::Exec { .. } => {
            let seconds = hook.seconds.known()?;
            // More than the grace period is not accepted (apis/core/validation: `validateSleepAction`).
            (seconds < pod.grace).then(|| {
                let text =
                    "needs a `sleep` in the image for what the kubelet does itself since Kubernetes 1.30";
                let advice = format!("{field}: {{sleep: {{seconds: {seconds}}}}}");
                Finding::note(Rule::SleepCommand, container, field, text).advise(advice)
            })
        }
        Action::Sleep { .. } => None,
    }
}

/// A program seldom listens in the moment in which it starts (kubernetes#78286).
fn asks_itself(pod: &Pod, container: &Container) -> Option<Finding> {
    let Action::HttpGet { host: None, port, .. } = &container.post_start.as_ref()?.action else {
        return None;
    };
    if !container.declares(container.port(port)?) && (pod.host_network || runs_beside_others(pod, container))
    {
        return None;
    }
    let text = "asks the container as soon as it has started, and only once: where the program does not listen \
                yet, the container is killed";
    let finding = Finding::warning(Rule::PostStartAsksItself, container, POST_START, text);
    Some(finding.advise("wait with a startupProbe, or with an exec that tries again"))
}

/// Whether there are others in the pod by then that may listen.
fn runs_beside_others(pod: &Pod, container: &Container) -> bool {
    let before = pod.containers.iter().take_while(|other| other.name != container.name);
    before.into_iter().any(|other| other.role != Role::Init)
}

/// The kubelet runs preStop before it stops a container, not when one ends (kubernetes#55807). Sidecars of a
/// Job are stopped.
fn pre_stop_of_job(pod: &Pod, container: &Container) -> Option<Finding> {
    let is_skipped = pod.ends_by_itself && container.role == Role::Main && container.pre_stop.is_some();
    is_skipped.then(|| {
        let text = "does not run when the program ends by itself, as in a Job that completes";
        let finding = Finding::warning(Rule::PreStopOfJob, container, PRE_STOP, text);
        finding.advise("do it at the end of the program")
    })
}

/// As observed: preStop of a native sidecar begins with those of the others.
fn pre_stop_of_sidecar(container: &Container) -> Option<Finding> {
    // Of known length is only what does nothing: a sleep.
    let does_something = container.pre_stop.as_ref()?.seconds.known().is_none();
    (container.role == Role::Sidecar && does_something).then(|| {
        let text = "of a sidecar begins at the deletion, while the main containers still work; only its SIGTERM \
                    waits for them";
        let advice = "what has to come after them belongs into the program's answer to SIGTERM";
        Finding::note(Rule::SidecarPreStopAtOnce, container, PRE_STOP, text).advise(advice)
    })
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CRON_JOBS, JOBS};

    use super::super::super::testing::{findings, findings_of};

    fn web(fields: &str) -> Vec<String> {
        findings(&format!("{{containers: [{{name: web, {fields}}}]}}"))
    }

    #[test]
    fn hooks_that_the_kubelet_does_not_have() {
        let socket = "tcpSocket: {port: 80}";
        let found = web(&format!("lifecycle: {{postStart: {{{socket}}}, preStop: {{{socket}}}}}"));
        assert_eq!(found, ["web postStart UnsupportedHook", "web preStop UnsupportedHook"]);
        assert_eq!(web(&format!("livenessProbe: {{{socket}}}")), [""; 0]);
    }

    #[test]
    fn a_status_that_is_ignored() {
        let asks = "httpGet: {port: 80, host: shop.example}";
        assert_eq!(web(&format!("lifecycle: {{preStop: {{{asks}}}}}")), ["web preStop StatusIgnored"]);
        assert_eq!(web(&format!("livenessProbe: {{{asks}}}")), [""; 0], "a probe heeds it");
    }

    #[test]
    fn a_sleep_that_needs_a_command() {
        let pre_stop =
            |command: &str| web(&format!("lifecycle: {{preStop: {{exec: {{command: {command}}}}}}}"));
        assert_eq!(pre_stop("[sh, -c, sleep 5]"), ["web preStop SleepCommand"]);
        assert_eq!(pre_stop("[sh, -c, sleep 5; kill 1]"), [""; 0]);
        let too_long = ["web preStop PreStopTakesGracePeriod"];
        assert_eq!(pre_stop("[sleep, '30']"), too_long, "first of all it is too long");
        assert_eq!(pre_stop("[sleep, '31']"), too_long, "the server would refuse it");
        assert_eq!(web("lifecycle: {preStop: {sleep: {seconds: 5}}}"), [""; 0]);
    }

    #[test]
    fn a_post_start_that_asks_what_has_just_started() {
        let itself = "web postStart PostStartAsksItself";
        let ignored = "web postStart StatusIgnored";
        let asks = "lifecycle: {postStart: {httpGet: {port: 80}}}";
        assert_eq!(web(asks), [itself, ignored]);

        let elsewhere = "lifecycle: {postStart: {httpGet: {port: 80, host: shop.example}}}";
        assert_eq!(web(elsewhere), [ignored]);
        assert_eq!(web("lifecycle: {preStop: {httpGet: {port: 80}}}"), ["web preStop StatusIgnored"]);
        let on_the_node = format!("{{hostNetwork: true, containers: [{{name: web, {asks}}}]}}");
        assert_eq!(findings(&on_the_node), [ignored], "another program of the node may answer");

        let beside = |sidecar: &str, ports: &str| {
            findings(&format!(
                "{{initContainers: [{{name: first, {sidecar}}}], containers: [{{name: web, {ports} {asks}}}]}}"
            ))
        };
        let declared = "ports: [{containerPort: 80}],";
        assert_eq!(beside("restartPolicy: Always", ""), [ignored], "the sidecar may answer");
        assert_eq!(beside("restartPolicy: Always", declared), [itself, ignored]);
        assert_eq!(beside("image: box", ""), [itself, ignored], "what has ended answers nothing");
    }

    #[test]
    fn a_pre_stop_that_a_job_skips() {
        let spec = "{initContainers: [{name: log, restartPolicy: Always, lifecycle: \
             {preStop: {sleep: {seconds: 1}}}}], \
             containers: [{name: web, lifecycle: {preStop: {exec: {command: [/done]}}}}]}";
        for resource in [JOBS, CRON_JOBS] {
            assert_eq!(findings_of(resource, spec), ["web preStop PreStopOfJob"]);
        }
        assert_eq!(findings(spec), [""; 0]);
    }

    #[test]
    fn a_sidecar_that_drains_too_early() {
        let sidecar = |pre_stop: &str| {
            findings(&format!(
                "{{initContainers: [{{name: proxy, restartPolicy: Always, lifecycle: {{preStop: {pre_stop}}}}}], \
                 containers: [{{name: web}}]}}"
            ))
        };
        let at_once = "proxy preStop SidecarPreStopAtOnce";
        assert_eq!(sidecar("{exec: {command: [/drain]}}"), [at_once]);
        assert_eq!(sidecar("{httpGet: {port: 1}}"), ["proxy preStop StatusIgnored", at_once]);
        assert_eq!(sidecar("{sleep: {seconds: 5}}"), [""; 0], "it does no harm");
        assert_eq!(web("lifecycle: {preStop: {exec: {command: [/drain]}}}"), [""; 0]);
    }
}
