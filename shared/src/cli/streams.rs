//! Where output goes: injected, so that nothing prints past them.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use crate::print::escape;

/// No terminal is so narrow that words should be broken for it.
const NARROWEST: usize = 40;

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
    /// How wide the terminal is that shows the answer; none where nothing limits a line of it.
    pub out_width: Option<usize>,
    /// Whether the answer may have colours: a person watches stdout, and did not ask for none
    /// (<https://no-color.org>).
    pub colour: bool,
}

impl Streams {
    /// Writes a line for people to stderr; what does not fit on their terminal goes on below, indented.
    /// Not for commands, which must stay whole to be copied.
    ///
    /// # Errors
    /// When stderr can't be written.
    pub fn say(&mut self, line: &str, indent: usize) -> io::Result<()> {
        writeln!(self.err, "{}", wrapped(line, indent, self.width))
    }

    /// The same as a line of the answer.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn tell(&mut self, line: &str, indent: usize) -> io::Result<()> {
        writeln!(self.out, "{}", wrapped(line, indent, self.out_width))
    }

    /// The process's own.
    #[must_use]
    pub fn standard() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let err_is_terminal = io::stderr().is_terminal() && !dumb;
        let out_is_terminal = io::stdout().is_terminal() && !dumb;
        // Without a terminal crossterm would run `tput`, twice, which takes as long as half a request.
        let is_watched = err_is_terminal || out_is_terminal;
        let size = is_watched.then(crossterm::terminal::size).and_then(Result::ok);
        let width = size.map(|(columns, _)| usize::from(columns));
        Self {
            input: Box::new(BufReader::new(io::stdin())),
            input_is_terminal: io::stdin().is_terminal(),
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            err_is_terminal,
            width: width.filter(|_| err_is_terminal),
            out_width: width.filter(|_| out_is_terminal),
            colour: out_is_terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        }
    }
}

fn wrapped(line: &str, indent: usize, width: Option<usize>) -> String {
    let line = escape(line);
    let Some(width) = width else { return line.into_owned() };
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(width.saturating_sub(1).max(NARROWEST));
    textwrap::fill(&line, options.subsequent_indent(&indent))
}
