//! The requests that change something, each with what it requires and what it brings about.

use drover::change::{Body, Effect, Step, Test, Write, remove, set};
use drover::model::object::{HORIZONTAL_POD_AUTOSCALERS, ObjectRef, REPLICA_SETS};
use serde_json::{Value, json};

use crate::record::{DEBUG_MODE_ANNOTATION, Pinned, Record, Shape};
use crate::state::State;
use crate::workload::{Autoscaler, ReplicaSet, Workload};

const ANNOTATION: [&str; 3] = ["metadata", "annotations", DEBUG_MODE_ANNOTATION];

/// Writes the record, before anything it is needed for.
pub fn create_record(state: &State, workload: &Workload, record: &Record) -> Step {
    let object = Record::object(&workload.target, &state.namespace);
    let config_map = record.to_config_map(&object.name, workload.kind());
    let effect = vec![Test::equals(Record::path(), record.to_text())];
    Step { title: format!("write {object}"), write: Write::create(object, config_map, effect) }
}

/// Replaces the record by a newer one.
pub fn replace_record(state: &State, workload: &Workload, newer: &Record) -> Step {
    let object = Record::object(&workload.target, &state.namespace);
    let stored = state.config_map.as_ref().unwrap_or(&Value::Null);
    let [data, key] = Record::path();
    let text = newer.to_text();
    Step {
        title: format!("update {object}"),
        write: Write {
            target: object,
            require: vec![
                Test::equals(["metadata", "uid"], stored["metadata"]["uid"].clone()),
                Test::equals([data, key], stored[data][key].clone()),
            ],
            body: Body::Patch(vec![set([data, key], text.clone())]),
            effect: Effect::Shows(vec![Test::equals([data, key], text)]),
        },
    }
}

/// Forgets the record, after everything it was needed for.
pub fn delete_record(workload: &Workload, config_map: &Value) -> Step {
    let object = Record::object(&workload.target, &workload.metadata.namespace);
    let uid = config_map["metadata"]["uid"].as_str().unwrap_or_default();
    Step { title: format!("delete {object}"), write: Write::delete(object, uid) }
}

/// Puts a workload into debug mode: template, strategy and mark in one request.
pub fn debug(workload: &Workload, record: &Record) -> Step {
    let mut step = reshape(workload, &record.debug, "debug mode");
    let Body::Patch(change) = &mut step.write.body else { return step };
    let text = record.annotation();
    if workload.metadata.annotations.is_none() {
        step.write.require.push(Test::absent(["metadata", "annotations"]));
        change.push(set(["metadata", "annotations"], json!({DEBUG_MODE_ANNOTATION: text})));
    } else {
        change.push(set(ANNOTATION, text.clone()));
    }
    step.write.effect = Effect::Shows(
        shows(workload, &record.debug).into_iter().chain([Test::equals(ANNOTATION, text)]).collect(),
    );
    step
}

/// Takes a workload out of debug mode, in one request.
pub fn restore(workload: &Workload, goal: &Shape) -> Step {
    let mut step = reshape(workload, goal, "restore the template");
    if workload.is_annotated()
        && let Body::Patch(change) = &mut step.write.body
        && let Effect::Shows(effect) = &mut step.write.effect
    {
        change.push(remove(ANNOTATION));
        effect.push(Test::absent(ANNOTATION));
    }
    step
}

/// Changes what decides about the pods, if it still is as it was seen.
fn reshape(workload: &Workload, shape: &Shape, title: &str) -> Step {
    let mut change = vec![set(["spec", "template"], shape.template.clone())];
    if let Some(field) = workload.kind().strategy_field() {
        change.push(set(["spec", field], shape.strategy.clone()));
    }
    Step {
        title: title.to_owned(),
        write: Write {
            target: workload.object_ref(),
            require: shows(workload, &workload.shape()),
            body: Body::Patch(change),
            effect: Effect::Shows(shows(workload, shape)),
        },
    }
}

fn shows(workload: &Workload, shape: &Shape) -> Vec<Test> {
    let mut tests = vec![
        Test::equals(["metadata", "uid"], workload.metadata.uid.as_str()),
        Test::equals(["spec", "template"], shape.template.clone()),
    ];
    if let Some(field) = workload.kind().strategy_field() {
        tests.push(Test::equals(["spec", field], shape.strategy.clone()));
    }
    tests
}

/// Makes both bounds of an autoscaler one number.
pub fn pin(namespace: &str, autoscaler: &Autoscaler, pinned: &Pinned) -> Step {
    bounds(namespace, autoscaler, Some(pinned.at), pinned.at, "pin")
}

/// Gives an autoscaler its bounds back.
pub fn unpin(namespace: &str, autoscaler: &Autoscaler, pinned: &Pinned) -> Step {
    bounds(namespace, autoscaler, pinned.min, pinned.max, "unpin")
}

/// The autoscaler as an object to write to.
pub fn autoscaler_ref(namespace: &str, autoscaler: &Autoscaler) -> ObjectRef {
    ObjectRef::namespaced(HORIZONTAL_POD_AUTOSCALERS, namespace, &autoscaler.metadata.name)
}

fn bounds(namespace: &str, autoscaler: &Autoscaler, min: Option<u32>, max: u32, title: &str) -> Step {
    let target = autoscaler_ref(namespace, autoscaler);
    let shows = |min: Option<u32>, max: u32| {
        let lower = min
            .map_or(Test::absent(["spec", "minReplicas"]), |min| Test::equals(["spec", "minReplicas"], min));
        let uid = Test::equals(["metadata", "uid"], autoscaler.metadata.uid.as_str());
        vec![uid, lower, Test::equals(["spec", "maxReplicas"], max)]
    };
    let lower = match min {
        Some(min) => Some(set(["spec", "minReplicas"], min)),
        None => autoscaler.min.map(|_| remove(["spec", "minReplicas"])),
    };
    Step {
        title: format!("{title} {target}"),
        write: Write {
            require: shows(autoscaler.min, autoscaler.max),
            body: Body::Patch(lower.into_iter().chain([set(["spec", "maxReplicas"], max)]).collect()),
            effect: Effect::Shows(shows(min, max)),
            target,
        },
    }
}

/// Deletes a ReplicaSet that debug mode made, and with it what pods it still has.
pub fn delete_replica_set(namespace: &str, set: &ReplicaSet) -> Step {
    let target = ObjectRef::namespaced(REPLICA_SETS, namespace, &set.metadata.name);
    Step { title: format!("delete {target}"), write: Write::delete(target, &set.metadata.uid) }
}

/// Takes our mark from a ReplicaSet that a Deployment handed it down to.
pub fn unmark(namespace: &str, set: &ReplicaSet) -> Step {
    let target = ObjectRef::namespaced(REPLICA_SETS, namespace, &set.metadata.name);
    let uid = Test::equals(["metadata", "uid"], set.metadata.uid.as_str());
    let mark = set.metadata.annotation(DEBUG_MODE_ANNOTATION).unwrap_or_default();
    Step {
        title: format!("take our mark from {target}"),
        write: Write {
            target,
            require: vec![uid.clone(), Test::equals(ANNOTATION, mark)],
            body: Body::Patch(vec![remove(ANNOTATION)]),
            effect: Effect::Shows(vec![uid, Test::absent(ANNOTATION)]),
        },
    }
}
