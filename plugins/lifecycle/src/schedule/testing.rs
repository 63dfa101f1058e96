//! What the tests of schedules are written with.

use drover::model::object::{DEPLOYMENTS, ObjectRef, Resource};
use serde_json::{Value, json};

use super::{Finding, Schedule};

/// The schedule of a Deployment with this pod spec, as YAML.
pub fn schedule(spec: &str) -> Schedule {
    schedule_of(DEPLOYMENTS, spec)
}

/// The schedule of another kind of workload.
pub fn schedule_of(resource: Resource, spec: &str) -> Schedule {
    let spec: Value = serde_saphyr::from_str(spec).unwrap();
    let template = serde_json::from_value(json!({ "spec": spec })).unwrap();
    Schedule::new("prod", &ObjectRef::namespaced(resource, "shop", "web"), template)
}

/// What is found in a Deployment with this pod spec: container, field and rule.
pub fn findings(spec: &str) -> Vec<String> {
    found(schedule(spec))
}

/// The same of another kind of workload.
pub fn findings_of(resource: Resource, spec: &str) -> Vec<String> {
    found(schedule_of(resource, spec))
}

fn found(schedule: Schedule) -> Vec<String> {
    let line = |finding: Finding| format!("{} {} {:?}", finding.container, finding.field, finding.rule);
    schedule.findings.into_iter().map(line).collect()
}
