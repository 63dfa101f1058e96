//! The colours of differences.

use crossterm::style::Stylize;

/// A colour that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// What was.
    Red,
    /// What is.
    Green,
}

impl Colour {
    /// The text in that colour; plain where `NO_COLOR` is set. What it holds must be escaped before.
    #[must_use]
    pub fn paint(self, text: &str) -> String {
        match self {
            Self::Red => text.red().to_string(),
            Self::Green => text.green().to_string(),
        }
    }
}
