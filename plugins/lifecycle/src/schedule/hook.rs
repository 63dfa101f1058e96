//! postStart and preStop, and how long they take.

use k8s_openapi::api::core::v1::LifecycleHandler;
use serde::Serialize;

use super::Action;
use super::shell::{self, Then, base_name};

/// A lifecycle hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    pub action: Action,
    /// How long it takes, as far as it says so itself.
    pub seconds: Length,
}

/// A length of time in seconds; nothing is known of one that is at least 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Length {
    pub at_least: u64,
    /// None where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
}

impl Length {
    const UNKNOWN: Self = Self { at_least: 0, at_most: None };

    fn exactly(seconds: u64) -> Self {
        Self { at_least: seconds, at_most: Some(seconds) }
    }

    /// The length, where it is known.
    pub fn known(self) -> Option<u64> {
        self.at_most.filter(|at_most| *at_most == self.at_least)
    }
}

impl Hook {
    pub fn new(handler: &LifecycleHandler) -> Option<Self> {
        let action = Action::of_hook(handler)?;
        let seconds = match &action {
            Action::Sleep { seconds } => Length::exactly(*seconds),
            Action::Exec { command } => of_command(command),
            // The kubelet has no such hook: it fails before it does anything (lifecycle/handlers.go: `Run`).
            Action::TcpSocket { .. } | Action::Grpc { .. } => Length::exactly(0),
            // No client timeout (lifecycle/handlers.go: `runHTTPHandler`).
            Action::HttpGet { .. } => Length::UNKNOWN,
        };
        Some(Self { action, seconds })
    }
}

/// How long a command takes that is nothing but a sleep, or begins with one.
fn of_command(command: &[String]) -> Length {
    match shell::script(command) {
        Some(script) => of_script(script),
        None => sleep(command).map_or(Length::UNKNOWN, Length::exactly),
    }
}

fn of_script(script: &str) -> Length {
    let commands = shell::commands(script);
    let Some(first) = commands.first().filter(|first| matches!(first.then, Then::Next | Then::And)) else {
        return Length::UNKNOWN;
    };
    let words = first.words.strip_prefix(&["exec".to_owned()]).unwrap_or(&first.words);
    match sleep(words) {
        None => Length::UNKNOWN,
        Some(seconds) if commands.len() == 1 => Length::exactly(seconds),
        Some(seconds) => Length { at_least: seconds, at_most: None },
    }
}

/// The seconds of `sleep 5`, with the units that GNU's and busybox' take.
fn sleep(words: &[String]) -> Option<u64> {
    let [program, length] = words else { return None };
    if base_name(program) != "sleep" {
        return None;
    }
    let (number, unit) = match length.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, &length[number.len()..]),
        None => (length.as_str(), "s"),
    };
    let factor = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => 1,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(command: &[&str]) -> Length {
        of_command(&command.iter().copied().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_sleep_is_recognised() {
        for command in [
            &["sleep", "90"][..],
            &["/bin/sleep", "90s"],
            &["/bin/sh", "-c", "sleep 90"],
            &["bash", "-c", " exec /usr/bin/sleep 90; "],
        ] {
            assert_eq!(length(command), Length::exactly(90), "{command:?}");
        }
        assert_eq!(length(&["sleep", "2m"]), Length::exactly(120));
    }

    #[test]
    fn what_begins_with_a_sleep_takes_at_least_as_long() {
        for script in ["sleep 5 && nginx -s quit", "sleep 5; kill 1", "sleep 5\nkill 1"] {
            let expected = Length { at_least: 5, at_most: None };
            assert_eq!(length(&["sh", "-c", script]), expected, "{script}");
        }
    }

    #[test]
    fn what_looks_like_a_sleep_may_be_none() {
        for script in [
            "sleep 5 & wait",
            "sleep 5 & true && true",
            "sleep $SECONDS",
            "sleep 5 || true",
            "nosleep 5",
            "echo sleep 5",
            "sleep 5 5",
            "sleep 0.5",
            "sleep",
            "sleep ∞",
            "",
        ] {
            assert_eq!(length(&["sh", "-c", script]), Length::UNKNOWN, "{script}");
        }
        for command in [&["sleep", "5", "5"][..], &["python", "-c", "sleep 5"], &["sh", "sleep 5"], &[]] {
            assert_eq!(length(command), Length::UNKNOWN, "{command:?}");
        }
    }
}
