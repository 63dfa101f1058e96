//! Running other programs.

use std::process::{Command, ExitStatus, Stdio};

use drover::cli::Failure;

/// Runs a command to its end for what it prints; what it says on stderr is told only if it fails.
///
/// # Errors
/// When it can't be started or fails.
pub fn output_of(command: &mut Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(words.lines().fold(failed(command, output.status), Failure::hint))
}

/// Runs a command whose words on stderr people want to see at once.
///
/// # Errors
/// When it can't be started or fails.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.stdin(Stdio::null()).status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(failed(command, status)) }
}

/// Whether a command can be run and succeeds.
pub fn succeeds(command: &mut Command) -> bool {
    output_of(command).is_ok()
}

fn failed(command: &Command, status: ExitStatus) -> Failure {
    Failure::new(format!("{}: {status}", in_words(command)))
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} can't be started: {error}", in_words(command)))
}

/// As a person would type it.
fn in_words(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_a_failed_command_said_is_told() {
        assert_eq!(output_of(&mut shell("echo yes")).unwrap(), "yes\n");
        let failure = output_of(&mut shell("echo why >&2; exit 3")).unwrap_err();
        assert_eq!(failure.message, "sh -c echo why >&2; exit 3: exit status: 3");
        assert_eq!(failure.hints, ["why"]);
    }

    #[test]
    fn what_is_not_there_does_not_succeed() {
        assert!(!succeeds(&mut Command::new("no-such-program")));
    }
}
