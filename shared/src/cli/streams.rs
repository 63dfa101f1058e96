//! Where output goes: injected, so that nothing prints past them.

use std::io::{self, IsTerminal, Write};

/// The answer's stream and the one for everything else.
pub struct Streams {
    /// stdout: the answer, and nothing else.
    pub out: Box<dyn Write>,
    /// stderr: progress, warnings, hints.
    pub err: Box<dyn Write>,
    /// Whether a person watches stderr, so that a line may be redrawn.
    pub err_is_terminal: bool,
    /// How wide that terminal is.
    pub width: usize,
}

/// The width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

impl Streams {
    /// The process's own.
    #[must_use]
    pub fn standard() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = crossterm::terminal::size().map_or(DEFAULT_WIDTH, |(columns, _)| columns.into());
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            err_is_terminal: io::stderr().is_terminal() && !dumb,
            width,
        }
    }

    /// Nowhere: for work whose progress nobody should see.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            out: Box::new(io::sink()),
            err: Box::new(io::sink()),
            err_is_terminal: false,
            width: DEFAULT_WIDTH,
        }
    }
}
