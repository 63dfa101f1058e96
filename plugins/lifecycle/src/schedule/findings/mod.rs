//! What is surely wrong, and what is worth knowing: only what the template alone decides, without a guess.

mod grace;
mod hooks;
mod ports;
mod probes;

use serde::Serialize;

use super::Container;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// It does not do what it is there for, or does harm.
    Warning,
    /// It may be meant so.
    Note,
}

/// What was found. Its name is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// preStop takes the whole grace period.
    PreStopTakesGracePeriod,
    /// preStop takes the whole grace period that a probe has of its own.
    PreStopTakesProbeGracePeriod,
    /// preStop has a grace period of no more than a second.
    NoGracePeriodForPreStop,
    /// The kubelet has no such hook.
    UnsupportedHook,
    /// A port is named that the container does not declare.
    UndeclaredPort,
    /// postStart asks the container that has only just started.
    PostStartAsksItself,
    /// preStop of what ends by itself.
    PreStopOfJob,
    /// A failure that readiness would bridge kills as early.
    LivenessAsReadiness,
    /// The status code of an httpGet hook is ignored.
    StatusIgnored,
    /// preStop of a sidecar begins at once.
    SidecarPreStopAtOnce,
    /// A command does what the kubelet can do itself.
    SleepCommand,
    /// A probe's delay is over before postStart is.
    DelayWithinPostStart,
}

/// One of them, in one container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub rule: Rule,
    pub severity: Severity,
    pub container: String,
    /// Such as `preStop`.
    pub field: &'static str,
    /// What is so.
    pub text: String,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn warning(rule: Rule, container: &Container, field: &'static str, text: impl Into<String>) -> Self {
        let (container, text) = (container.name.clone(), text.into());
        Self { rule, severity: Severity::Warning, container, field, text, advice: None }
    }

    fn note(rule: Rule, container: &Container, field: &'static str, text: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::warning(rule, container, field, text) }
    }

    fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

/// What the rules look at.
pub struct Pod<'a> {
    pub containers: &'a [Container],
    /// As the object says.
    pub grace: u64,
    pub host_network: bool,
    /// It is of a Job.
    pub ends_by_itself: bool,
}

/// All that is found, warnings first.
pub fn of(pod: &Pod) -> Vec<Finding> {
    let mut findings: Vec<_> = pod
        .containers
        .iter()
        .flat_map(|container| {
            let found = [
                grace::of(pod, container),
                hooks::of(pod, container),
                ports::of(container),
                probes::of(container),
            ];
            found.into_iter().flatten()
        })
        .collect();
    findings.sort_by_key(|finding| finding.severity);
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::findings;

    #[test]
    fn warnings_come_first() {
        let found = findings(
            "{containers: [{name: a, lifecycle: {preStop: {httpGet: {port: 80}}}}, \
             {name: b, lifecycle: {preStop: {tcpSocket: {port: 80}}}}]}",
        );
        assert_eq!(found, ["b preStop UnsupportedHook", "a preStop StatusIgnored"]);
    }

    #[test]
    fn what_is_as_it_should_be_gives_no_finding() {
        let web = "{name: web, ports: [{name: http, containerPort: 8080}], \
             lifecycle: {preStop: {sleep: {seconds: 5}}}, startupProbe: {httpGet: {port: http}}, \
             readinessProbe: {httpGet: {port: http, path: /ready}}, livenessProbe: {httpGet: {port: 8080}}}";
        assert_eq!(findings(&format!("{{containers: [{web}]}}")), [""; 0]);
    }
}
