//! Colours that mean something.

use crossterm::style::Stylize;

/// A colour, by what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// What was, and what is bad.
    Red,
    /// What is, and what is good.
    Green,
    /// What was seen.
    Cyan,
    /// What was not seen, but follows.
    Yellow,
    /// What was computed.
    Magenta,
    /// What is secondary.
    Faint,
}

impl Colour {
    /// The text in that colour; plain where `NO_COLOR` is set. What it holds must be escaped before.
    #[must_use]
    pub fn paint(self, text: &str) -> String {
        match self {
            Self::Red => text.red().to_string(),
            Self::Green => text.green().to_string(),
            // The dark ones: the others can't be read on white.
            Self::Cyan => text.dark_cyan().to_string(),
            Self::Yellow => text.dark_yellow().to_string(),
            Self::Magenta => text.dark_magenta().to_string(),
            Self::Faint => text.dim().to_string(),
        }
    }
}
