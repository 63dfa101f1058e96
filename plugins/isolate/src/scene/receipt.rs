//! Runs the offline step, and what came of it.

use std::io::Write;
use std::time::Duration;

use drover::cli::{Cancel, Streams};
use drover::cluster::{Cluster, Said};
use drover::model::object::ObjectRef;
use drover::print::{escape, seconds};
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::command::Bounded;
use super::offline::Step;

/// How much of what it writes is kept.
const MOST_OUTPUT: usize = 16 * 1024;

/// How many lines of that people see.
const MOST_LINES: usize = 10;

/// What came of the offline step. A part of the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Where it ran.
    pub container: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How it ended; none when that is unknown.
    pub exit_code: Option<i32>,
    /// How long it took.
    pub seconds: f64,
    /// The end of what it wrote, to stdout and stderr.
    pub output: String,
    /// Whether it wrote more than that.
    pub output_is_cut: bool,
    /// Why it is not known how it ended, or why it was not run at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Runs the step, and waits for its end.
pub async fn run(cluster: &Cluster, pod: &ObjectRef, step: &Step, cancel: &Cancel) -> Receipt {
    let begun = Instant::now();
    let mut output = Bounded::new(MOST_OUTPUT);
    let container = step.container.clone().unwrap_or_default();
    let end = tokio::select! {
        end = to_its_end(cluster, pod, &container, &step.command, &mut output) => end,
        () = sleep_until(begun + step.timeout) => {
            Err(format!("it did not end within {}: it may still run", seconds(step.timeout)))
        }
        () = cancel.requested() => Err("interrupted: it may still run".to_owned()),
    };
    let took = (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    let (exit_code, cause) = end.map_or_else(|cause| (None, Some(cause)), |code| (Some(code), None));
    Receipt {
        container,
        command: step.command.clone(),
        exit_code,
        seconds: took,
        output_is_cut: output.is_cut,
        output: output.into_text(),
        cause,
    }
}

async fn to_its_end(
    cluster: &Cluster,
    pod: &ObjectRef,
    container: &str,
    command: &[String],
    output: &mut Bounded,
) -> Result<i32, String> {
    let mut process = cluster.exec(pod, container, command).await.map_err(|error| error.to_string())?;
    loop {
        match process.next().await.map_err(|error| error.to_string())? {
            Said::Stdout(bytes) | Said::Stderr(bytes) => {
                output.write_all(&bytes).map_err(|error| error.to_string())?;
            }
            Said::Ended(code) => return Ok(code),
        }
    }
}

impl Receipt {
    /// What went wrong, if anything did.
    pub fn problem(&self) -> Option<String> {
        match (&self.cause, self.exit_code) {
            (Some(cause), _) => Some(format!("the offline step is not known to be done: {cause}")),
            (None, Some(0)) => None,
            (None, code) => Some(format!("the offline step failed: exit code {}", code.unwrap_or_default())),
        }
    }

    /// How it ended, and the last lines it wrote.
    pub fn say(&self, streams: &mut Streams) -> std::io::Result<()> {
        if let Some(code) = self.exit_code {
            let took = seconds(Duration::from_secs_f64(self.seconds));
            streams.say(&format!("    offline       exit code {code} after {took}"), 18)?;
        }
        let lines: Vec<_> = self.output.lines().collect();
        let skipped = lines.len().saturating_sub(MOST_LINES);
        if skipped > 0 || self.output_is_cut {
            writeln!(streams.err, "                  … (the end of it; -o json has more)")?;
        }
        for line in lines.iter().skip(skipped) {
            writeln!(streams.err, "                  {}", escape(line))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_step_that_ended_well_is_no_problem() {
        let problem = |exit_code: Option<i32>, cause: Option<&str>| {
            let (command, cause) = (vec!["leave".to_owned()], cause.map(str::to_owned));
            let (container, output) = ("web".to_owned(), String::new());
            Receipt { container, command, exit_code, seconds: 0.1, output, output_is_cut: false, cause }
                .problem()
        };
        assert_eq!(problem(Some(0), None), None);
        assert_eq!(problem(Some(3), None).unwrap(), "the offline step failed: exit code 3");
        assert!(problem(None, Some("interrupted")).unwrap().ends_with("interrupted"));
    }
}
