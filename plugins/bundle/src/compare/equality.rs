//! When two values that are written differently mean the same.

use drover::model::difference::Key;
use drover::model::object::{HORIZONTAL_POD_AUTOSCALERS, RESOURCE_QUOTAS, Resource};
use drover::model::quantity::Quantity;
use serde_json::Value;

use super::defaults;
use crate::kinds::VOLUMES;

/// Whether the values of a field of that kind mean the same.
pub fn is_same(resource: Resource, field: &[Key], before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(one), Some(other)) => {
            is_quantity(resource, field)
                && quantity(one).is_some_and(|amount| quantity(other) == Some(amount))
        }
        (Some(only), None) | (None, Some(only)) => defaults::is_default(resource, &shape(field), only),
        (None, None) => true,
    }
}

/// `spec.ports[].protocol`: the way to a field, whatever the keys of the items.
fn shape(field: &[Key]) -> String {
    let mut shape = String::new();
    for key in field {
        match key {
            Key::Field(name) if shape.is_empty() => shape.push_str(name),
            Key::Field(name) => shape.extend([".", name]),
            Key::Item(_) => shape.push_str("[]"),
        }
    }
    shape
}

/// Only where the API has quantities: elsewhere `1` and `1000m` are two texts.
fn is_quantity(resource: Resource, field: &[Key]) -> bool {
    let names: Vec<_> = field.iter().map(|key| key.field().unwrap_or("[]")).collect();
    match &names[..] {
        [.., "resources", "limits" | "requests", _]
        | [.., "emptyDir", "sizeLimit"]
        | [.., "resourceFieldRef", "divisor"]
        | [.., "template", "spec", "overhead", _] => true,
        ["overhead", "podFixed", _] => resource.kind == "RuntimeClass",
        [.., "target", "averageValue" | "value"] => resource == HORIZONTAL_POD_AUTOSCALERS,
        ["spec", "hard", _] => resource == RESOURCE_QUOTAS,
        ["spec", "capacity", _] => resource == VOLUMES,
        ["spec", "limits", "[]", _, _] => resource.kind == "LimitRange",
        _ => false,
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use drover::model::difference::differences_with;
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, SERVICES};
    use serde_json::json;

    use super::*;

    fn paths(resource: Resource, before: &Value, after: &Value) -> Vec<String> {
        let found =
            differences_with(before, after, |field, before, after| is_same(resource, field, before, after));
        found.into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn quantities_are_amounts_where_the_api_has_them() {
        let object = |cpu: Value, memory: &str, text: &str| {
            json!({"spec": {"template": {
                "metadata": {"labels": {"limits": text}},
                "spec": {
                    "containers": [{
                        "name": "web",
                        "resources": {"limits": {"cpu": cpu, "memory": memory}},
                        "env": [{"name": "target", "value": text}],
                    }],
                    "volumes": [{"name": "a", "emptyDir": {"sizeLimit": memory}}],
                },
            }}})
        };
        let (one, other) = (object(json!(1), "1Gi", "1"), object(json!("1000m"), "1024Mi", "1000m"));
        let texts =
            ["spec.template.metadata.labels.limits", "spec.template.spec.containers[web].env[target].value"];
        let mut found = paths(DEPLOYMENTS, &one, &other);
        found.sort();
        assert_eq!(found, texts);
        let more = paths(DEPLOYMENTS, &one, &object(json!(2), "1Gi", "1"));
        assert_eq!(more, ["spec.template.spec.containers[web].resources.limits.cpu"]);
        assert_eq!(
            paths(CONFIG_MAPS, &json!({"data": {"a": "1"}}), &json!({"data": {"a": "1000m"}})),
            ["data.a"]
        );
    }

    #[test]
    fn quantities_of_metrics_are_too_though_they_have_no_key() {
        let metrics = |amount: &str| {
            let target = json!({"type": "AverageValue", "averageValue": amount});
            json!({"spec": {"metrics": [{"type": "Pods", "pods": {"target": target}}]}})
        };
        assert!(paths(HORIZONTAL_POD_AUTOSCALERS, &metrics("1k"), &metrics("1000")).is_empty());
        assert_eq!(paths(HORIZONTAL_POD_AUTOSCALERS, &metrics("1k"), &metrics("2k")), ["spec.metrics"]);
    }

    #[test]
    fn a_default_is_the_same_as_nothing() {
        let bare = json!({"spec": {"ports": [{"name": "http", "port": 80}]}});
        let filled = json!({"spec": {
            "type": "ClusterIP",
            "internalTrafficPolicy": "Cluster",
            "sessionAffinity": "None",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
        }});
        assert!(paths(SERVICES, &bare, &filled).is_empty());
        assert!(paths(SERVICES, &filled, &bare).is_empty());
        let mut other = filled.clone();
        other["spec"]["internalTrafficPolicy"] = json!("Local");
        assert_eq!(paths(SERVICES, &bare, &other), ["spec.internalTrafficPolicy"]);
    }

    #[test]
    fn an_empty_directory_is_no_default() {
        let volumes = |volume: Value| json!({"spec": {"template": {"spec": {"volumes": [volume]}}}});
        let (bare, empty) = (volumes(json!({"name": "a"})), volumes(json!({"name": "a", "emptyDir": {}})));
        assert_eq!(paths(DEPLOYMENTS, &bare, &empty), ["spec.template.spec.volumes[a].emptyDir"]);
    }
}
