//! The requests that change a pod, each with what it requires and what it brings about.

use std::collections::BTreeMap;

use drover::change::{Body, Effect, PatchOperation, Test, Write, remove, set};
use drover::model::label_edit::{Keys, without};
use drover::model::object::ObjectRef;
use drover::model::pod::Pod;
use drover::model::selector::Labels;
use drover::model::{ISOLATED_LABEL, POD_DELETION_COST};
use serde_json::json;

use crate::record::{ISOLATION_ANNOTATION, QUARANTINE_LABEL, Record};

/// A cost that no other pod exceeds: of two Ready pods the ReplicaSet keeps this one.
const HIGHEST_DELETION_COST: &str = "2147483647";

/// Takes the first labels away and writes the record, in one request.
pub fn first(target: ObjectRef, pod: &Pod, record: &Record) -> Write {
    let keys = if record.at_once {
        record.leave.union(&record.traffic).cloned().collect()
    } else {
        record.leave.clone()
    };
    let text = json!(record).to_string();
    let mut require = as_seen(pod);
    let mut change = Vec::new();
    annotate(pod, [(ISOLATION_ANNOTATION, text.clone())], &mut require, &mut change);
    mark(pod, record, &mut change);
    change.extend(keys.iter().map(|key| remove(["metadata", "labels", key])));
    let mut effect = vec![
        uid(pod),
        Test::equals(["metadata", "annotations", ISOLATION_ANNOTATION], text),
        Test::equals(["metadata", "labels", ISOLATED_LABEL], "true"),
    ];
    effect.extend(keys.iter().map(|key| Test::absent(["metadata", "labels", key])));
    Write { target, require, body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// Our own labels. By the second, which is there before its NetworkPolicy, this pod alone is selected.
fn mark(pod: &Pod, record: &Record, change: &mut Vec<PatchOperation>) {
    change.push(set(["metadata", "labels", ISOLATED_LABEL], "true"));
    if record.quarantine.is_some() {
        change.push(set(["metadata", "labels", QUARANTINE_LABEL], pod.metadata.uid.as_str()));
    }
}

/// Puts something else into the record of an isolated pod.
pub fn amend(target: ObjectRef, pod: &Pod, record: &Record) -> Write {
    let text = json!(record).to_string();
    let mut require = as_seen(pod);
    require.push(record_as_seen(pod));
    let mut change = vec![set(["metadata", "annotations", ISOLATION_ANNOTATION], text.as_str())];
    mark(pod, record, &mut change);
    let effect = vec![uid(pod), Test::equals(["metadata", "annotations", ISOLATION_ANNOTATION], text)];
    Write { target, require, body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// The record is the one that was read.
fn record_as_seen(pod: &Pod) -> Test {
    let text = pod.metadata.annotation(ISOLATION_ANNOTATION).unwrap_or_default();
    Test::equals(["metadata", "annotations", ISOLATION_ANNOTATION], text)
}

/// Gives a pod that left traffic alone its labels back, Ready or not: its controller keeps it either way.
pub fn back_into_traffic(target: ObjectRef, pod: &Pod, record: &Record) -> Write {
    let missing: Vec<_> =
        record.labels.iter().filter(|(key, _)| !pod.metadata.labels.contains_key(*key)).collect();
    let change =
        missing.iter().map(|(key, value)| set(["metadata", "labels", key], value.as_str())).collect();
    let mut effect = vec![uid(pod)];
    effect
        .extend(missing.iter().map(|(key, value)| Test::equals(["metadata", "labels", key], value.as_str())));
    Write { target, require: as_seen(pod), body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// The labels that the first write of two leaves, to foresee the second.
pub fn labels_when_released(pod: &Pod, record: &Record) -> Labels {
    let mut labels = without(&pod.metadata.labels, &record.leave);
    labels.insert(ISOLATED_LABEL.to_owned(), "true".to_owned());
    if record.quarantine.is_some() {
        labels.insert(QUARANTINE_LABEL.to_owned(), pod.metadata.uid.clone());
    }
    labels
}

/// Takes away the labels that keep the pod in traffic; a restore that had begun is forgotten.
pub fn traffic(target: ObjectRef, pod: &Pod, keys: &Keys, record: &Record) -> Write {
    let mut require = as_seen(pod);
    let mut change: Vec<_> = keys.iter().map(|key| remove(["metadata", "labels", key])).collect();
    let mut effect = vec![uid(pod)];
    effect.extend(keys.iter().map(|key| Test::absent(["metadata", "labels", key])));
    if record.rejoin.is_some() {
        let text = json!(Record { rejoin: None, ..record.clone() }).to_string();
        annotate(pod, [(ISOLATION_ANNOTATION, text.clone())], &mut require, &mut change);
        effect.push(Test::equals(["metadata", "annotations", ISOLATION_ANNOTATION], text));
    }
    Write { target, require, body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// Gives the pod back the labels by which Services select it, and takes note of the way back.
pub fn rejoin_traffic(target: ObjectRef, pod: &Pod, labels: &Labels, record: &Record) -> Write {
    let text = json!(record).to_string();
    let mut require = as_seen(pod);
    require.extend(is_ready(pod));
    let missing = labels.iter().filter(|(key, _)| !pod.metadata.labels.contains_key(*key));
    let mut change: Vec<_> =
        missing.map(|(key, value)| set(["metadata", "labels", key], value.as_str())).collect();
    annotate(pod, [(ISOLATION_ANNOTATION, text.clone())], &mut require, &mut change);
    let effect = vec![uid(pod), Test::equals(["metadata", "annotations", ISOLATION_ANNOTATION], text)];
    Write { target, require, body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// Gives the pod its labels back, so that its controller adopts it and keeps it. Only a pod that is
/// Ready at that very moment: the controller would delete one that is not, whatever its cost.
pub fn give_back(target: ObjectRef, pod: &Pod, record: &Record) -> Write {
    let mut require = as_seen(pod);
    require.extend(is_ready(pod));
    let missing: Vec<_> =
        record.labels.iter().filter(|(key, _)| !pod.metadata.labels.contains_key(*key)).collect();
    let mut change: Vec<_> =
        missing.iter().map(|(key, value)| set(["metadata", "labels", key], value.as_str())).collect();
    let cost = [(POD_DELETION_COST, HIGHEST_DELETION_COST.to_owned())];
    annotate(pod, cost, &mut require, &mut change);
    let mut effect =
        vec![uid(pod), Test::equals(["metadata", "annotations", POD_DELETION_COST], HIGHEST_DELETION_COST)];
    effect
        .extend(missing.iter().map(|(key, value)| Test::equals(["metadata", "labels", key], value.as_str())));
    Write { target, require, body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// Removes every trace of an isolation that was undone.
pub fn tidy(target: ObjectRef, pod: &Pod, record: &Record) -> Write {
    let mut require = as_seen(pod);
    let annotations = pod.metadata.annotations.clone().unwrap_or_default();
    require.push(record_as_seen(pod));
    let mut change = vec![remove(["metadata", "annotations", ISOLATION_ANNOTATION])];
    let mut effect = vec![uid(pod), Test::absent(["metadata", "annotations", ISOLATION_ANNOTATION])];
    for label in [ISOLATED_LABEL, QUARANTINE_LABEL] {
        if pod.metadata.labels.contains_key(label) {
            change.push(remove(["metadata", "labels", label]));
            effect.push(Test::absent(["metadata", "labels", label]));
        }
    }
    if let Some(cost) = &record.deletion_cost {
        change.push(set(["metadata", "annotations", POD_DELETION_COST], cost.as_str()));
    } else if annotations.get(POD_DELETION_COST).is_some_and(|cost| cost == HIGHEST_DELETION_COST) {
        change.push(remove(["metadata", "annotations", POD_DELETION_COST]));
    }
    Write { target, require, body: Body::Patch(change), effect: Effect::Shows(effect) }
}

/// The same pod, with exactly the labels that were looked at.
fn as_seen(pod: &Pod) -> Vec<Test> {
    let labels = &pod.metadata.labels;
    let labels = if labels.is_empty() {
        Test::absent(["metadata", "labels"])
    } else {
        Test::equals(["metadata", "labels"], json!(labels))
    };
    vec![uid(pod), labels]
}

/// The pod is Ready at the very moment of the write.
fn is_ready(pod: &Pod) -> Vec<Test> {
    let Some((index, _)) = pod.condition("Ready") else { return Vec::new() };
    let index = index.to_string();
    vec![
        Test::equals(["status", "conditions", &index, "type"], "Ready"),
        Test::equals(["status", "conditions", &index, "status"], "True"),
    ]
}

fn uid(pod: &Pod) -> Test {
    Test::equals(["metadata", "uid"], pod.metadata.uid.as_str())
}

/// Adds annotations; a pod may have none at all, and then there is nothing to add them to.
fn annotate<const N: usize>(
    pod: &Pod,
    annotations: [(&str, String); N],
    require: &mut Vec<Test>,
    change: &mut Vec<PatchOperation>,
) {
    if pod.metadata.annotations.is_none() {
        require.push(Test::absent(["metadata", "annotations"]));
        change.push(set(["metadata", "annotations"], json!(BTreeMap::from(annotations))));
    } else {
        change.extend(annotations.map(|(key, value)| set(["metadata", "annotations", key], value)));
    }
}
