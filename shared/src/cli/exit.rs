//! How a command ends.

use std::future::Future;
use std::io::{self, Write};

use super::Streams;
use crate::cluster::{ClusterError, Connection, Right, in_words};
use crate::print::escape;

/// Exit codes: all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// What was asked for is so.
    Success = 0,
    /// It is not; stderr says why and what to do.
    Failure = 1,
    /// Of a command that compares, where 1 means that there are differences: it could not compare. Of one that looks for
    /// something, where 1 means that it is there: it could not look.
    Trouble = 2,
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
    code: ExitCode,
    /// There is nothing to add to what stands on stdout; or its reader went away.
    silent: bool,
    transient: bool,
}

impl Failure {
    /// A failure with nothing to suggest yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: Vec::new(),
            code: ExitCode::Failure,
            silent: false,
            transient: false,
        }
    }

    /// What a user may not do in a namespace, all of it at once; the plugin's README says who may.
    #[must_use]
    pub fn lacking(missing: &[Right], namespace: &str, plugin: &str) -> Self {
        let list = in_words(missing);
        Self::new(format!("you lack rights in namespace {namespace:?} that this needs: {list}"))
            .hint(format!("the README of kubectl {plugin} has a ClusterRole with all of them"))
    }

    /// What was compared differs, as stdout says: exit code 1 without another word, as of diff(1).
    #[must_use]
    pub fn differences() -> Self {
        Self { silent: true, ..Self::new("there are differences") }
    }

    /// What was looked for is there, as stdout says: exit code 1 without another word.
    #[must_use]
    pub fn findings() -> Self {
        Self { silent: true, ..Self::new("there are findings") }
    }

    /// The same failure of a command that compares, or looks for something, where exit code 1 has another meaning.
    #[must_use]
    pub fn of_comparison(self) -> Self {
        let code = if self.silent { self.code } else { ExitCode::Trouble };
        Self { code, ..self }
    }

    /// Says what it was about, unless it says so already.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        if !self.message.starts_with(what) {
            self.message = format!("{what}: {}", self.message);
        }
        self
    }

    /// The same with ways on that work in the same place.
    #[must_use]
    pub fn in_the_same_place(mut self, connection: &Connection) -> Self {
        self.hints = self.hints.iter().map(|hint| connection.complete(hint)).collect();
        self
    }

    /// Whether the same, where it changes nothing, may simply be tried again:
    /// [`ClusterError::is_transient`].
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.transient
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
        Self { transient: error.is_transient(), hints: error.hints, ..Self::new(error.message) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { code: ExitCode::Success, silent: true, ..Self::new(error.to_string()) };
        }
        Self::new(error.to_string())
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
    let result = runtime.block_on(run(Streams::standard()));
    // A look-up of a name that hangs must not keep what is finished.
    runtime.shutdown_background();
    match result {
        Ok(()) => code(ExitCode::Success),
        Err(failure) => report(&failure),
    }
}

fn report(failure: &Failure) -> std::process::ExitCode {
    if failure.silent {
        return code(failure.code);
    }
    let mut stderr = io::stderr().lock();
    // Nobody is left to tell when stderr is closed as well.
    let _ = writeln!(stderr, "error: {}", escape(&failure.message));
    for hint in &failure.hints {
        let _ = writeln!(stderr, "{}", escape(hint));
    }
    code(failure.code)
}

fn code(code: ExitCode) -> std::process::ExitCode {
    std::process::ExitCode::from(code as u8)
}
