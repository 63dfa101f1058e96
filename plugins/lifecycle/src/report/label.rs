//! What a step is called, in the room there is.

use drover::print::escape;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::words::name;
use crate::trace::{Step, What};

/// A container's name is not shortened to less than that for a detail.
const CONTAINER: usize = 12;
/// A shorter part says nothing.
const LEAST: usize = 3;

/// The parts of a step's name, escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub container: String,
    pub detail: String,
}

impl Label {
    pub fn of(step: &Step) -> Self {
        let escaped = |text: &Option<String>| escape(text.as_deref().unwrap_or_default()).into_owned();
        // What is said of the request is said of the whole shutdown, in the heading.
        let detail = if step.what == What::DeletionRequested { String::new() } else { escaped(&step.detail) };
        Self { name: name(step.what).to_owned(), container: escaped(&step.container), detail }
    }

    /// Its parts behind each other.
    pub fn text(&self) -> String {
        let parts = [self.name.as_str(), &self.container, &self.detail];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.name.width() + behind_a_space(&self.container) + behind_a_space(&self.detail)
    }

    /// The same, shortened to so many columns: first the container's name as far as its detail needs it,
    /// then the detail, and on the narrowest screen what happened.
    pub fn fitted(self, room: usize) -> Self {
        if self.width() <= room {
            return self;
        }
        let name = shortened(&self.name, room);
        let rest = room.saturating_sub(name.width());
        let for_detail = behind_a_space(&self.detail);
        let container = rest.saturating_sub(for_detail + 1).max(CONTAINER).min(rest.saturating_sub(1));
        let container = if container < LEAST { String::new() } else { shortened(&self.container, container) };
        let rest = rest.saturating_sub(behind_a_space(&container) + 1);
        let detail = if rest < LEAST { String::new() } else { shortened(&self.detail, rest) };
        Self { name, container, detail }
    }
}

fn behind_a_space(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.width() + 1 }
}

/// The beginning of a text, and `…` where something is missing.
pub fn shortened(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut free = columns.saturating_sub(1);
    for character in text.chars() {
        let width = character.width().unwrap_or_default();
        if width > free {
            break;
        }
        free -= width;
        short.push(character);
    }
    if columns > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(container: &str, detail: &str, room: usize) -> String {
        let label =
            Label { name: "exit".to_owned(), container: container.to_owned(), detail: detail.to_owned() };
        let label = label.fitted(room);
        assert!(label.width() <= room, "{label:?}");
        label.text()
    }

    #[test]
    fn what_is_long_is_shortened_and_what_is_short_stays() {
        let long = "istio-proxy-of-the-whole-mesh";
        assert_eq!(fitted("web", "137", 20), "exit web 137");
        assert_eq!(fitted(long, "137", 24), "exit istio-proxy-of… 137");
        assert_eq!(fitted("web", "137 because of the memory", 20), "exit web 137 becaus…");
        assert_eq!(fitted(long, "137 because of the memory", 24), "exit istio-proxy… 137 b…");
        assert_eq!(fitted(long, "137", 12), "exit istio-…");
        assert_eq!(fitted("web", "137", 7), "exit");
        assert_eq!(fitted("web", "137", 3), "ex…");
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        assert_eq!(shortened("日本語", 6), "日本語");
        assert_eq!(shortened("日本語", 5), "日本…");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("日本語", 0), "");
    }
}
