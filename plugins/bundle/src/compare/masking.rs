//! The values of Secrets, as they may be shown: by a fingerprint.
//!
//! A [`Shown`] is the only form in which a value leaves a comparison, and only [`Masks`] make one.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use drover::cli::Failure;
use drover::model::object::Resource;
use ring::hmac;
use ring::rand::SystemRandom;
use serde::Serialize;
use serde_json::Value;

use crate::kinds::SECRETS;

/// What follows a fingerprint.
pub const MASKED: &str = " (masked)";

/// Bytes of a fingerprint that are shown: enough to tell values apart, too few to guess one from.
const SHOWN_BYTES: usize = 4;

/// Shorter values would be found in half of all texts.
const SHORTEST_FOUND: usize = 4;

/// A value that may be shown: not a Secret's, or masked, or asked for.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Shown(Value);

impl Shown {
    pub fn value(&self) -> &Value {
        &self.0
    }
}

/// It may be revealed, which is no reason to have it in a log.
impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shown(..)")
    }
}

/// How the values of Secrets are shown in one output: with one `Masking`, equal values look equal.
pub struct Masking {
    reveal: bool,
    /// Random: a fingerprint says nothing to who has it without the process that made it.
    salt: hmac::Key,
}

/// Without its salt.
impl fmt::Debug for Masking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Masking").field("reveal", &self.reveal).finish_non_exhaustive()
    }
}

impl Masking {
    /// Shows fingerprints, or with `reveal` what is in the Secrets.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new(reveal: bool) -> Result<Self, Failure> {
        let salt = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let salt = salt.map_err(|_| Failure::new("the system gives no random bytes to mask Secrets with"))?;
        Ok(Self { reveal, salt })
    }

    /// What to mask in these states of one object, which are all that may be shown with it.
    pub(super) fn masks(&self, resource: Resource, objects: [&Value; 2]) -> Masks<'_> {
        let is_secret = resource.group == SECRETS.group && resource.kind == SECRETS.kind;
        let mut forms = Vec::new();
        if is_secret && !self.reveal {
            let secrets: BTreeSet<_> = objects.into_iter().flat_map(secrets).collect();
            // No text holds a secret that is longer, and the forms of a large one are many times as large.
            let longest =
                objects.into_iter().map(|object| longest_text("", object)).max().unwrap_or_default();
            let findable = secrets.iter().filter(|secret| (SHORTEST_FOUND..=longest).contains(&secret.len()));
            findable.for_each(|secret| add_forms(&mut forms, secret));
        }
        Masks { masking: self, is_secret, forms }
    }

    /// The same for the same bytes.
    fn fingerprint(&self, secret: &[u8]) -> Value {
        let digest = hmac::sign(&self.salt, secret);
        let shown: String =
            digest.as_ref().iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Value::String(format!("{shown}{MASKED}"))
    }
}

/// What to mask in the states of one object.
pub struct Masks<'a> {
    masking: &'a Masking,
    is_secret: bool,
    /// What gives a secret away, wherever it stands.
    forms: Vec<String>,
}

/// Without the secrets.
impl fmt::Debug for Masks<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Masks").field("is_secret", &self.is_secret).finish_non_exhaustive()
    }
}

impl Masks<'_> {
    /// The value at this JSON pointer of the object, as it may be shown.
    pub fn shown(&self, pointer: &str, value: &Value) -> Shown {
        Shown(if self.is_secret { self.masked(pointer, value) } else { value.clone() })
    }

    fn masked(&self, pointer: &str, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let below = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), self.masked(&format!("{pointer}/{name}"), value)));
                Value::Object(below.collect())
            }
            Value::Array(items) => items.iter().map(|item| self.masked(pointer, item)).collect(),
            Value::String(text) => match pointer.split('/').nth(1) {
                Some("data") => self.secret(text, &decoded(text)),
                Some("stringData") => self.secret(text, text.as_bytes()),
                _ if self.gives_away(text) => self.masking.fingerprint(text.as_bytes()),
                _ => value.clone(),
            },
            // No Secret that the server took has any other value there.
            _ => value.clone(),
        }
    }

    fn secret(&self, text: &str, secret: &[u8]) -> Value {
        match std::str::from_utf8(secret) {
            _ if !self.masking.reveal => self.masking.fingerprint(secret),
            Ok(readable) => Value::String(readable.to_owned()),
            Err(_) => Value::String(text.to_owned()),
        }
    }

    fn gives_away(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

/// Whether it is a field of the values of a Secret, or below one.
fn is_values(pointer: &str) -> bool {
    matches!(pointer.split('/').nth(1), Some("data" | "stringData"))
}

/// The length of the longest text of a Secret that is none of its values.
fn longest_text(pointer: &str, value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Object(fields) => {
            let below = fields.iter().map(|(name, value)| (format!("{pointer}/{name}"), value));
            let texts = below.filter(|(pointer, _)| !is_values(pointer));
            texts.map(|(pointer, value)| longest_text(&pointer, value)).max().unwrap_or_default()
        }
        Value::Array(items) => items.iter().map(|item| longest_text(pointer, item)).max().unwrap_or_default(),
        _ => 0,
    }
}

/// The values of a Secret.
fn secrets(object: &Value) -> impl Iterator<Item = Vec<u8>> {
    let texts =
        |field: &str| object[field].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
    let data = texts("data").map(decoded);
    data.chain(texts("stringData").map(|text| text.as_bytes().to_vec()))
}

/// What is no base64 is taken as it is: the server took no such thing, but an annotation may hold it.
fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
}

/// The forms in which a text may hold a secret: plain, quoted within JSON, or in base64, as a manifest
/// has it; and each of these once more in base64, alone or among other bytes.
fn add_forms(forms: &mut Vec<String>, secret: &[u8]) {
    let mut texts = vec![STANDARD.encode(secret)];
    if let Ok(text) = std::str::from_utf8(secret) {
        let quoted = Value::from(text).to_string();
        texts.extend(quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).map(str::to_owned));
        texts.push(text.to_owned());
    }
    add_digits(forms, secret);
    texts.iter().for_each(|text| add_digits(forms, text.as_bytes()));
    forms.extend(texts);
}

/// Three bytes are four digits of base64: by how many bytes stand before them, the same bytes have three
/// forms. Their first and last digits may be those of their neighbours as well.
fn add_digits(forms: &mut Vec<String>, bytes: &[u8]) {
    for before in 0..3 {
        let bytes = [&[0; 3][..before], bytes].concat();
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.extend(alphabet.encode(&bytes).get(first..end).map(str::to_owned));
        }
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;
    use serde_json::json;

    use super::*;

    fn masking(reveal: bool) -> Masking {
        Masking::new(reveal).unwrap()
    }

    fn shown(masking: &Masking, object: &Value) -> Value {
        masking.masks(SECRETS, [object, object]).shown("", object).value().clone()
    }

    #[test]
    fn values_become_fingerprints_that_can_be_compared() {
        let masking = masking(false);
        let object = json!({
            "data": {"a": STANDARD.encode("hunter2"), "b": STANDARD.encode("other"), "empty": ""},
            "stringData": {"a": "hunter2"},
            "type": "Opaque",
        });
        let masked = shown(&masking, &object);
        assert_eq!(masked["data"]["a"], masked["stringData"]["a"]);
        assert_ne!(masked["data"]["a"], masked["data"]["b"]);
        assert_eq!(masked["type"], "Opaque");
        let (digits, rest) = masked["data"]["a"].as_str().unwrap().split_at(8);
        assert!(digits.chars().all(|digit| digit.is_ascii_hexdigit()) && rest == MASKED, "{digits}{rest}");
    }

    #[test]
    fn a_fingerprint_is_worth_nothing_elsewhere() {
        let object = json!({"data": {"a": STANDARD.encode("hunter2")}});
        assert_ne!(shown(&masking(false), &object), shown(&masking(false), &object));
    }

    #[test]
    fn no_other_text_of_the_object_holds_a_value() {
        let secret = "pass\"word\n1/?~\"";
        let json_text = json!({"data": {"a": secret}}).to_string();
        let hiding = [
            secret.to_owned(),
            format!("user:{secret}@host"),
            json_text.clone(),
            STANDARD.encode(secret),
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            format!("token={}", STANDARD.encode(secret)),
            STANDARD.encode(format!("u:{secret}")),
            STANDARD.encode(format!("us:{secret}!")),
            URL_SAFE_NO_PAD.encode(format!("use:{secret}??")),
            STANDARD.encode(&json_text),
            STANDARD.encode(format!("a: {}", STANDARD.encode(secret))),
        ];
        for field in [json!({"data": {"a": STANDARD.encode(secret)}}), json!({"stringData": {"a": secret}})] {
            for text in &hiding {
                let mut object = field.clone();
                object["metadata"] = json!({"annotations": {"x": text, "list": [text], "y": "harmless"}});
                let masked = shown(&masking(false), &object);
                assert!(!masked.to_string().contains(&Value::from(text.as_str()).to_string()), "{text}");
                assert_eq!(masked["metadata"]["annotations"]["y"], "harmless");
            }
        }
    }

    #[test]
    fn a_value_of_one_state_is_masked_in_the_other_too() {
        let before = json!({"data": {"a": STANDARD.encode("hunter2")}});
        let after = json!({"data": {}, "metadata": {"annotations": {"old": "was hunter2"}}});
        let masking = masking(false);
        let masks = masking.masks(SECRETS, [&before, &after]);
        let annotation = &after["metadata"]["annotations"]["old"];
        assert_ne!(masks.shown("/metadata/annotations/old", annotation).value(), annotation);
        assert!(masks.shown("/data/a", &before["data"]["a"]).value().as_str().unwrap().ends_with(MASKED));
        assert!(masks.shown("/data", &before["data"]).value()["a"].as_str().unwrap().ends_with(MASKED));
    }

    #[test]
    fn what_is_asked_for_is_shown_as_text_where_it_is_one() {
        let object = json!({
            "data": {"text": STANDARD.encode("größe\n"), "bytes": STANDARD.encode([0xff, 0xfe])},
            "stringData": {"a": "b"},
            "metadata": {"annotations": {"x": "größe\n"}},
        });
        let expected = json!({
            "data": {"text": "größe\n", "bytes": STANDARD.encode([0xff, 0xfe])},
            "stringData": {"a": "b"},
            "metadata": {"annotations": {"x": "größe\n"}},
        });
        assert_eq!(shown(&masking(true), &object), expected);
    }

    #[test]
    fn other_kinds_are_shown_as_they_are() {
        let object = json!({"data": {"a": "hunter2"}});
        let masking = masking(false);
        assert_eq!(*masking.masks(CONFIG_MAPS, [&object, &object]).shown("", &object).value(), object);
    }

    #[test]
    fn nothing_prints_itself() {
        let object = json!({"data": {"a": STANDARD.encode("hunter2")}});
        let masking = masking(true);
        let masks = masking.masks(SECRETS, [&object, &object]);
        let printed = format!("{masking:?} {masks:?} {:?}", masks.shown("", &object));
        assert_eq!(printed, "Masking { reveal: true, .. } Masks { is_secret: true, .. } Shown(..)");
    }
}
