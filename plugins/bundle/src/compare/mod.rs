//! stub until the real one is merged
use drover::model::object::Resource;
use serde_json::Value;
pub struct Change;
pub fn changes(_resource: Resource, before: &Value, after: &Value, _autoscaled: bool) -> Vec<Change> {
    let strip = |value: &Value| {
        let mut value = value.clone();
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        value
    };
    if strip(before) == strip(after) { Vec::new() } else { vec![Change] }
}
