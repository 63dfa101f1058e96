//! The two values of a field, in words.

use drover::print::{Colour, Line};
use serde_json::Value;

use super::files::yaml;
use super::hunk::{structure_hunks, text_hunks};
use crate::compare::{Change, MASKED, Shown};

/// How the values of a change are shown.
pub enum Values {
    /// On one line; none where the field is absent.
    Short { before: Option<String>, after: Option<String> },
    /// As texts of several lines.
    Long(Vec<Line>),
}

impl Values {
    pub fn of(change: &Change) -> Self {
        let sides = [&change.before, &change.after].map(Option::as_ref);
        if change.order {
            let [before, after] = sides.map(|side| side.map(|shown| in_order(shown.value())));
            return Self::Short { before, after };
        }
        if sides.iter().flatten().any(|shown| is_structured(shown.value())) {
            let [before, after] = sides.map(|side| side.map(yaml));
            return Self::Long(structure_hunks(before.as_deref(), after.as_deref()));
        }
        let [before, after] = sides.map(|side| side.map(|shown| text(shown.value())));
        if [&before, &after].into_iter().flatten().any(|text| text.contains('\n')) {
            return Self::Long(text_hunks(before.as_deref(), after.as_deref()));
        }
        Self::short(change)
    }

    fn short(change: &Change) -> Self {
        let [one, other] = [&change.before, &change.after].map(|side| side.as_ref().map(Shown::value));
        // "1" and 1: told apart as JSON.
        let look_alike = one.zip(other).is_some_and(|(one, other)| text(one) == text(other));
        let [before, after] =
            [one, other].map(|side| side.map(if look_alike { Value::to_string } else { word }));
        let fingerprint = before.as_ref().and_then(|before| before.strip_suffix(MASKED));
        match (fingerprint, &after) {
            // Said once for both.
            (Some(fingerprint), Some(masked)) if masked.ends_with(MASKED) => {
                Self::Short { before: Some(fingerprint.to_owned()), after }
            }
            _ => Self::Short { before, after },
        }
    }
}

/// The line with `before → after`.
pub fn arrow(line: Line, before: Option<&str>, after: Option<&str>) -> Line {
    let line = match before {
        Some(before) => line.with(before, Colour::Red),
        None => line.with("(none)", None),
    };
    let line = line.with(" → ", None);
    match after {
        Some(after) => line.with(after, Colour::Green),
        None => line.with("(gone)", None),
    }
}

/// Empty maps and lists are short.
fn is_structured(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Quoted where it would not be seen, or be taken for words of ours.
fn word(value: &Value) -> String {
    let text = text(value);
    let is_clear = !text.is_empty() && text == text.trim() && !text.starts_with(['(', '"']);
    if is_clear { text } else { value.to_string() }
}

fn in_order(keys: &Value) -> String {
    let keys = keys.as_array().into_iter().flatten();
    keys.map(text).collect::<Vec<_>>().join(", ")
}
