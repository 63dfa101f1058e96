//! Another clock for the control plane: the times that it wrote are shifted on their way to the client, and those that
//! the node wrote are not.
//!
//! The node's are the kubelet's own events and what it writes into a pod's status. All else in an answer is the control
//! plane's, also when the kubelet wrote: the server notes the time of each write itself. Only answers are shifted, so
//! that what a client writes comes back to it unchanged.

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, DATE};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

const NODE: &str = "kubelet";

/// Fields that hold a time of whoever wrote the object.
const TIMES: [&str; 9] = [
    "creationTimestamp",
    "deletionTimestamp",
    "eventTime",
    "firstTimestamp",
    "lastObservedTime",
    "lastTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    // Of an entry of `managedFields`.
    "time",
];

/// Conditions whose times the kubelet writes (pkg/kubelet/types/pod_status.go). That of PodScheduled it only keeps.
const BY_NODE: [&str; 4] = ["ContainersReady", "Initialized", "PodReadyToStartContainers", "Ready"];

/// The server's clock less that of everybody else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift(pub SignedDuration);

impl Shift {
    pub(super) fn is_none(self) -> bool {
        self.0.is_zero()
    }

    /// What is said of an answer beside its body: its length will be another.
    pub(super) fn headers(self, headers: &mut HeaderMap) {
        let now = self.of(Timestamp::now());
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).expect("a time of this age");
        headers.insert(DATE, date.parse().expect("a date is a header value"));
        headers.remove(CONTENT_LENGTH);
    }

    /// One line of a body: an object, a list, or an event of a watch. What is no JSON stays as it is.
    fn line(self, line: &[u8]) -> Vec<u8> {
        let Ok(mut value) = serde_json::from_slice(line) else { return line.to_vec() };
        self.value(&mut value);
        let mut shifted = value.to_string().into_bytes();
        shifted.extend(line.ends_with(b"\n").then_some(b'\n'));
        shifted
    }

    fn value(self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) if is_condition_by_node(fields) => {}
            Value::Object(fields) if is_event_by_node(fields) => {
                self.value(fields.get_mut("metadata").unwrap_or(&mut Value::Null));
            }
            Value::Object(fields) => {
                let first = self.name_of_event(fields);
                fields.iter_mut().for_each(|(name, value)| self.field(name, value));
                // The rest of the second, which was cut off, is known here.
                if let Some(first) = first {
                    for field in ["firstTimestamp", "lastTimestamp"] {
                        fields.insert(field.to_owned(), json!(first));
                    }
                }
            }
            _ => {}
        }
    }

    fn field(self, name: &str, value: &mut Value) {
        let time = value.as_str().filter(|_| TIMES.contains(&name)).and_then(|text| text.parse().ok());
        match time {
            // A second that was cut off is as long as before, and begins then. With the fraction it keeps, it says
            // what is known, where one that is cut off again would claim more.
            Some(time) => *value = json!(self.of(time)),
            // They come from clients.
            None if ["annotations", "labels"].contains(&name) => {}
            None => self.value(value),
        }
    }

    /// Events are named by when they happened first, to the nanosecond (client-go, tools/record/event.go: `makeEvent`).
    /// Renames one, and gives its second where it has one that happened once.
    fn name_of_event(self, fields: &mut Map<String, Value>) -> Option<Timestamp> {
        fields.get("involvedObject")?;
        let name = fields.get("metadata")?.get("name")?.as_str()?;
        let (object, suffix) = name.rsplit_once('.')?;
        let nanoseconds = i64::from_str_radix(suffix, 16).ok()?;
        let exact = self.of(Timestamp::from_nanosecond(nanoseconds.into()).ok()?);
        let renamed = format!("{object}.{:x}", exact.as_nanosecond());
        fields["metadata"]["name"] = json!(renamed);
        let [first, last] = ["firstTimestamp", "lastTimestamp"].map(|field| fields.get(field)?.as_str());
        let second = Timestamp::from_second(exact.as_second()).ok();
        second.filter(|_| first.is_some() && first == last)
    }

    fn of(self, time: Timestamp) -> Timestamp {
        time + self.0
    }
}

fn is_event_by_node(fields: &Map<String, Value>) -> bool {
    let source = fields.get("source").and_then(|source| source.get("component"));
    [source, fields.get("reportingComponent")].into_iter().flatten().any(|writer| writer == NODE)
}

fn is_condition_by_node(fields: &Map<String, Value>) -> bool {
    let kind = fields.get("type").and_then(Value::as_str);
    fields.contains_key("lastTransitionTime") && kind.is_some_and(|kind| BY_NODE.contains(&kind))
}

/// A body on its way, of which only whole lines can be shifted.
pub(super) struct Lines {
    shift: Shift,
    begun: Vec<u8>,
}

impl Lines {
    pub(super) fn new(shift: Shift) -> Self {
        Self { shift, begun: Vec::new() }
    }

    /// The lines that are complete with this.
    pub(super) fn with(&mut self, data: Bytes) -> Bytes {
        if self.shift.is_none() {
            return data;
        }
        self.begun.extend_from_slice(&data);
        let complete = self.begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let rest = self.begun.split_off(complete);
        let lines = std::mem::replace(&mut self.begun, rest);
        lines.split_inclusive(|byte| *byte == b'\n').flat_map(|line| self.shift.line(line)).collect()
    }

    /// What came after the last whole line.
    pub(super) fn rest(&mut self) -> Bytes {
        self.shift.line(&std::mem::take(&mut self.begun)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By half a second.
    fn shifted(value: Value) -> Value {
        let line = Shift(SignedDuration::from_millis(500)).line(value.to_string().as_bytes());
        serde_json::from_slice(&line).expect("JSON stays JSON")
    }

    fn event(component: &str, name: &str, first: &str, created: &str) -> Value {
        json!({
            "metadata": {"name": name, "creationTimestamp": created},
            "involvedObject": {"kind": "Pod"},
            "source": {"component": component},
            "firstTimestamp": first,
            "lastTimestamp": first,
        })
    }

    #[test]
    fn events_are_shifted_but_for_what_the_kubelet_wrote() {
        let [ten, half_past, eleven] = ["10Z", "10.5Z", "11Z"].map(|end| format!("2026-01-01T00:00:{end}"));
        // 10.6 and 11.1
        let [name, renamed] = ["web.1886725465c92a00", "web.1886725483968f00"];
        let at = |name: &str| i64::from_str_radix(name.strip_prefix("web.").expect("a name"), 16);
        assert_eq!(at(renamed).expect("a number") - at(name).expect("a number"), 500_000_000);
        assert_eq!(shifted(event("kubelet", name, &ten, &ten)), event("kubelet", name, &ten, &half_past));
        let expected = event("replicaset-controller", renamed, &eleven, &half_past);
        assert_eq!(shifted(event("replicaset-controller", name, &ten, &ten)), expected);
    }

    #[test]
    fn a_pod_is_shifted_but_for_what_the_kubelet_wrote() {
        let pod = |server: &str| {
            let node = "2026-01-01T00:00:10Z";
            json!({
                "metadata": {
                    "creationTimestamp": server,
                    "managedFields": [{"manager": "kubelet", "time": server}],
                    "annotations": {"time": node},
                },
                "status": {
                    "conditions": [
                        {"type": "PodScheduled", "lastTransitionTime": server},
                        {"type": "Ready", "lastTransitionTime": node},
                    ],
                    "containerStatuses": [{"state": {"running": {"startedAt": node}}}],
                    "startTime": node,
                },
            })
        };
        assert_eq!(shifted(pod("2026-01-01T00:00:10Z")), pod("2026-01-01T00:00:10.5Z"));
    }

    #[test]
    fn only_whole_lines_are_shifted() {
        let mut lines = Lines::new(Shift(SignedDuration::from_secs(2)));
        let line = r#"{"time":"2026-01-01T00:00:10Z"}"#;
        assert_eq!(lines.with(Bytes::from(&line[..20])), "");
        let both = lines.with(Bytes::from(format!("{}\nno JSON\n{{", &line[20..])));
        assert_eq!(both, "{\"time\":\"2026-01-01T00:00:12Z\"}\nno JSON\n");
        assert_eq!(lines.with(Bytes::from("}")), "");
        assert_eq!(lines.rest(), "{}");
        let mut unshifted = Lines::new(Shift(SignedDuration::ZERO));
        assert_eq!((unshifted.with(Bytes::from("{")), unshifted.rest()), (Bytes::from("{"), Bytes::new()));
    }
}
