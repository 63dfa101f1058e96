//! Whether postStart comes to its end, and what waits for it.

use super::super::Subject;
use super::super::rule::{Found, Rule, Severity};
use super::{POST_START, PRE_STOP};
use crate::schedule::shell::{self, base_name};
use crate::schedule::{Action, Container, Pod, ProbeKind, Role};

/// From here on preStop is slow.
const SLOW_SECONDS: u64 = 5;

pub const POST_START_UNBOUNDED: Rule = Rule {
    id: "post-start-unbounded",
    severity: Severity::Warning,
    title: "postStart waits without a limit",
    looks_at: &["lifecycle.postStart.exec"],
    why: "postStart has no time limit. Until it ends, the container does not count as running, no probe of it runs, no \
          later container starts, and the pod looks as if it were still created (kubernetes#30042, #97364): a loop \
          whose condition never holds hangs the rollout without an event.",
    needs_services: false,
    check: post_start_unbounded,
};

fn post_start_unbounded(subject: &Subject) -> Vec<Found> {
    let found = subject.pod.containers.iter().filter_map(|container| {
        let wait = unbounded_wait(container)?;
        let text = format!(
            "waits without a limit (`{wait}`): until it ends no probe runs and no later container starts"
        );
        Some(
            Found::new(container, POST_START, text)
                .advise("end it after some tries; or wait with a startupProbe"),
        )
    });
    found.collect()
}

/// The loop or command of a postStart that may go on for ever, where nothing in it counts or ends it.
fn unbounded_wait(container: &Container) -> Option<String> {
    let Action::Exec { command } = &container.post_start.as_ref()?.action else { return None };
    let Some(script) = shell::script(command) else {
        return never_ends(command).then(|| command.join(" "));
    };
    let commands = shell::commands(script);
    let endless = commands.iter().find(|command| never_ends(command.program()));
    let is_bounded = script.contains("((") || commands.iter().any(bounds);
    let waits = commands.iter().find(|command| command.is_loop()).filter(|_| !is_bounded);
    endless.or(waits).map(|command| script[command.span.clone()].to_owned())
}

fn never_ends(program: &[String]) -> bool {
    let words: Vec<_> = program.iter().map(String::as_str).collect();
    match words[..] {
        ["sleep", "infinity" | "inf"] => true,
        [tail, "-f" | "-F", ..] => base_name(tail) == "tail",
        _ => false,
    }
}

/// What may end a loop: a count, a way out, or input that ends.
fn bounds(command: &shell::Command) -> bool {
    let leaves = ["break", "exit", "read", "return", "timeout"];
    let compares = ["-eq", "-ge", "-gt", "-le", "-lt", "-ne"];
    let first = command.program().first().map(String::as_str).unwrap_or_default();
    leaves.contains(&base_name(first)) || command.words.iter().any(|word| compares.contains(&word.as_str()))
}

pub const POST_START_WAITS_FOR_LATER: Rule = Rule {
    id: "post-start-waits-for-later",
    severity: Severity::Error,
    title: "postStart asks a container that starts only after it",
    looks_at: &["lifecycle.postStart", "ports", "order of the containers"],
    why: "Containers start one after the other, and each waits for the postStart of the one before (kubernetes#81450). \
          A postStart that waits for a port of a later container waits for ever; one that asks only once fails, and \
          the container is killed for it.",
    needs_services: false,
    check: post_start_waits_for_later,
};

fn post_start_waits_for_later(subject: &Subject) -> Vec<Found> {
    let containers = &subject.pod.containers;
    let found = containers.iter().enumerate().filter_map(|(at, container)| {
        let asked = asked_ports(container);
        let (running, later) = (&containers[..=at], &containers[at + 1..]);
        let is_there = |port: &i32| running.iter().any(|one| one.role != Role::Init && one.declares(*port));
        let (port, later) = asked.into_iter().filter(|port| !is_there(port)).find_map(|port| {
            let later = later.iter().find(|later| later.role != Role::Init && later.declares(port))?;
            Some((port, later))
        })?;
        let text = format!(
            "asks port {port} of {}, which starts only when it has ended: it can't succeed",
            later.name
        );
        Some(Found::new(container, POST_START, text).advise(format!("let {} start before it", later.name)))
    });
    found.collect()
}

/// Ports of the pod itself that a postStart talks to.
fn asked_ports(container: &Container) -> Vec<i32> {
    match container.post_start.as_ref().map(|hook| &hook.action) {
        Some(Action::HttpGet { host: None, port, .. }) => container.port(port).into_iter().collect(),
        Some(Action::Exec { command }) => local_ports(&command.join(" ")),
        _ => Vec::new(),
    }
}

/// `localhost:80`, `127.0.0.1 80`, `/dev/tcp/localhost/80`.
fn local_ports(text: &str) -> Vec<i32> {
    let hosts = ["localhost", "127.0.0.1", "[::1]"];
    let behind =
        hosts.into_iter().flat_map(|host| text.match_indices(host).map(move |(at, _)| at + host.len()));
    let port = |at: usize| {
        let rest = text[at..].strip_prefix([':', ' ', '/'])?;
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    };
    behind.filter_map(port).collect()
}

pub const POST_START_ASKS_ITSELF: Rule = Rule {
    id: "post-start-asks-itself",
    severity: Severity::Warning,
    title: "postStart sends a request to the container that has only just started",
    looks_at: &["lifecycle.postStart.httpGet", "ports", "hostNetwork"],
    why: "An httpGet hook is sent once, as soon as the container has started (kubernetes#78286). A program seldom \
          listens by then: the hook fails, and the container is killed for it.",
    needs_services: false,
    check: post_start_asks_itself,
};

fn post_start_asks_itself(subject: &Subject) -> Vec<Found> {
    let found = subject.pod.containers.iter().filter_map(|container| {
        let Action::HttpGet { host: None, port, .. } = &container.post_start.as_ref()?.action else {
            return None;
        };
        if !container.declares(container.port(port)?) && others_may_answer(subject.pod, container) {
            return None;
        }
        let text = "asks the container as soon as it has started, and only once: where the program does not listen \
                    yet, the container is killed";
        Some(
            Found::new(container, POST_START, text)
                .advise("wait with a startupProbe, or with an exec that tries again"),
        )
    });
    found.collect()
}

/// Whether there are others on the same network by then, or in the pod at all, that may listen.
fn others_may_answer(pod: &Pod, container: &Container) -> bool {
    let mut before = pod.containers.iter().take_while(|other| other.name != container.name);
    pod.host_network || before.any(|other| other.role != Role::Init)
}

pub const PROBE_WAITS_FOR_POST_START: Rule = Rule {
    id: "probe-waits-for-post-start",
    severity: Severity::Info,
    title: "A probe can't end a postStart that hangs",
    looks_at: &["livenessProbe", "startupProbe", "lifecycle.postStart.exec"],
    why: "Probes wait until postStart has ended: neither a liveness nor a startup probe kills a container whose \
          postStart hangs.",
    needs_services: false,
    check: probe_waits_for_post_start,
};

fn probe_waits_for_post_start(subject: &Subject) -> Vec<Found> {
    let found = subject.pod.containers.iter().filter_map(|container| {
        let wait = unbounded_wait(container)?;
        let probe = container.probe(ProbeKind::Liveness).or(container.probe(ProbeKind::Startup))?;
        let text =
            format!("does not begin before postStart has ended (`{wait}`): it can't end one that hangs");
        Some(Found::new(container, probe.kind.field(), text))
    });
    found.collect()
}

pub const SLOW_PRE_STOP_AFTER_POST_START: Rule = Rule {
    id: "slow-pre-stop-after-post-start",
    severity: Severity::Info,
    title: "When postStart fails, a slow preStop runs as well, at every restart",
    looks_at: &["lifecycle.postStart", "lifecycle.preStop"],
    why: "A container whose postStart failed is stopped as any other: preStop runs, and the restart waits for it. With \
          the back-off of a crash loop that is added to every try.",
    needs_services: false,
    check: slow_pre_stop_after_post_start,
};

fn slow_pre_stop_after_post_start(subject: &Subject) -> Vec<Found> {
    let found = subject.pod.containers.iter().filter_map(|container| {
        let can_fail = !matches!(container.post_start.as_ref()?.action, Action::Sleep { .. });
        let seconds = container.pre_stop.as_ref()?.seconds.at_least;
        (can_fail && !ignores_failure(container) && seconds >= SLOW_SECONDS).then(|| {
            let text = format!("runs also when postStart fails: each restart then takes {seconds}s more");
            Found::new(container, PRE_STOP, text)
                .advise("let postStart succeed always, or do it in an init container")
        })
    });
    found.collect()
}

/// Whether a postStart script ends well whatever happens.
fn ignores_failure(container: &Container) -> bool {
    let Some(Action::Exec { command }) = container.post_start.as_ref().map(|hook| &hook.action) else {
        return false;
    };
    let script = shell::script(command).unwrap_or_default().trim().trim_end_matches(';');
    ["|| true", "|| :", "exit 0", "; true"].iter().any(|end| script.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{findings, web};

    fn script(script: &str) -> Vec<String> {
        web(&format!("lifecycle: {{postStart: {{exec: {{command: [sh, -c, '{script}']}}}}}}"))
    }

    #[test]
    fn a_wait_without_a_limit() {
        for endless in [
            "until nc -z db 5432; do sleep 1; done",
            "while true; do date; sleep 60; done",
            "tail -f /var/log/x",
            "sleep infinity",
        ] {
            assert_eq!(script(endless), ["web postStart post-start-unbounded"], "{endless}");
        }
        for bounded in [
            "for i in 1 2 3; do nc -z db 5432 && break; sleep 1; done",
            "until nc -z db 5432; do i=$((i+1)); [ $i -gt 60 ] && exit 1; sleep 1; done",
            "while read line; do echo $line; done < /etc/hosts",
            "timeout 60 sh -c \"until nc -z db 5432; do sleep 1; done\"",
            "echo until while",
        ] {
            assert_eq!(script(bounded), [""; 0], "{bounded}");
        }
    }

    #[test]
    fn a_post_start_that_asks_a_later_container() {
        let pod = |hook: &str, ports: &str| {
            findings(&format!(
                "{{containers: [{{name: web, {ports} lifecycle: {{postStart: {hook}}}}}, \
                 {{name: cache, ports: [{{containerPort: 6379}}]}}]}}"
            ))
        };
        let later = "web postStart post-start-waits-for-later";
        assert_eq!(pod("{exec: {command: [nc, -z, localhost, '6379']}}", ""), [later]);
        assert_eq!(pod("{exec: {command: [bash, -c, 'echo > /dev/tcp/127.0.0.1/6379']}}", ""), [later]);
        assert!(pod("{httpGet: {port: 6379}}", "").contains(&later.to_owned()));
        assert_eq!(pod("{exec: {command: [nc, -z, localhost, '63']}}", ""), [""; 0]);
        let declared =
            pod("{exec: {command: [nc, -z, localhost, '6379']}}", "ports: [{containerPort: 6379}],");
        assert_eq!(declared, [""; 0], "it may be its own");
    }

    #[test]
    fn a_post_start_that_asks_what_has_just_started() {
        let itself = "web postStart post-start-asks-itself";
        let ignored = "web postStart hook-ignores-status";
        let asks = "lifecycle: {postStart: {httpGet: {port: 80}}}";
        assert_eq!(web(asks), [itself, ignored]);

        let elsewhere = "lifecycle: {postStart: {httpGet: {port: 80, host: shop.example}}}";
        assert_eq!(web(elsewhere), [ignored]);
        assert_eq!(web("lifecycle: {preStop: {httpGet: {port: 80}}}"), ["web preStop hook-ignores-status"]);
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
    fn a_slow_pre_stop_of_what_never_started() {
        let with = |post_start: &str, seconds: u64| {
            web(&format!(
                "lifecycle: {{postStart: {post_start}, preStop: {{sleep: {{seconds: {seconds}}}}}}}"
            ))
        };
        let slow = ["web preStop slow-pre-stop-after-post-start"];
        assert_eq!(with("{exec: {command: [/warm]}}", 5), slow);
        assert_eq!(with("{exec: {command: [/warm]}}", 4), [""; 0]);
        assert_eq!(with("{sleep: {seconds: 1}}", 9), [""; 0]);
        assert_eq!(with("{exec: {command: [sh, -c, /warm || true]}}", 9), [""; 0]);
    }
}
