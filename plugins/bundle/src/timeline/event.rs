//! One event, in whichever of its two shapes it was written.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use serde::Deserialize;

use drover::model::object::Metadata;

/// What happened to one object, as often as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub uid: String,
    /// Changes each time it happens again.
    pub resource_version: String,
    pub object: Subject,
    /// `Normal` or `Warning`.
    pub r#type: String,
    pub reason: String,
    pub message: String,
    pub count: i32,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// What an event is about. Events outlive their objects, so that no uid is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub kind: String,
    pub name: String,
    /// None where the event does not say it.
    pub group: Option<String>,
}

/// `deployment.apps/web`: as other objects are named.
impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.kind.to_lowercase())?;
        if let Some(group) = self.group.as_ref().filter(|group| !group.is_empty()) {
            write!(formatter, ".{group}")?;
        }
        write!(formatter, "/{}", self.name)
    }
}

impl Subject {
    /// Without its group, so that it stays narrow.
    pub fn short(&self) -> String {
        format!("{}/{}", self.kind.to_lowercase(), self.name)
    }
}

/// An event as the server has it: `count` and `lastTimestamp` of the older clients, or `eventTime` and a
/// series of those that write `events.k8s.io` (k8s.io/api/core/v1: `Event`). Either leaves the other's null.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FetchedEvent {
    metadata: Metadata,
    involved_object: ObjectReference,
    r#type: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    count: Option<i32>,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Option<Series>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Series {
    count: i32,
    last_observed_time: Option<Timestamp>,
}

impl FetchedEvent {
    /// What it is about; none where it does not say it.
    pub fn subject(&self) -> Option<Subject> {
        let ObjectReference { kind, name, api_version, .. } = self.involved_object.clone();
        let group = api_version.map(|version| match version.split_once('/') {
            Some((group, _)) => group.to_owned(),
            None => String::new(),
        });
        Some(Subject { kind: kind?, name: name?, group })
    }

    /// The event; none where it says neither when nor of what.
    pub fn read(self) -> Option<Event> {
        let object = self.subject()?;
        let created = self.metadata.creation_timestamp;
        let seen = self.series.as_ref().and_then(|series| series.last_observed_time);
        let first = self.event_time.or(self.first_timestamp);
        let last = seen.or(self.last_timestamp).or(first).or(created)?;
        let count = self.series.map(|series| series.count).or(self.count).unwrap_or(1);
        Some(Event {
            uid: self.metadata.uid,
            resource_version: self.metadata.resource_version,
            object,
            r#type: self.r#type.unwrap_or_default(),
            reason: self.reason.unwrap_or_default(),
            message: self.message.unwrap_or_default().trim().to_owned(),
            count: count.max(1),
            first: first.unwrap_or(last),
            last,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(mut fields: Value) -> Option<Event> {
        fields["metadata"] = json!({"uid": "u", "creationTimestamp": "2026-01-01T00:00:09Z"});
        FetchedEvent::deserialize(fields).unwrap().read()
    }

    fn times(event: &Event) -> (String, String, i32) {
        (event.first.to_string(), event.last.to_string(), event.count)
    }

    #[test]
    fn the_older_shape() {
        let event = read(json!({
            "involvedObject": {"kind": "Deployment", "apiVersion": "apps/v1", "name": "web"},
            "firstTimestamp": "2026-01-01T00:00:01Z",
            "lastTimestamp": "2026-01-01T00:00:05Z",
            "eventTime": null,
            "count": 3,
            "message": "Scaled up \n",
        }))
        .unwrap();
        assert_eq!(times(&event), ("2026-01-01T00:00:01Z".to_owned(), "2026-01-01T00:00:05Z".to_owned(), 3));
        assert_eq!(
            (event.object.to_string().as_str(), &*event.message),
            ("deployment.apps/web", "Scaled up")
        );
    }

    #[test]
    fn the_newer_shape() {
        let event = json!({
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "name": "web-1"},
            "firstTimestamp": null,
            "lastTimestamp": null,
            "eventTime": "2026-01-01T00:00:02.123456Z",
        });
        let mut again = event.clone();
        again["series"] = json!({"count": 4, "lastObservedTime": "2026-01-01T00:00:07.000000Z"});
        let (event, again) = (read(event).unwrap(), read(again).unwrap());
        let first = "2026-01-01T00:00:02.123456Z".to_owned();
        assert_eq!(times(&event), (first.clone(), first.clone(), 1));
        assert_eq!(times(&again), (first, "2026-01-01T00:00:07Z".to_owned(), 4));
        assert_eq!(event.object.to_string(), "pod/web-1");
    }

    #[test]
    fn one_without_any_time_has_that_of_its_creation() {
        let event = read(json!({"involvedObject": {"kind": "Pod", "name": "web-1"}})).unwrap();
        assert_eq!((event.last.to_string().as_str(), event.count), ("2026-01-01T00:00:09Z", 1));
        assert_eq!(event.object.group, None);
        assert_eq!(read(json!({"involvedObject": {"kind": "Pod"}})), None);
    }
}
