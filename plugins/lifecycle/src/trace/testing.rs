//! What the tests of steps are written with: records of one minute, `2026-01-01T00:00`, told in seconds.

use drover::model::event::{Event, FetchedEvent};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Extent, Moment, Record, Step};

pub fn at(seconds: &str) -> Timestamp {
    format!("2026-01-01T00:00:{seconds}Z").parse().unwrap()
}

/// A pod as YAML, in which `@05` stands for a time.
pub fn pod(yaml: &str) -> Pod {
    let mut pod: Value = serde_saphyr::from_str(yaml).unwrap();
    fill_in(&mut pod);
    serde_json::from_value(pod).unwrap()
}

fn fill_in(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(seconds) = text.strip_prefix('@') {
                *text = at(seconds).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fill_in),
        Value::Object(fields) => fields.values_mut().for_each(fill_in),
        _ => {}
    }
}

/// What is known of a pod at 00:00:59, with events as lines of seconds, container and reason. A container's name begins
/// with a plus where it is one of the init containers; a dash stands for the pod.
pub fn record(yaml: &str, events: &str) -> Record {
    record_of(Some(pod(yaml)), events)
}

/// The same of a pod that is gone.
pub fn record_of(pod: Option<Pod>, events: &str) -> Record {
    let events = events.lines().filter(|line| !line.trim().is_empty()).map(event).collect();
    Record::new("shop".to_owned(), "web-1".to_owned(), pod, events, at("59"))
}

fn event(line: &str) -> Event {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [seconds, container, reason] = words[..] else { panic!("{line:?} is no event") };
    let time = at(seconds);
    let second = Timestamp::from_second(time.as_second()).unwrap().to_string();
    let path = match (container, container.strip_prefix('+')) {
        ("-", _) => String::new(),
        (_, Some(init)) => format!("spec.initContainers{{{init}}}"),
        _ => format!("spec.containers{{{container}}}"),
    };
    let event = json!({
        "metadata": {
            "uid": line,
            "name": format!("web-1.{:x}", time.as_nanosecond()),
            "creationTimestamp": second,
        },
        "involvedObject": {"kind": "Pod", "name": "web-1", "fieldPath": path},
        "firstTimestamp": second,
        "lastTimestamp": second,
        "reason": reason,
        "source": {"component": if container == "-" { "default-scheduler" } else { "kubelet" }},
    });
    FetchedEvent::deserialize(event).unwrap().read().unwrap()
}

/// Each step as a line: what, of which container, and its bounds in seconds.
pub fn told(steps: &[Step]) -> Vec<String> {
    steps.iter().map(line).collect()
}

fn line(step: &Step) -> String {
    let container = step.container.iter().map(|name| format!(" {name}")).collect::<String>();
    let extent = match &step.extent {
        Extent::At(moment) => bounds(moment),
        Extent::Span { begin, end } => format!("{} to {}", bounds(begin), bounds(end)),
        Extent::Since(moment) => format!("since {}", bounds(moment)),
    };
    let detail = step.detail.iter().map(|detail| format!(" ({detail})")).collect::<String>();
    format!("{:?}{container} {extent}{detail}", step.what)
}

fn bounds(moment: &Moment) -> String {
    let seconds = |time: Timestamp| time.duration_since(at("00")).as_secs_f64();
    format!("{}-{}", seconds(moment.earliest), seconds(moment.latest))
}
