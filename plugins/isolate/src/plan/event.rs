//! The Event by which colleagues see, in `kubectl describe` of the workload, what was done and by whom.

use drover::change::{Step, Test, Write};
use drover::model::object::{EVENTS, ObjectRef, Owner};
use drover::print::escape;
use jiff::Timestamp;
use serde_json::json;

use crate::FIELD_MANAGER;
use crate::record::{Record, moment};
use crate::state::State;

/// One isolation, as far as it is told of. It has one Event of each reason, named after itself, so that
/// telling it twice is telling it once.
pub struct Story {
    namespace: String,
    /// The pod, as people name it.
    target: String,
    uid: String,
    /// Who we are, which may be somebody else than who isolated it.
    user: String,
    record: Record,
}

impl Story {
    /// None where there is no pod, or the user may not write Events, which was said beforehand.
    pub fn of(state: &State, record: &Record) -> Option<Self> {
        let pod = state.subject.pod.as_ref().filter(|_| state.may("create", EVENTS))?;
        Some(Self {
            namespace: state.survey.namespace.clone(),
            target: state.target().to_string(),
            uid: pod.metadata.uid.clone(),
            user: state.survey.user.clone(),
            record: record.clone(),
        })
    }

    /// What it is told of.
    pub fn workload(&self) -> &Owner {
        self.record.workload()
    }

    /// That the pod is out. What is told later, by a run after a kill, was so when it began.
    pub fn isolated(&self) -> Step {
        let Record { by, reason, traffic_only, at, .. } = &self.record;
        let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let from = if *traffic_only { "traffic" } else { "its controller and traffic" };
        self.step("Isolated", *at, format!("{by} took {} out of {from}{why}", self.target))
    }

    /// That it is back.
    pub fn restored(&self, at: Timestamp) -> Step {
        let Self { user, target, record, .. } = self;
        self.step(
            "Restored",
            moment(at),
            format!("{user} put {target} back, which {} had taken out", record.by),
        )
    }

    fn step(&self, reason: &str, at: Timestamp, message: String) -> Step {
        let (workload, namespace) = (self.workload(), &self.namespace);
        let name = format!("{}.{}.{}", reason.to_lowercase(), self.uid, self.record.at.as_second());
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
            "message": shortened(&message),
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
}

/// The server takes no more than 1024 bytes (pkg/apis/core/validation/events.go: `NoteLengthLimit`).
/// Not every reader of Events takes care of what could steer a terminal.
fn shortened(message: &str) -> String {
    const LONGEST: usize = 1_000;
    let mut message = escape(message).into_owned();
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
    use drover::cluster::Right;

    use super::*;
    use crate::plan::isolate::{self, Wish};
    use crate::plan::testing::*;

    fn story(reason: Option<&str>) -> Story {
        let mut state = web();
        let wish = Wish { reason: reason.map(str::to_owned), ..Wish::default() };
        let plan = isolate::decide(&state, &wish).unwrap();
        apply(&mut state, &plan);
        Story::of(&state, &state.record().unwrap()).unwrap()
    }

    fn told(reason: Option<&str>) -> Step {
        story(reason).isolated()
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
    fn who_put_it_back_is_told_beside() {
        let at = "2026-11-22T13:00:00.7Z".parse().unwrap();
        let step = story(None).restored(at);
        assert_ne!(step.write.target, told(None).write.target);
        let Body::Create(event) = step.write.body else { panic!("an Event is created") };
        assert_eq!(event["message"], "oncall put pod/web-a back, which oncall had taken out");
        assert_eq!(event["lastTimestamp"], "2026-11-22T13:00:00Z", "in whole seconds, as Events have them");
    }

    #[test]
    fn who_may_write_none_tells_nothing() {
        let mut state = web();
        let plan = isolate::decide(&state, &Wish::default()).unwrap();
        apply(&mut state, &plan);
        state.survey.lacking = vec![Right { verb: "create", resource: EVENTS, namespace: None }];
        assert!(Story::of(&state, &state.record().unwrap()).is_none());
    }

    #[test]
    fn a_long_reason_is_shortened_between_characters() {
        let Body::Create(event) = told(Some(&"ö".repeat(2_000))).write.body else { panic!("an Event") };
        let message = event["message"].as_str().unwrap();
        assert!(message.len() < 1_024 && message.ends_with("ö…"), "{message}");
    }
}
