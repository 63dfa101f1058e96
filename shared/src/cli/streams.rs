//! Where output goes: injected, so that nothing prints past them.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};

/// The answer's stream and the one for everything else.
pub struct Streams {
    /// stdin: answers to our questions.
    pub input: Box<dyn BufRead>,
    /// Whether a person is there to answer.
    pub input_is_terminal: bool,
    /// stdout: the answer, and nothing else.
    pub out: Box<dyn Write>,
    /// stderr: progress, warnings, hints.
    pub err: Box<dyn Write>,
    /// Whether a person watches stderr, so that a line may be redrawn.
    pub err_is_terminal: bool,
    /// How wide that terminal is; none where nothing limits a line.
    pub width: Option<usize>,
}

impl Streams {
    /// The process's own.
    #[must_use]
    pub fn standard() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let err_is_terminal = io::stderr().is_terminal() && !dumb;
        let size = crossterm::terminal::size().ok().filter(|_| err_is_terminal);
        Self {
            input: Box::new(BufReader::new(io::stdin())),
            input_is_terminal: io::stdin().is_terminal(),
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            err_is_terminal,
            width: size.map(|(columns, _)| columns.into()),
        }
    }
}
