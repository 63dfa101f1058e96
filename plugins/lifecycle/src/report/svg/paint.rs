//! What a picture is made with: text, tones and hatching.

use drover::print::escape;

use crate::report::words::Tone;
use crate::trace::{Certainty, Sign};

/// Middle tones: they can be read on white and on black.
pub const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#737b86}\
.head{font-weight:600;font-size:15px}\
.number{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}\
.left{text-anchor:end}\
.tick{stroke:#737b86;stroke-opacity:.25}";

/// Middle tones, as those of the texts.
pub fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Known(Certainty::Observed) => "#3b82d6",
        Tone::Known(Certainty::Inferred) => "#c98a1b",
        Tone::Known(Certainty::Computed) => "#9a6dd7",
        Tone::Known(Certainty::Instrumented) => "#1f9d8b",
        Tone::Bad => "#dc4c4c",
    }
}

/// The name of a colour's hatching.
pub fn hatch(colour: &str) -> String {
    format!("hatch-{}", colour.trim_start_matches('#'))
}

/// The hatching itself.
pub fn pattern(colour: &str) -> String {
    let name = hatch(colour);
    format!(
        r#"<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="{colour}" fill-opacity=".22"/><rect width="2.5" height="6" fill="{colour}" fill-opacity=".75"/></pattern>"#
    )
}

/// Text as XML holds it: control characters, which it can't hold, as `\u{1b}`.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in escape(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

/// The tone of a verdict.
pub fn sign_colour(sign: Sign) -> &'static str {
    match sign {
        Sign::Good => "#2da44e",
        Sign::Bad => colour(Tone::Bad),
        Sign::Note => "#737b86",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text() {
        assert_eq!(xml("<b a='1' c=\"2\">&größe"), "&lt;b a='1' c=&quot;2&quot;&gt;&amp;größe");
        assert_eq!(xml("\0\x1b\n\u{9b}\u{202e}\u{fffe}"), "\\u{0}\\u{1b}\\n\\u{9b}\\u{202e}\\u{fffe}");
    }
}
