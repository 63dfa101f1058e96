//! What the tests of schedules are written with.

use drover::model::object::{DEPLOYMENTS, ObjectRef, Resource};
use serde_json::{Value, json};

use super::{Pod, Schedule};

/// The pods of a Deployment with this pod spec, as YAML.
pub fn pod(spec: &str) -> Pod {
    pod_of(DEPLOYMENTS, spec)
}

/// Those of another kind of workload.
pub fn pod_of(resource: Resource, spec: &str) -> Pod {
    let spec: Value = serde_saphyr::from_str(spec).unwrap();
    Pod::new(resource, serde_json::from_value(json!({ "spec": spec })).unwrap())
}

/// The schedule of a Deployment with this pod spec, as YAML.
pub fn schedule(spec: &str) -> Schedule {
    Schedule::new("prod", &ObjectRef::namespaced(DEPLOYMENTS, "shop", "web"), pod(spec))
}
