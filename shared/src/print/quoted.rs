//! Commands that are told can be pasted into a shell.

use super::escape::steers_terminal;

/// A word as a shell reads it: in quotes where it needs them.
///
/// What [`escape`](super::escape) would replace on a terminal is written as bash, zsh and ksh read it (`$'a\nb'`), so
/// that the word stays the same on its way.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:=,@%+".contains(&byte);
    if word.chars().any(steers_terminal) {
        return format!("$'{}'", word.chars().map(spelled).collect::<String>());
    }
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A character between `$'` and `'`.
fn spelled(character: char) -> String {
    match character {
        '\\' | '\'' => format!("\\{character}"),
        '\n' => r"\n".to_owned(),
        '\t' => r"\t".to_owned(),
        _ if steers_terminal(character) => format!(r"\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::escape;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_change_it() {
        for plain in ["web-1", "a.b/c:d=e,f@g%h+i", "--ttl=2h"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("500s since 14:02"), "'500s since 14:02'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("$HOME;~*größe"), "'$HOME;~*größe'");
    }

    #[test]
    fn a_word_survives_the_terminal() {
        let word = "echo it's \\ $HOME\n\ttab \u{1b}\u{202e}x";
        assert_eq!(quoted(word), r"$'echo it\'s \\ $HOME\n\ttab \u001b\u202ex'");
        assert_eq!(escape(&quoted(word)), quoted(word));
    }
}
