//! Whether the grace period is long enough, and not too long.

use serde_json::json;

use super::super::Subject;
use super::super::drain;
use super::super::rule::{Found, Rule, Severity};
use super::{GRACE, PRE_STOP};
use crate::schedule::{FLOOR, Role};

/// What a fix leaves for the program after preStop: what the API server gives where nobody says.
const DEFAULT_SECONDS: u64 = 30;

/// What a fix leaves for ending, after the longest drain.
const SPARE_SECONDS: u64 = 5;

/// cluster-autoscaler waits no longer for a pod (`--max-graceful-termination-sec`).
const LONGEST_SECONDS: u64 = 600;

pub const PRE_STOP_TAKES_GRACE: Rule = Rule {
    id: "pre-stop-takes-grace",
    severity: Severity::Error,
    title: "preStop sleeps for the whole grace period",
    looks_at: &["lifecycle.preStop", GRACE],
    why: "The grace period counts from the deletion, not from SIGTERM. When preStop uses it up, the kubelet ends the \
          hook, sends SIGTERM, and SIGKILL 2 s later (killContainer: `minimumGracePeriodInSeconds`): the program is \
          cut off in the middle of its requests at every rollout.",
    needs_services: false,
    check: pre_stop_takes_grace,
};

fn pre_stop_takes_grace(subject: &Subject) -> Vec<Found> {
    let given = subject.pod.grace_period_seconds;
    let found = subject.pod.containers.iter().filter_map(|container| {
        let seconds = container.pre_stop.as_ref()?.seconds.at_least;
        // What a deletion makes of 0 (pod_workers.go: `calculateEffectiveGracePeriod`).
        (seconds >= given.max(1)).then(|| {
            let text = format!(
                "takes {seconds}s of a grace period of {given}s: SIGTERM comes at its end, SIGKILL {FLOOR}s later"
            );
            let advice = format!("{GRACE}: more than {seconds}, by what the program needs after SIGTERM");
            let fix = json!({GRACE: seconds + given.max(DEFAULT_SECONDS)});
            Found::new(container, PRE_STOP, text).advise(advice).fix_pod(fix)
        })
    });
    found.collect()
}

pub const PRE_STOP_WITHOUT_GRACE: Rule = Rule {
    id: "pre-stop-without-grace",
    severity: Severity::Error,
    title: "preStop has a grace period of no more than a second",
    looks_at: &["lifecycle.preStop", GRACE],
    why: "A grace period of 0 counts as 1 when a pod is deleted. SIGTERM comes a second after preStop began, done or \
          not, and SIGKILL 2 s later.",
    needs_services: false,
    check: pre_stop_without_grace,
};

fn pre_stop_without_grace(subject: &Subject) -> Vec<Found> {
    let given = subject.pod.grace_period_seconds;
    let found = subject.pod.containers.iter().filter_map(|container| {
        let length = container.pre_stop.as_ref()?.seconds;
        // One that surely takes it all is found as such.
        (given <= 1 && length.known().is_none() && length.at_least == 0).then(|| {
            let text =
                format!("has a grace period of {given}s: SIGTERM comes a second after it began, done or not");
            let advice = format!("{GRACE}: what the hook takes and the program needs after SIGTERM");
            let fix = json!({GRACE: DEFAULT_SECONDS});
            Found::new(container, PRE_STOP, text).advise(advice).fix_pod(fix)
        })
    });
    found.collect()
}

pub const PRE_STOP_TAKES_PROBE_GRACE: Rule = Rule {
    id: "pre-stop-takes-probe-grace",
    severity: Severity::Error,
    title: "preStop takes the whole grace period that a probe has of its own",
    looks_at: &[
        "lifecycle.preStop",
        "livenessProbe.terminationGracePeriodSeconds",
        "startupProbe.terminationGracePeriodSeconds",
    ],
    why: "A container that a probe kills goes through preStop as well, within the probe's own grace period if it has \
          one. When the hook takes it all, SIGKILL follows SIGTERM by 2 s.",
    needs_services: false,
    check: pre_stop_takes_probe_grace,
};

fn pre_stop_takes_probe_grace(subject: &Subject) -> Vec<Found> {
    let mut found = Vec::new();
    for container in &subject.pod.containers {
        let Some(hook) = &container.pre_stop else { continue };
        let seconds = hook.seconds.at_least;
        for probe in &container.probes {
            let Some(grace) = probe.grace_period_seconds.filter(|grace| seconds >= *grace) else { continue };
            let probe = probe.kind.field();
            let text = format!(
                "takes {seconds}s, but when {probe} kills the container it has a grace period of {grace}s: \
                 SIGKILL comes {FLOOR}s after SIGTERM"
            );
            let advice = format!("{GRACE} of {probe}: more than {seconds}");
            let fix = json!({probe: {GRACE: seconds + grace}});
            found.push(Found::new(container, PRE_STOP, text).advise(advice).fix_container(fix));
        }
    }
    found
}

pub const GRACE_SHORTER_THAN_DRAIN: Rule = Rule {
    id: "grace-shorter-than-drain",
    severity: Severity::Warning,
    title: "The grace period is over before the program has drained",
    looks_at: &[
        GRACE,
        "lifecycle.preStop",
        "command",
        "args",
        "env",
        "annotation drover.dev/drain of the pod template",
    ],
    why: "What preStop leaves of the grace period is all that the program has between SIGTERM and SIGKILL. Where the \
          template says that draining may take longer, SIGKILL ends it. It says so by the annotation, or by what \
          well-known programs take: `--graceful-timeout` (gunicorn, hypercorn), `--timeout-graceful-shutdown` \
          (uvicorn), `--shutdown-grace-period` (ingress-nginx), `--http-grace-period`, `--grpc-grace-period` (Thanos), \
          `-server.graceful-shutdown-timeout` (Loki, Mimir, Tempo), `SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE`, \
          `QUARKUS_SHUTDOWN_TIMEOUT`, `ASPNETCORE_SHUTDOWNTIMEOUTSECONDS`, `DOTNET_SHUTDOWNTIMEOUTSECONDS`, \
          `TERMINATION_DRAIN_DURATION_SECONDS` (istio-proxy).",
    needs_services: false,
    check: grace_shorter_than_drain,
};

fn grace_shorter_than_drain(subject: &Subject) -> Vec<Found> {
    let grace = subject.pod.grace_period_seconds.max(1);
    let stays = subject.pod.containers.iter().filter(|container| container.role != Role::Init);
    let found = stays.filter_map(|container| {
        let drain = drain::of(subject.pod, container)?;
        let pre_stop = container.pre_stop.as_ref().map_or(0, |hook| hook.seconds.at_least);
        // Where preStop takes it all, that is what is wrong.
        let left = grace.checked_sub(pre_stop).filter(|left| *left > 0 && *left < drain.seconds)?;
        let after = if pre_stop > 0 { format!(" after {pre_stop}s of preStop") } else { String::new() };
        let text = format!(
            "is over before it has drained: that takes up to {}s ({}), and {left}s are left{after}",
            drain.seconds, drain.told_by
        );
        let needed = pre_stop + drain.seconds + SPARE_SECONDS;
        let found = Found::new(container, GRACE, text).advise(format!("{GRACE}: {needed}"));
        Some(found.fix_pod(json!({GRACE: needed})))
    });
    found.collect()
}

pub const GRACE_TOO_LONG: Rule = Rule {
    id: "grace-too-long",
    severity: Severity::Info,
    title: "The grace period is longer than a node's drain waits",
    looks_at: &[GRACE],
    why: "cluster-autoscaler waits ten minutes for a pod (`--max-graceful-termination-sec`, 600 by default) and then \
          removes the node under it; node upgrades and `kubectl drain` are held up for as long as the pod takes. What \
          takes longer than that has to survive being cut off anyway.",
    needs_services: false,
    check: grace_too_long,
};

fn grace_too_long(subject: &Subject) -> Vec<Found> {
    let given = subject.pod.grace_period_seconds;
    if given <= LONGEST_SECONDS {
        return Vec::new();
    }
    let text = format!(
        "is {given}s: cluster-autoscaler waits {LONGEST_SECONDS}s by default and then removes the node, and every \
         other drain may take that long"
    );
    vec![
        Found::of_pod(GRACE, text)
            .advise(format!("no more than {LONGEST_SECONDS}, or a program that can go on later")),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::findings;

    fn found(grace: u64, web: &str) -> Vec<String> {
        findings(&format!("{{terminationGracePeriodSeconds: {grace}, containers: [{{name: web, {web}}}]}}"))
    }

    #[test]
    fn pre_stop_that_takes_it_all() {
        let all = "web preStop pre-stop-takes-grace";
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
            assert_eq!(found(grace, drains), ["web preStop pre-stop-without-grace"]);
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
        assert_eq!(found(30, &probe(5)), ["web preStop pre-stop-takes-probe-grace"]);
        assert_eq!(found(30, &probe(6)), [""; 0]);
        let pods_own = "lifecycle: {preStop: {sleep: {seconds: 5}}}, livenessProbe: {tcpSocket: {port: 1}}";
        assert_eq!(found(30, pods_own), [""; 0]);
    }

    #[test]
    fn what_drains_for_longer() {
        let short = "web terminationGracePeriodSeconds grace-shorter-than-drain";
        assert_eq!(found(30, "args: [--graceful-timeout=40]"), [short]);
        assert_eq!(found(30, "args: [--graceful-timeout, 1m]"), [short]);
        assert_eq!(found(30, "env: [{name: SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE, value: 45s}]"), [short]);
        assert_eq!(found(30, "args: [--graceful-timeout=30]"), [""; 0]);
        assert_eq!(found(30, "args: [--graceful-timeout, much]"), [""; 0]);
        let all_gone = "args: [--graceful-timeout=9], lifecycle: {preStop: {sleep: {seconds: 30}}}";
        assert_eq!(found(30, all_gone), ["web preStop pre-stop-takes-grace"], "once is enough");
    }

    #[test]
    fn what_nobody_waits_for() {
        assert_eq!(found(601, "image: web"), ["terminationGracePeriodSeconds grace-too-long"]);
        assert_eq!(found(600, "image: web"), [""; 0]);
    }
}
