//! How a command ends.

use std::future::Future;
use std::io::{self, Write};

use super::Streams;
use crate::cluster::ClusterError;
use crate::print::escape;

/// Exit codes: all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// What was asked for is so.
    Success = 0,
    /// It is not; stderr says why and what to do.
    Failure = 1,
}

impl ExitCode {
    /// What a shell reports for a program that Ctrl-C ended: 128 + SIGINT.
    pub const INTERRUPTED: i32 = 130;
}

/// Why a command failed, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What object, and what happened.
    pub message: String,
    /// Ways on, one a line: `what it does:  command`.
    pub hints: Vec<String>,
    /// The reader of our output went away, which is no failure to speak of.
    closed_output: bool,
}

impl Failure {
    /// A failure with nothing to suggest yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), closed_output: false }
    }

    /// Says what it was about, unless it says so already.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        if !self.message.starts_with(what) {
            self.message = format!("{what}: {}", self.message);
        }
        self
    }

    /// Adds a way on.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        Self { message: error.message, hints: error.hints, closed_output: false }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let closed_output = error.kind() == io::ErrorKind::BrokenPipe;
        Self { message: error.to_string(), hints: Vec::new(), closed_output }
    }
}

/// Runs a plugin: the whole of its `main`.
pub fn main<F>(run: impl FnOnce(Streams) -> F) -> std::process::ExitCode
where
    F: Future<Output = Result<(), Failure>>,
{
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&error.into()),
    };
    match runtime.block_on(run(Streams::standard())) {
        Ok(()) => code(ExitCode::Success),
        Err(failure) => report(&failure),
    }
}

fn report(failure: &Failure) -> std::process::ExitCode {
    if failure.closed_output {
        return code(ExitCode::Success);
    }
    let mut stderr = io::stderr().lock();
    // Nobody is left to tell when stderr is closed as well.
    let _ = writeln!(stderr, "error: {}", escape(&failure.message));
    for hint in &failure.hints {
        let _ = writeln!(stderr, "{}", escape(hint));
    }
    code(ExitCode::Failure)
}

fn code(code: ExitCode) -> std::process::ExitCode {
    std::process::ExitCode::from(code as u8)
}
