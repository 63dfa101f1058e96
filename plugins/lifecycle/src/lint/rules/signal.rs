//! Whether SIGTERM reaches the program.

use serde_json::json;

use super::super::Subject;
use super::super::rule::{Found, Rule, Severity};
use crate::schedule::shell::{self, Then};
use crate::schedule::{Container, Role};

/// What ends a compound command: no program that `exec` could stand before.
const CLOSING: [&str; 5] = ["done", "fi", "esac", "}", ")"];

pub const SHELL_KEEPS_SIGNAL: Rule = Rule {
    id: "shell-keeps-signal",
    severity: Severity::Warning,
    title: "A shell stays between SIGTERM and the program",
    looks_at: &["command", "args"],
    why: "A shell that starts the program as the last of several commands may stay the container's first process, and \
          a shell does not pass signals on: the program never hears of SIGTERM, and SIGKILL ends it when the grace \
          period is over. dash, which is `sh` in Debian's and Ubuntu's images, stays; newer bash and busybox exec the \
          last command, but no part of a pipe. `exec` before the program makes it the first process everywhere. A \
          single command is left to the shell, and so is a script with a `trap`.",
    needs_services: false,
    check: shell_keeps_signal,
};

fn shell_keeps_signal(subject: &Subject) -> Vec<Found> {
    let stays = subject.pod.containers.iter().filter(|container| container.role != Role::Init);
    // A Job is seldom told to stop.
    stays.filter(|_| !subject.pod.ends_by_itself).filter_map(kept).collect()
}

/// What a shell starts as the last of several commands. Whether it execs that one depends on the shell (tried: dash 0.5.12
/// does not; bash 5.2 and busybox 1.35 do).
fn kept(container: &Container) -> Option<Found> {
    let line = container.command_line();
    let script = shell::script(&line)?;
    let commands = shell::commands(script);
    let starts_with = |word: &str| {
        commands.iter().any(|command| command.program().first().is_some_and(|first| first == word))
    };
    if commands.len() < 2 || starts_with("trap") || starts_with("exec") {
        return None;
    }
    let last = commands.last()?;
    let program = last.program().first()?;
    if CLOSING.contains(&program.as_str()) || ["exit", "wait"].contains(&program.as_str()) {
        return None;
    }
    let is_in_command = container.spec.command.iter().flatten().any(|word| word == script);
    let field = if is_in_command { "command" } else { "args" };
    let is_piped = commands.iter().rev().nth(1).is_some_and(|before| before.then == Then::Pipe);
    let which = if is_piped { "" } else { " (dash does)" };
    let text = format!(
        "starts `{program}` below a shell, which keeps SIGTERM to itself{which}: SIGKILL ends the program"
    );
    let found = Found::new(container, field, text);
    if is_piped || last.then == Then::Background || last.program().len() != last.words.len() {
        return Some(
            found.advise("one program that is the container's first process, by `exec` in its script"),
        );
    }
    let mut fixed = script.to_owned();
    fixed.insert_str(last.span.start, "exec ");
    let replaced = |words: &Option<Vec<String>>| {
        let words = words.iter().flatten();
        words.map(|word| if word == script { fixed.clone() } else { word.clone() }).collect::<Vec<_>>()
    };
    let given = if is_in_command { &container.spec.command } else { &container.spec.args };
    Some(found.advise(format!("exec {program}")).fix_container(json!({field: replaced(given)})))
}

#[cfg(test)]
mod tests {
    use drover::model::object::JOBS;

    use super::super::super::testing::{findings_of, web};

    #[test]
    fn a_program_below_a_shell() {
        let kept = ["web command shell-keeps-signal"];
        for script in ["/migrate && /app", "/app 2>&1 | tee /log", "cd /srv; /app --port 80", "A=1; /app"] {
            assert_eq!(web(&format!("command: [sh, -c, \"{script}\"]")), kept, "{script}");
        }
        for script in [
            "/app",
            "/migrate && exec /app",
            "trap stop TERM; /app & wait",
            "while true; do date; sleep 1; done",
            "/app; exit 1",
        ] {
            assert_eq!(web(&format!("command: [sh, -c, \"{script}\"]")), [""; 0], "{script}");
        }
        assert_eq!(web("args: [sh, -c, a; b]"), ["web args shell-keeps-signal"]);
        assert_eq!(web("command: [tini, --, sh, -c, a; b]"), [""; 0], "another one is first");
        assert_eq!(findings_of(JOBS, "{containers: [{name: web, command: [sh, -c, a; b]}]}"), [""; 0]);
    }
}
