//! Text from a cluster must not be able to steer a terminal.

use std::borrow::Cow;

/// Replaces control characters, and the invisible ones that reorder text, by their Rust escapes
/// (`\u{1b}`); ordinary text is returned as it is.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers_terminal) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if steers_terminal(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Whether a terminal takes a character for more than a sign to show.
pub(super) fn steers_terminal(character: char) -> bool {
    // Bidirectional overrides and isolates: Unicode UAX #9, 2.
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_steers_a_terminal_is_escaped() {
        assert_eq!(escape("größe 日本"), "größe 日本");
        assert_eq!(escape("a\x1b[2Jb\r\n"), "a\\u{1b}[2Jb\\r\\n");
        assert_eq!(escape("x\u{202e}y"), "x\\u{202e}y");
    }
}
