//! Fields given back to those who owned them.

use serde_json::Value;

use super::plan::{Body, Effect, Step, Test, Write, set};
use crate::model::managed_fields::given_back;
use crate::model::object::ObjectRef;

const MANAGED_FIELDS: [&str; 2] = ["metadata", "managedFields"];

/// Puts the owners of fields back where one of `managers`, our own names, stands among them; none where
/// none does. `live` is the object as it is after our last write to it, `recorded` its `managedFields`
/// before the first.
///
/// The API server honours it in a request that changes nothing else (observed on 1.35); without it
/// the next server-side apply of the real owner would conflict with ours.
#[must_use]
pub fn give_fields_back(
    target: ObjectRef,
    live: &Value,
    recorded: &Value,
    managers: &[&str],
) -> Option<Step> {
    let metadata = &live["metadata"];
    let recorded = recorded.as_array().map(Vec::as_slice).unwrap_or_default();
    let entries = Value::Array(given_back(recorded, metadata["managedFields"].as_array()?, managers)?);
    let uid = Test::equals(["metadata", "uid"], metadata["uid"].clone());
    let version = Test::equals(["metadata", "resourceVersion"], metadata["resourceVersion"].clone());
    Some(Step {
        title: format!("give the fields of {target} back to their owners"),
        write: Write {
            target,
            require: vec![uid.clone(), version],
            body: Body::Patch(vec![set(MANAGED_FIELDS, entries.clone())]),
            effect: Effect::Shows(vec![uid, Test::equals(MANAGED_FIELDS, entries)]),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::object::DEPLOYMENTS;

    #[test]
    fn nothing_but_the_owners_is_written_and_only_to_what_was_seen() {
        let target = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        let live = json!({"metadata": {
            "uid": "u1", "resourceVersion": "7", "managedFields": [{"manager": "ours", "fieldsV1": {"f:spec": {}}}],
        }});
        let recorded = json!([{"manager": "helm", "fieldsV1": {"f:spec": {}}}]);
        let step = give_fields_back(target.clone(), &live, &recorded, &["ours"]).unwrap();
        let Body::Patch(operations) = &step.write.body else { panic!("not a patch") };
        assert_eq!(
            serde_json::to_value(step.write.patch(operations)).unwrap(),
            json!([
                {"op": "test", "path": "/metadata/uid", "value": "u1"},
                {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
                {"op": "add", "path": "/metadata/managedFields", "value": recorded},
            ])
        );
        assert!(give_fields_back(target, &live, &recorded, &["another"]).is_none());
    }
}
