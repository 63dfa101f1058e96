//! What was told already: after a watch broke, the same events are read once more.

use std::collections::HashMap;

use drover::model::event::Event;

/// The state of each event that was told last, by its uid.
#[derive(Debug, Default)]
pub struct Seen(HashMap<String, String>);

impl Seen {
    /// Whether it is news: one that was not seen, or that happened again.
    pub fn note(&mut self, event: &Event) -> bool {
        let version = event.resource_version.clone();
        self.0.insert(event.uid.clone(), version).is_none_or(|before| before != event.resource_version)
    }

    /// The server forgot it.
    pub fn forget(&mut self, uid: &str) {
        self.0.remove(uid);
    }

    /// Of all that the server knows, what is news. What it does not know is forgotten.
    pub fn news(&mut self, events: Vec<Event>) -> Vec<Event> {
        let before = std::mem::take(&mut self.0);
        let mut news = events;
        news.retain(|event| {
            self.note(event);
            before.get(&event.uid) != Some(&event.resource_version)
        });
        news
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    fn states(states: &[(&str, &str)]) -> Vec<Event> {
        let state = |&(uid, version): &(&str, &str)| Event {
            uid: uid.to_owned(),
            resource_version: version.to_owned(),
            ..event(uid, 1, 1, 1)
        };
        states.iter().map(state).collect()
    }

    fn told(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.uid.as_str()).collect()
    }

    #[test]
    fn nothing_is_told_twice() {
        let mut seen = Seen::default();
        assert_eq!(told(&seen.news(states(&[("a", "1"), ("b", "2")]))), ["a", "b"]);
        let followed = states(&[("b", "2"), ("b", "3"), ("c", "4")]);
        assert_eq!(followed.iter().map(|event| seen.note(event)).collect::<Vec<_>>(), [false, true, true]);
        seen.forget("c");
        let anew = states(&[("a", "5"), ("b", "3"), ("c", "4"), ("d", "6")]);
        assert_eq!(told(&seen.news(anew)), ["a", "c", "d"]);
    }
}
