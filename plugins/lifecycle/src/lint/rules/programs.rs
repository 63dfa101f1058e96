//! What hooks run, and what they leave behind.

use serde_json::json;

use super::super::rule::{Found, Rule, Severity};
use super::super::{Subject, image};
use super::{POST_START, hooks, native_sleep};
use crate::schedule::shell::{self, Then, base_name};
use crate::schedule::{Action, Container, Hook};

/// Words of every shell that are no program anywhere.
const BUILTINS: [&str; 7] = [".", "eval", "exec", "export", "set", "source", "trap"];

/// Programs that come with a shell or with coreutils.
const COMMON_PROGRAMS: [&str; 20] = [
    "ash", "bash", "cat", "cp", "curl", "dash", "date", "echo", "kill", "killall", "nc", "pkill", "rm", "sh",
    "sleep", "test", "timeout", "touch", "true", "wget",
];

pub const HOOK_PROGRAM_MISSING: Rule = Rule {
    id: "hook-program-missing",
    severity: Severity::Error,
    title: "A hook runs a program that is not there",
    looks_at: &["lifecycle.postStart.exec", "lifecycle.preStop.exec", "image"],
    why: "An exec hook is run in the container without a shell. A command line in one word, a word that only a shell \
          knows, or a shell in an image that is known to have none (distroless) fails each time: of postStart the \
          container is killed for it, of preStop nothing is done. Images that are not known are not guessed about.",
    needs_services: false,
    check: hook_program_missing,
};

fn hook_program_missing(subject: &Subject) -> Vec<Found> {
    let each = subject.pod.containers.iter().flat_map(|container| {
        hooks(container).filter_map(move |(field, hook)| missing(container, field, hook))
    });
    each.collect()
}

fn missing(container: &Container, field: &'static str, hook: &Hook) -> Option<Found> {
    let Action::Exec { command } = &hook.action else { return None };
    let program = command.first()?;
    let effect = match field {
        POST_START => "it fails each time, and the container is killed for it",
        _ => "it fails each time, and nothing is done",
    };
    if command.len() == 1 && is_command_line(program) {
        let text = format!("runs a program of the name {program:?}, since it is one word: {effect}");
        return Some(in_shell(container, field, text, program));
    }
    if BUILTINS.contains(&program.as_str()) {
        let text = format!("runs {program:?}, which is a word of the shell and no program: {effect}");
        return Some(in_shell(container, field, text, &command.join(" ")));
    }
    let image = container.spec.image.as_deref().unwrap_or_default();
    if !COMMON_PROGRAMS.contains(&base_name(program)) || !image::has_no_shell(image) {
        return None;
    }
    let text = format!("runs {program:?}, which image {image} does not have: {effect}");
    let found = Found::new(container, field, text);
    Some(match hook.seconds.known() {
        Some(seconds) => {
            found.advise(sleep_words(field, seconds)).fix_container(native_sleep(field, hook, seconds))
        }
        None => found.advise("a program that the image has; or sleep, which needs none"),
    })
}

fn in_shell(container: &Container, field: &'static str, text: String, script: &str) -> Found {
    let fix = json!({"lifecycle": {field: {"exec": {"command": ["sh", "-c", script]}}}});
    Found::new(container, field, text).advise("run it by a shell: [sh, -c, …]").fix_container(fix)
}

fn sleep_words(field: &str, seconds: u64) -> String {
    format!("{field}: {{sleep: {{seconds: {seconds}}}}}")
}

/// A program may have a space in its path, but none in a name that is looked up, nor before a flag.
fn is_command_line(program: &str) -> bool {
    let mut words = program.split_whitespace();
    let is_path = words.next().is_some_and(|first| first.starts_with('/'));
    words.next().is_some_and(|second| !is_path || second.starts_with('-'))
}

pub const UNSUPPORTED_HOOK: Rule = Rule {
    id: "unsupported-hook",
    severity: Severity::Error,
    title: "A hook is a tcpSocket, which the kubelet has none of",
    looks_at: &["lifecycle.postStart.tcpSocket", "lifecycle.preStop.tcpSocket"],
    why: "The API server accepts it, and the kubelet fails it (lifecycle/handlers.go: \"invalid handler\"): of \
          postStart the container is killed for it each time.",
    needs_services: false,
    check: unsupported_hook,
};

fn unsupported_hook(subject: &Subject) -> Vec<Found> {
    let each = subject.pod.containers.iter().flat_map(|container| {
        let unsupported = hooks(container)
            .filter(|(_, hook)| matches!(hook.action, Action::TcpSocket { .. } | Action::Grpc { .. }));
        unsupported.map(move |(field, _)| {
            let effect = match field {
                POST_START => "it fails each time, and the container is killed for it",
                _ => "it does nothing but fail",
            };
            let text = format!("is a tcpSocket, which the kubelet has no hook for: {effect}");
            let found = Found::new(container, field, text).advise("use exec, httpGet or sleep");
            found.fix_container(json!({"lifecycle": {field: null}}))
        })
    });
    each.collect()
}

pub const EXEC_SLEEP: Rule = Rule {
    id: "exec-sleep",
    severity: Severity::Info,
    title: "A hook runs sleep, though the kubelet can sleep itself",
    looks_at: &["lifecycle.postStart.exec", "lifecycle.preStop.exec", "terminationGracePeriodSeconds"],
    why: "`sleep: {seconds: N}` needs no program in the image, and no process in the container. Kubernetes has it \
          since 1.30 (stable since 1.34).",
    needs_services: false,
    check: exec_sleep,
};

fn exec_sleep(subject: &Subject) -> Vec<Found> {
    let grace = subject.pod.grace_period_seconds;
    // The kubelet's sleep goes on when the program of a Job has ended.
    let steady = subject.pod.containers.iter().filter(|_| !subject.pod.ends_by_itself);
    let each = steady.flat_map(|container| {
        hooks(container).filter_map(move |(field, hook)| {
            // More than the grace period is not accepted (apis/core/validation: `validateSleepAction`).
            let seconds = hook.seconds.known().filter(|seconds| *seconds < grace)?;
            let is_there = missing(container, field, hook).is_none();
            (matches!(hook.action, Action::Exec { .. }) && is_there).then(|| {
                let text =
                    "needs a `sleep` in the image for what the kubelet does itself since Kubernetes 1.30";
                let found = Found::new(container, field, text);
                found.advise(sleep_words(field, seconds)).fix_container(native_sleep(field, hook, seconds))
            })
        })
    });
    each.collect()
}

pub const HOOK_LEAVES_CHILD: Rule = Rule {
    id: "hook-leaves-child",
    severity: Severity::Warning,
    title: "A hook leaves a process behind that holds its output",
    looks_at: &["lifecycle.postStart.exec", "lifecycle.preStop.exec"],
    why: "The kubelet waits until the hook's output is closed, not until its program ends: a process in the \
          background that inherited it keeps the hook running, and with it all that waits for it: `sleep 4 &` in a postStart \
          held up the next container for 4 s (tried with containerd 1.6).",
    needs_services: false,
    check: hook_leaves_child,
};

fn hook_leaves_child(subject: &Subject) -> Vec<Found> {
    let each = subject.pod.containers.iter().flat_map(|container| {
        hooks(container).filter_map(move |(field, hook)| {
            let Action::Exec { command } = &hook.action else { return None };
            let script = shell::script(command)?;
            let commands = shell::commands(script);
            // What is waited for is not left behind.
            if commands.iter().any(|command| command.program().first().is_some_and(|word| word == "wait")) {
                return None;
            }
            let holds = |command: &&shell::Command| {
                command.then == Then::Background && !script[command.span.clone()].contains('>')
            };
            let left = commands.iter().find(holds)?;
            let text = format!(
                "leaves `{}` in the background with its output: the hook goes on until that ends",
                &script[left.span.clone()]
            );
            let redirected = redirected(script, commands.iter().filter(holds));
            let argv: Vec<_> =
                command.iter().map(|word| if word == script { &redirected } else { word }).collect();
            let fix = json!({"lifecycle": {field: {"exec": {"command": argv}}}});
            Some(
                Found::new(container, field, text)
                    .advise("throw its output away, or wait for it")
                    .fix_container(fix),
            )
        })
    });
    each.collect()
}

/// The script with the output of these commands thrown away.
fn redirected<'a>(script: &str, commands: impl DoubleEndedIterator<Item = &'a shell::Command>) -> String {
    let mut redirected = script.to_owned();
    for command in commands.rev() {
        redirected.insert_str(command.span.end, " >/dev/null 2>&1");
    }
    redirected
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::web;

    fn pre_stop(command: &str) -> Vec<String> {
        web(&format!("lifecycle: {{preStop: {{exec: {{command: {command}}}}}}}"))
    }

    #[test]
    fn hooks_that_the_kubelet_does_not_have() {
        let socket = "tcpSocket: {port: 80}";
        let found = web(&format!("lifecycle: {{postStart: {{{socket}}}, preStop: {{{socket}}}}}"));
        assert_eq!(found, ["web postStart unsupported-hook", "web preStop unsupported-hook"]);
        assert_eq!(web(&format!("livenessProbe: {{{socket}}}")), [""; 0]);
    }

    #[test]
    fn a_sleep_that_needs_a_command() {
        assert_eq!(pre_stop("[sh, -c, sleep 5]"), ["web preStop exec-sleep"]);
        assert_eq!(pre_stop("[sh, -c, sleep 5; /drain]"), [""; 0]);
        let too_long = ["web preStop pre-stop-takes-grace"];
        assert_eq!(pre_stop("[sleep, '30']"), too_long, "first of all it is too long");
        assert_eq!(pre_stop("[sleep, '31']"), too_long, "the server would refuse it");
        assert_eq!(web("lifecycle: {preStop: {sleep: {seconds: 5}}}"), [""; 0]);
    }

    #[test]
    fn programs_that_are_not_there() {
        let missing = ["web preStop hook-program-missing"];
        for command in ["['sleep 5']", "['/bin/sh -c drain']", "[source, /env]"] {
            assert_eq!(pre_stop(command), missing, "{command}");
        }
        for command in ["['/opt/my app/drain']", "[/drain]", "[drain, 'a b']", "[kill, '12']"] {
            assert_eq!(pre_stop(command), [""; 0], "{command}");
        }
        let distroless = |command: &str| {
            web(&format!(
                "image: gcr.io/distroless/base, lifecycle: {{preStop: {{exec: {{command: {command}}}}}}}"
            ))
        };
        assert_eq!(distroless("[/bin/sh, -c, /drain]"), missing);
        assert_eq!(distroless("[/app/drain]"), [""; 0]);
    }

    #[test]
    fn a_child_that_holds_the_output() {
        let left = ["web preStop hook-leaves-child"];
        assert_eq!(pre_stop("[sh, -c, 'watch a & true']"), left);
        assert_eq!(pre_stop("[sh, -c, 'nohup watch a &']"), left, "nohup only leaves a terminal");
        for script in ["watch a >/dev/null 2>&1 &", "watch a & wait", "a && b", "a 2>&1", "a &>/dev/null"] {
            assert_eq!(pre_stop(&format!("[sh, -c, '{script}']")), [""; 0], "{script}");
        }
    }
}
