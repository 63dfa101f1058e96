//! What happened to a bundle: the events of its members, and of all that they make, between its versions.

mod family;
mod generated;
mod rows;
mod seen;

use drover::model::event::Event;
use jiff::Timestamp;
use serde::Serialize;

pub use family::{CronJobsJob, Family};
pub use rows::Columns;
pub use seen::Seen;

use crate::store::{Origin, Summary};

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Event(Event),
    Version(Summary),
}

impl Entry {
    /// When it was, or was last. Most events have whole seconds: in the same one a version comes first, since
    /// it is recorded before a change rather than after.
    fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.last,
            Self::Version(version) => Timestamp::from_second(version.at.as_second()).unwrap_or(version.at),
        }
    }
}

/// All of it, the oldest first. The server forgets events after a while: of the versions before the oldest
/// that it knows of, only the last is told.
pub fn timeline(events: Vec<Event>, versions: Vec<Summary>) -> Vec<Entry> {
    let begin = events.iter().map(|event| event.last).min();
    let mut entries: Vec<_> = versions.into_iter().map(Entry::Version).collect();
    entries.sort_by_key(Entry::at);
    let is_before = |entry: &Entry| begin.is_none_or(|begin| entry.at() < begin);
    let before = entries.iter().take_while(|entry| is_before(entry)).count();
    entries.drain(..before.saturating_sub(1));
    entries.extend(events.into_iter().map(Entry::Event));
    entries.sort_by_key(Entry::at);
    entries
}

/// One entry. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all_fields = "camelCase")]
pub enum Told<'a> {
    Event {
        /// When it happened last.
        time: Timestamp,
        /// When it happened first.
        first_time: Timestamp,
        r#type: &'a str,
        reason: &'a str,
        object: String,
        message: &'a str,
        count: i32,
    },
    Version {
        time: Timestamp,
        version: &'a str,
        origin: Origin,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    },
}

impl<'a> From<&'a Entry> for Told<'a> {
    fn from(entry: &'a Entry) -> Self {
        match entry {
            Entry::Event(event) => Self::Event {
                time: event.last,
                first_time: event.first,
                r#type: &event.r#type,
                reason: &event.reason,
                object: event.object.to_string(),
                message: &event.message,
                count: event.count,
            },
            Entry::Version(version) => Self::Version {
                time: version.at,
                version: &version.version,
                origin: version.origin,
                by: version.by.as_deref(),
                message: version.message.as_deref(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use drover::model::event::Subject;

    fn at(minute: u8) -> Timestamp {
        format!("2026-01-01T00:{minute:02}:00Z").parse().unwrap()
    }

    pub fn event(name: &str, first: u8, last: u8, count: i32) -> Event {
        Event {
            uid: "u".to_owned(),
            resource_version: "1".to_owned(),
            object: Subject { kind: "Pod".to_owned(), name: name.to_owned(), group: Some(String::new()) },
            object_uid: String::new(),
            field_path: String::new(),
            reporter: String::new(),
            first_exact: None,
            stored: None,
            r#type: "Normal".to_owned(),
            reason: "Pulled".to_owned(),
            message: "Container image\nalready present".to_owned(),
            count,
            first: at(first),
            last: at(last),
        }
    }

    pub fn version(name: &str, minute: u8) -> Summary {
        let (origin, objects, unread) = (Origin::Recorded, 1, 0);
        let (by, message) = (Some("jane".to_owned()), Some(format!("before {name}")));
        let (attempt, chunks) = (String::new(), Vec::new());
        let at = at(minute).checked_add(jiff::SignedDuration::from_millis(900)).unwrap();
        Summary { version: name.to_owned(), origin, at, by, message, objects, unread, attempt, chunks }
    }

    fn told(entries: &[Entry]) -> Vec<&str> {
        fn name(entry: &Entry) -> &str {
            match entry {
                Entry::Event(event) => &event.object.name,
                Entry::Version(version) => &version.version,
            }
        }
        entries.iter().map(name).collect()
    }

    #[test]
    fn versions_stand_between_the_events_by_time() {
        let events = vec![event("b", 9, 9, 1), event("a", 1, 5, 2)];
        let versions = ["1", "2", "3", "4"].into_iter().zip([1, 2, 5, 7]);
        let versions: Vec<_> = versions.map(|(name, minute)| version(name, minute)).collect();
        assert_eq!(told(&timeline(events, versions.clone())), ["2", "3", "a", "4", "b"]);
        assert_eq!(told(&timeline(Vec::new(), versions)), ["4"]);
    }

    #[test]
    fn programs_tell_events_from_versions() {
        let told = |entry: &Entry| serde_json::to_value(Told::from(entry)).unwrap();
        assert_eq!(
            told(&Entry::Event(event("web", 1, 5, 2))),
            json!({
                "kind": "Event", "time": "2026-01-01T00:05:00Z", "firstTime": "2026-01-01T00:01:00Z",
                "type": "Normal", "reason": "Pulled", "object": "pod/web",
                "message": "Container image\nalready present", "count": 2,
            })
        );
        assert_eq!(
            told(&Entry::Version(version("7", 5))),
            json!({
                "kind": "Version", "time": "2026-01-01T00:05:00.9Z", "version": "7", "origin": "recorded",
                "by": "jane", "message": "before 7",
            })
        );
    }
}
