//! Events, in whichever of their two shapes they were written.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use serde::Deserialize;

use super::object::Metadata;

/// What happened to one object, as often as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Of the event itself.
    pub uid: String,
    /// Changes each time it happens again.
    pub resource_version: String,
    /// What it is about.
    pub object: Subject,
    /// The uid of that, where the event says it: another object may have had the same name.
    pub object_uid: String,
    /// The part of the object, such as `spec.containers{web}`; empty where it is the whole.
    pub field_path: String,
    /// `Normal` or `Warning`.
    pub r#type: String,
    /// A word for machines, such as `Killing`.
    pub reason: String,
    /// A sentence for people: its wording differs between versions of Kubernetes.
    pub message: String,
    /// Who wrote it, such as `kubelet`.
    pub reporter: String,
    /// How often it happened, at least once.
    pub count: i32,
    /// When it happened first, by its writer's clock; of older clients in whole seconds.
    pub first: Timestamp,
    /// When it happened last, likewise.
    pub last: Timestamp,
    /// When it happened first, to the nanosecond: older clients name their events by it (client-go,
    /// tools/record/event.go: `makeEvent`; observed on 1.35). None where the name says something else.
    pub first_exact: Option<Timestamp>,
    /// When the server stored it, by the server's clock, in whole seconds.
    pub stored: Option<Timestamp>,
}

/// What an event is about. Events outlive their objects, so that no uid is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Such as `Pod`.
    pub kind: String,
    /// Its name.
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
    #[must_use]
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
    reporting_component: Option<String>,
    source: Source,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    component: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Series {
    count: i32,
    last_observed_time: Option<Timestamp>,
}

impl FetchedEvent {
    /// What it is about; none where it does not say it.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        let ObjectReference { kind, name, api_version, .. } = self.involved_object.clone();
        let group = api_version.map(|version| match version.split_once('/') {
            Some((group, _)) => group.to_owned(),
            None => String::new(),
        });
        Some(Subject { kind: kind?, name: name?, group })
    }

    /// The event; none where it says neither when nor of what.
    #[must_use]
    pub fn read(self) -> Option<Event> {
        let object = self.subject()?;
        let created = self.metadata.creation_timestamp;
        let seen = self.series.as_ref().and_then(|series| series.last_observed_time);
        let first = self.event_time.or(self.first_timestamp);
        let last = seen.or(self.last_timestamp).or(first).or(created)?;
        let first = first.unwrap_or(last);
        let count = self.series.map(|series| series.count).or(self.count).unwrap_or(1);
        Some(Event {
            uid: self.metadata.uid,
            resource_version: self.metadata.resource_version,
            object,
            r#type: self.r#type.unwrap_or_default(),
            reason: self.reason.unwrap_or_default(),
            message: self.message.unwrap_or_default().trim().to_owned(),
            count: count.max(1),
            first_exact: exact(&self.metadata.name, first),
            first,
            last,
            object_uid: self.involved_object.uid.unwrap_or_default(),
            field_path: self.involved_object.field_path.unwrap_or_default(),
            reporter: self
                .reporting_component
                .filter(|component| !component.is_empty())
                .or(self.source.component)
                .unwrap_or_default(),
            stored: created,
        })
    }
}

/// The time in an event's name, after its last dot, in hexadecimal nanoseconds: as long as it lies within the
/// second that the event says.
fn exact(name: &str, first: Timestamp) -> Option<Timestamp> {
    let (_, suffix) = name.rsplit_once('.')?;
    let nanoseconds = i128::from(i64::from_str_radix(suffix, 16).ok()?);
    let exact = Timestamp::from_nanosecond(nanoseconds).ok()?;
    (exact.as_second() == first.as_second()).then_some(exact)
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

    #[test]
    fn a_name_tells_the_time_to_the_nanosecond() {
        // As observed: web.18eb6d9933925710 with firstTimestamp 23:29:41.
        let first = "2026-11-25T23:29:41Z".parse().unwrap();
        let exact = |name| exact(name, first).map(|time| time.to_string());
        assert_eq!(exact("web.18eb6d9933925710").as_deref(), Some("2026-11-25T23:29:41.199927056Z"));
        for other in ["web.18eb6d9a52598f12", "web", "web.5b1f9a3c-2d4e-4c59-9d9f", "web.z"] {
            assert_eq!(exact(other), None, "{other}");
        }
    }
}
