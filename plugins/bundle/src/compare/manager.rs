//! Who wrote a field, as the server's `managedFields` tell.
//!
//! They name programs, not users, and the time of a program's last write to any field of the object: a
//! field was written then at the latest. What was removed leaves no trace in them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// The field manager that last wrote a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manager {
    /// Such as `kubectl-edit`.
    #[serde(rename = "manager")]
    pub name: String,
    /// `Update`, or `Apply` for server-side apply.
    pub operation: String,
    /// Such as `scale`, where it wrote through one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
    /// Of its last write to any field of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

impl Manager {
    /// Whether it is the controller of HorizontalPodAutoscalers, and not a person's `kubectl scale`.
    pub fn is_autoscaler(&self) -> bool {
        self.name == "kube-controller-manager" && self.subresource.as_deref() == Some("scale")
    }

    fn of(entry: &Value) -> Option<Self> {
        let text = |field: &str| entry[field].as_str().map(str::to_owned);
        Some(Self {
            name: text("manager")?,
            operation: text("operation")?,
            subresource: text("subresource").filter(|subresource| !subresource.is_empty()),
            time: text("time").and_then(|time| time.parse().ok()),
        })
    }
}

/// Who wrote the value at this JSON pointer. Of several who own it, or parts of it, who wrote last; what
/// the value does not show of the object (a controller's annotations) has no say.
pub fn of(object: &Value, pointer: &str, value: &Value) -> Option<Manager> {
    let below = |step: &str, value: &Value| of(object, &format!("{pointer}/{step}"), value);
    let of_parts: Vec<_> = match value {
        Value::Object(fields) => {
            fields.iter().filter_map(|(name, value)| below(&step(name), value)).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.filter_map(|(index, value)| below(&index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    of_parts.into_iter().max_by_key(|manager| manager.time).or_else(|| of_field(object, pointer))
}

fn of_field(object: &Value, pointer: &str) -> Option<Manager> {
    let entries = object.pointer("/metadata/managedFields")?.as_array()?;
    let steps: Vec<_> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let owners = entries.iter().filter(|entry| {
        let fields = entry["fieldsV1"].as_object().filter(|fields| !fields.is_empty());
        fields.is_some_and(|fields| owns(fields, object, &steps))
    });
    owners.filter_map(Manager::of).max_by_key(|manager| manager.time)
}

/// A name as a step of a JSON pointer (RFC 6901).
fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether a set of fields (`FieldsV1`, sigs.k8s.io/structured-merge-diff) has the one at these steps
/// below the value. What it owns as a leaf, it owns with all that is below.
fn owns(fields: &Map<String, Value>, value: &Value, steps: &[String]) -> bool {
    let Some((step, further)) = steps.split_first() else { return true };
    if fields.is_empty() {
        return true;
    }
    let below = match value {
        Value::Array(items) => step.parse().ok().and_then(|index: usize| {
            let item = items.get(index)?;
            let own = fields.iter().find(|(name, _)| is_item(name, index, item))?;
            Some((item, own.1))
        }),
        value => value.get(step).zip(fields.get(&format!("f:{step}"))),
    };
    below.is_some_and(|(value, fields)| fields.as_object().is_some_and(|fields| owns(fields, value, further)))
}

/// Whether a name such as `k:{"name":"web"}`, `v:"a"` or `i:0` stands for this item of a list.
fn is_item(name: &str, index: usize, item: &Value) -> bool {
    match name.split_once(':') {
        Some(("k", key)) => serde_json::from_str(key).is_ok_and(|key: Map<String, Value>| {
            key.iter().all(|(field, value)| item.get(field) == Some(value))
        }),
        Some(("v", value)) => serde_json::from_str(value).is_ok_and(|value: Value| value == *item),
        Some(("i", place)) => place.parse() == Ok(index),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, time: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": "Update", "time": time, "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn deployment() -> Value {
        let containers = json!({"f:containers": {"k:{\"name\":\"web\"}": {
            ".": {}, "f:name": {}, "f:args": {},
            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
        }}});
        let image = json!({"f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}});
        let pod = |fields: Value| json!({"f:spec": {"f:template": {"f:spec": fields}}});
        json!({
            "metadata": {
                "finalizers": ["a", "b"],
                "annotations": {"x/y~z": "1"},
                "managedFields": [
                    entry("kubectl-client-side-apply", "2026-01-01T10:00:00Z", pod(containers)),
                    entry("helm", "2026-01-01T09:00:00Z", json!({"f:metadata": {
                        "f:annotations": {".": {}, "f:x/y~z": {}},
                        "f:finalizers": {".": {}, "v:\"b\"": {}},
                    }})),
                    entry("kubectl-edit", "2026-01-01T11:00:00Z", pod(image.clone())),
                    entry("old", "2026-01-01T08:00:00Z", pod(image)),
                ],
            },
            "spec": {"template": {"spec": {"containers": [
                {"name": "log", "image": "log:1"},
                {
                    "name": "web", "image": "web:1", "args": ["a"],
                    "ports": [
                        {"containerPort": 80, "protocol": "UDP"},
                        {"containerPort": 80, "protocol": "TCP"},
                    ],
                },
            ]}}},
        })
    }

    fn name(pointer: &str) -> Option<String> {
        let object = deployment();
        let value = object.pointer(pointer).unwrap_or(&Value::Null);
        of(&object, pointer, value).map(|manager| manager.name)
    }

    #[test]
    fn the_last_of_a_fields_owners_is_named() {
        let web = "/spec/template/spec/containers/1";
        assert_eq!(name(&format!("{web}/image")).as_deref(), Some("kubectl-edit"));
        assert_eq!(name(web).as_deref(), Some("kubectl-edit"), "it wrote into the item");
        assert_eq!(name("/spec/template/spec/containers/0/image"), None);
        assert_eq!(name("/spec/replicas"), None);
        let manager = of(&deployment(), &format!("{web}/image"), &json!("web:1")).unwrap();
        assert_eq!(manager.time, Some("2026-01-01T11:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_leaf_is_owned_with_all_that_is_below() {
        let web = "/spec/template/spec/containers/1";
        assert_eq!(name(&format!("{web}/args/0")).as_deref(), Some("kubectl-client-side-apply"));
        assert_eq!(
            name(&format!("{web}/ports/1/containerPort")).as_deref(),
            Some("kubectl-client-side-apply")
        );
        assert_eq!(name(&format!("{web}/ports/0/containerPort")), None, "of the other protocol");
        assert_eq!(name(&format!("{web}/ports/1/protocol")), None, "the item alone is no leaf");
    }

    #[test]
    fn names_and_values_are_matched_as_they_are_written() {
        assert_eq!(name("/metadata/annotations/x~1y~0z").as_deref(), Some("helm"));
        assert_eq!(name("/metadata/finalizers/1").as_deref(), Some("helm"));
        assert_eq!(name("/metadata/finalizers/0"), None);
    }

    #[test]
    fn the_autoscaler_is_told_from_a_person() {
        let scaled = |manager: &str, subresource: &str| {
            let mut entry = entry(manager, "2026-01-01T10:00:00Z", json!({"f:spec": {"f:replicas": {}}}));
            entry["subresource"] = json!(subresource);
            let object = json!({"metadata": {"managedFields": [entry]}, "spec": {"replicas": 3}});
            of(&object, "/spec/replicas", &json!(3)).unwrap().is_autoscaler()
        };
        assert!(scaled("kube-controller-manager", "scale"));
        assert!(!scaled("kubectl", "scale"));
        assert!(!scaled("kube-controller-manager", ""));
    }

    #[test]
    fn what_has_no_managers_has_none() {
        assert_eq!(of(&json!({"metadata": {}, "a": 1}), "/a", &json!(1)), None);
        let odd = json!({"metadata": {"managedFields": [
            {"fieldsV1": {"f:a": {}}}, {"manager": "x"}, 1, entry("empty", "2026-01-01T10:00:00Z", json!({})),
        ]}, "a": 1});
        assert_eq!(of(&odd, "/a", &json!(1)), None);
    }

    #[test]
    fn only_who_wrote_what_is_shown_has_a_say() {
        let annotations =
            |name: &str| json!({"f:metadata": {"f:annotations": {".": {}, format!("f:{name}"): {}}}});
        let object = json!({"metadata": {
            "annotations": {"mine/a": "1", "revision": "2"},
            "managedFields": [
                entry("kubectl-annotate", "2026-01-01T10:00:00Z", annotations("mine/a")),
                entry("kube-controller-manager", "2026-01-01T11:00:00Z", annotations("revision")),
            ],
        }});
        let shown = |value: &Value| of(&object, "/metadata/annotations", value).unwrap().name;
        assert_eq!(shown(&json!({"mine/a": "1"})), "kubectl-annotate");
        assert_eq!(shown(&object["metadata"]["annotations"]), "kube-controller-manager");
    }
}
