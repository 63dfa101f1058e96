//! Lines for a terminal, measured and coloured.

use unicode_width::UnicodeWidthStr;

use super::{Colour, escape};

/// A line of pieces, each of which may have a colour. All it is given is escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<(String, Option<Colour>)>);

impl Line {
    /// A line without colours.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self::default().with(text, None)
    }

    /// A line of one colour.
    #[must_use]
    pub fn coloured(text: &str, colour: Colour) -> Self {
        Self::default().with(text, Some(colour))
    }

    /// The line with one more piece.
    #[must_use]
    pub fn with(mut self, text: &str, colour: impl Into<Option<Colour>>) -> Self {
        self.0.push((escape(text).into_owned(), colour.into()));
        self
    }

    /// The line with another behind it.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The line behind so many spaces.
    #[must_use]
    pub fn indented(mut self, by: usize) -> Self {
        self.0.insert(0, (" ".repeat(by), None));
        self
    }

    /// The line with spaces up to that column.
    #[must_use]
    pub fn padded(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width());
        self.with(&" ".repeat(missing), None)
    }

    /// How many columns of a terminal it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.width()).sum()
    }

    /// As it is written to a terminal, or elsewhere without colours.
    #[must_use]
    pub fn text(&self, colours: bool) -> String {
        let pieces = self.0.iter().map(|(text, colour)| match colour {
            Some(colour) if colours && !text.is_empty() => colour.paint(text),
            _ => text.clone(),
        });
        pieces.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_measured_as_a_terminal_shows_it() {
        let line = Line::plain("a: ").with("日\x1b", Colour::Red).indented(2);
        assert_eq!(line.text(false), "  a: 日\\u{1b}");
        assert_eq!(line.width(), 13);
        assert_eq!(line.padded(15).with("b", None).text(false), "  a: 日\\u{1b}  b");
    }
}
