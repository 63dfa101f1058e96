//! The Event by which colleagues see, in `kubectl describe` of the workload, what was done and by whom.

use drover::change::{Step, Test, Write};
use drover::model::object::{EVENTS, ObjectRef, Owner};
use drover::print::escape;
use jiff::Timestamp;
use serde_json::json;

use crate::FIELD_MANAGER;
use crate::record::Record;
use crate::state::State;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Isolated,
    Restored,
}

impl Told {
    fn reason(self) -> &'static str {
        match self {
            Self::Isolated => "Isolated",
            Self::Restored => "Restored",
        }
    }

    /// When: what is told later, by a run after a kill, was so at that time already.
    fn at(self, state: &State, record: &Record) -> Timestamp {
        match self {
            Self::Isolated => record.at,
            Self::Restored => crate::record::moment(state.survey.now),
        }
    }
}

/// The writing of the Event. One isolation has one of each reason: its name is that of the isolation, so
/// that telling it twice is telling it once.
pub fn step(state: &State, uid: &str, record: &Record, told: Told) -> Step {
    let workload = record.workload();
    let (reason, at, namespace) = (told.reason(), told.at(state, record), &state.survey.namespace);
    let name = format!("{}.{uid}.{}", reason.to_lowercase(), record.at.as_second());
    let mut about = json!({
        "kind": workload.kind, "name": workload.name, "uid": workload.uid, "namespace": namespace,
    });
    if let Some(version) = api_version(workload) {
        about["apiVersion"] = json!(version);
    }
    let object = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": about,
        "type": "Normal",
        "reason": reason,
        "message": message(state, record, told),
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    });
    let target = ObjectRef::namespaced(EVENTS, namespace, name);
    let effect = vec![
        Test::equals(["reason"], reason),
        Test::equals(["involvedObject", "uid"], workload.uid.as_str()),
    ];
    Step { title: format!("tell of it on {workload}"), write: Write::create(target, object, effect) }
}

fn message(state: &State, record: &Record, told: Told) -> String {
    let (target, by) = (state.target(), &record.by);
    match told {
        Told::Isolated => {
            let why = record.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let from = if record.traffic_only { "traffic" } else { "its controller and traffic" };
            shortened(format!("{by} took {target} out of {from}{why}"))
        }
        Told::Restored => {
            shortened(format!("{} put {target} back, which {by} had taken out", state.survey.user))
        }
    }
}

/// The server takes no more than 1024 bytes (pkg/apis/core/validation/events.go: `NoteLengthLimit`).
/// Not every reader of Events takes care of what could steer a terminal.
fn shortened(message: String) -> String {
    const LONGEST: usize = 1_000;
    let mut message = escape(&message).into_owned();
    if message.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| message.is_char_boundary(*end)).unwrap_or_default();
        message.truncate(end);
        message.push('…');
    }
    message
}

/// `kubectl describe` finds Events by kind, name and uid; where the version is known it is said too.
fn api_version(owner: &Owner) -> Option<&'static str> {
    match owner.kind.as_str() {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => Some("apps/v1"),
        "ReplicationController" => Some("v1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use drover::change::Body;

    use super::*;
    use crate::plan::isolate::{self, Wish};
    use crate::plan::testing::*;

    fn told(reason: Option<&str>) -> Step {
        let mut state = web();
        let wish = Wish { reason: reason.map(str::to_owned), ..Wish::default() };
        let plan = isolate::decide(&state, &wish).unwrap();
        apply(&mut state, &plan);
        let record = state.record().unwrap();
        step(&state, "uid-web-a", &record, Told::Isolated)
    }

    #[test]
    fn who_and_why_are_told_on_the_deployment() {
        let Body::Create(event) = told(Some("500s")).write.body else { panic!("an Event is created") };
        assert_eq!(event["involvedObject"]["kind"], "Deployment");
        assert_eq!(event["message"], "oncall took pod/web-a out of its controller and traffic: 500s");
        assert_eq!(event["lastTimestamp"], NOW);
    }

    #[test]
    fn telling_twice_is_telling_once() {
        let (one, other) = (told(None), told(None));
        assert_eq!(one.write.target, other.write.target);
        let Body::Create(event) = &one.write.body else { panic!("an Event is created") };
        assert!(other.write.effect.holds(Some(event)), "what is there already is what was to be written");
    }

    #[test]
    fn a_long_reason_is_shortened_between_characters() {
        let Body::Create(event) = told(Some(&"ö".repeat(2_000))).write.body else { panic!("an Event") };
        let message = event["message"].as_str().unwrap();
        assert!(message.len() < 1_024 && message.ends_with("ö…"), "{message}");
    }
}
