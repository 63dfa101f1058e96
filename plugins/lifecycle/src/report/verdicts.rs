//! What follows from a trace, below its waterfall.

use std::borrow::Cow;

use drover::print::{Colour, Line, escape};
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::trace::{Sign, Trace, Verdict};

/// Lines of prose are not wider on the widest screen.
const WIDEST: usize = 100;
/// Below a verdict.
const INDENT: usize = 4;

/// The verdicts, then the notes, each group after an empty line. None is wider than that.
pub fn lines(trace: &Trace, width: Option<usize>) -> Vec<Line> {
    let paragraphs = Paragraphs::of(width);
    let verdicts: Vec<Line> =
        trace.verdicts.iter().flat_map(|verdict| paragraphs.of_verdict(verdict)).collect();
    let notes: Vec<Line> = trace
        .notes
        .iter()
        .flat_map(|note| paragraphs.wrapped(&Line::default(), note, Some(Colour::Faint)))
        .collect();
    let groups = [verdicts, notes].into_iter().filter(|group| !group.is_empty());
    groups.flat_map(|group| std::iter::once(Line::default()).chain(group)).collect()
}

/// `✓`, `✗` or `•`.
pub fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Good => "✓",
        Sign::Bad => "✗",
        Sign::Note => "•",
    }
}

fn colour(sign: Sign) -> Option<Colour> {
    match sign {
        Sign::Good => Some(Colour::Green),
        Sign::Bad => Some(Colour::Red),
        Sign::Note => None,
    }
}

/// Lines of prose on a screen.
pub struct Paragraphs {
    /// None where nothing limits a line.
    width: Option<usize>,
}

impl Paragraphs {
    /// As wide as the screen, if that is not too wide to read.
    pub fn of(width: Option<usize>) -> Self {
        Self { width: width.map(|width| width.min(WIDEST)) }
    }

    fn of_verdict(&self, verdict: &Verdict) -> Vec<Line> {
        let below = |mark: &str| Line::plain(mark).indented(INDENT);
        let mut lines = self.signed(verdict.sign, &verdict.text);
        lines.extend(
            verdict.proof.iter().flat_map(|fact| self.wrapped(&below(""), fact, Some(Colour::Faint))),
        );
        lines.extend(verdict.advice.iter().flat_map(|advice| self.wrapped(&below("→ "), advice, None)));
        lines
    }

    /// A text behind a sign.
    pub fn signed(&self, meant: Sign, text: &str) -> Vec<Line> {
        let start = Line::default().with(sign(meant), colour(meant)).with(" ", None);
        self.wrapped(&start, text, None)
    }

    /// A text behind a start, and below that as far to the right. A command stays whole, to be copied.
    pub fn wrapped(&self, start: &Line, text: &str, colour: Option<Colour>) -> Vec<Line> {
        let text = escape(text);
        let width = self.width.filter(|_| !text.starts_with("kubectl "));
        let room = width.map(|width| width.saturating_sub(start.width()).max(1));
        let mut before = start.clone();
        let mut lines = Vec::new();
        for piece in fitted(&text, room) {
            lines.push(before.with(&piece, colour));
            before = Line::default().padded(start.width());
        }
        lines
    }
}

/// The lines of an escaped text, each as wide as that at most.
pub fn fitted(text: &str, width: Option<usize>) -> Vec<Cow<'_, str>> {
    let Some(width) = width else { return vec![Cow::Borrowed(text)] };
    let options = Options::new(width)
        .word_splitter(WordSplitter::NoHyphenation)
        .word_separator(WordSeparator::AsciiSpace);
    textwrap::wrap(text, options)
}
