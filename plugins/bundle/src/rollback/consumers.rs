//! Who has read a ConfigMap or Secret once and does not look again: through the environment, or as a
//! `subPath` of a volume. A volume mounted whole follows by itself.

use std::collections::BTreeSet;

use drover::model::object::{CONFIG_MAPS, CRON_JOBS, JOBS, ObjectRef, PODS};
use serde_json::Value;

use super::immutable::is_below;
use super::plan::{Action, Consequence, Item, Reason};
use crate::compare::{Change, RESTARTED};
use crate::kinds::SECRETS;

/// A workload as it will be.
pub struct Workload<'a> {
    pub object: &'a ObjectRef,
    pub template: &'a Value,
    /// Its pods are replaced in this rollback.
    pub restarts: bool,
}

/// The consumers that do not load these changes of a ConfigMap or Secret by themselves.
pub fn consumers(of: &ObjectRef, changes: &[Change], workloads: &[Workload<'_>]) -> Vec<Consequence> {
    if of.resource != CONFIG_MAPS && of.resource != SECRETS {
        return Vec::new();
    }
    let keys = changed_keys(changes);
    if keys.is_empty() {
        return Vec::new();
    }
    // The next Job of a CronJob has new pods anyway.
    let lasting = workloads.iter().filter(|workload| workload.object.resource != CRON_JOBS);
    let found = lasting.filter_map(|workload| {
        let paths = references(workload.template, of, &keys);
        (!paths.is_empty()).then(|| Consequence::Consumer {
            workload: workload.object.clone(),
            paths,
            restarts: workload.restarts,
        })
    });
    found.collect()
}

/// Restarts in `items` those that would not load what changes, at a time such as `2026-01-01T12:00:00Z`.
pub fn restart(items: &mut [Item], live: impl Fn(&ObjectRef) -> Option<Value>, time: &str) {
    let stale: Vec<_> = items.iter().flat_map(|item| &item.consequences).filter_map(stale).cloned().collect();
    restart_these(items, live, &stale, time);
}

/// Restarts these, but for those that were at this very time.
pub fn restart_these(
    items: &mut [Item],
    live: impl Fn(&ObjectRef) -> Option<Value>,
    objects: &[ObjectRef],
    time: &str,
) {
    let mut restarted = Vec::new();
    for item in items.iter_mut().filter(|item| objects.contains(&item.object)) {
        let body = match &item.action {
            Action::Update { body } => Some(body.clone()),
            Action::Same | Action::Leave { reason: Reason::Held, .. } => live(&item.object),
            _ => None,
        };
        let Some(mut body) = body.filter(|body| body.pointer("/spec/template").is_some()) else { continue };
        let restarted_at = &mut body["spec"]["template"]["metadata"]["annotations"][RESTARTED];
        if *restarted_at == time {
            continue;
        }
        *restarted_at = Value::from(time);
        item.action = Action::Update { body };
        item.consequences.push(Consequence::RestartsToLoad);
        restarted.push(item.object.clone());
    }
    for consequence in items.iter_mut().flat_map(|item| &mut item.consequences) {
        if let Consequence::Consumer { workload, restarts, .. } = consequence {
            *restarts |= restarted.contains(workload);
        }
    }
}

/// Neither a Job nor a bare pod can be restarted.
fn stale(consequence: &Consequence) -> Option<&ObjectRef> {
    match consequence {
        Consequence::Consumer { workload, restarts: false, .. }
            if ![JOBS, PODS].contains(&workload.resource) =>
        {
            Some(workload)
        }
        _ => None,
    }
}

fn changed_keys(changes: &[Change]) -> BTreeSet<String> {
    let data = ["/data", "/binaryData", "/stringData"];
    let of_data = changes.iter().filter(|change| data.iter().any(|field| is_below(&change.pointer, field)));
    let keys = of_data.filter_map(|change| change.pointer.split('/').nth(2));
    keys.map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

/// The fields of a template that name one of the keys, or all of the object.
fn references(template: &Value, of: &ObjectRef, keys: &BTreeSet<String>) -> Vec<String> {
    let spec = &template["spec"];
    let mut paths = Vec::new();
    for list in ["initContainers", "containers"] {
        for container in items(&spec[list]) {
            let place = format!("{list}[{}]", container["name"].as_str().unwrap_or_default());
            let found = in_environment(container, of, keys).into_iter();
            let found = found.chain(in_mounts(container, spec, of));
            paths.extend(found.map(|field| format!("{place}.{field}")));
        }
    }
    paths
}

fn in_environment(container: &Value, of: &ObjectRef, keys: &BTreeSet<String>) -> Vec<String> {
    let (whole, one) = if of.resource == SECRETS {
        ("secretRef", "secretKeyRef")
    } else {
        ("configMapRef", "configMapKeyRef")
    };
    let from = items(&container["envFrom"]).filter(|source| source[whole]["name"] == of.name.as_str());
    let mut found: Vec<_> = from.take(1).map(|_| "envFrom".to_owned()).collect();
    found.extend(items(&container["env"]).filter_map(|variable| {
        let source = &variable["valueFrom"][one];
        let is_changed = source["name"] == of.name.as_str()
            && source["key"].as_str().is_some_and(|key| keys.contains(key));
        is_changed.then(|| format!("env[{}]", variable["name"].as_str().unwrap_or_default()))
    }));
    found
}

fn in_mounts(container: &Value, spec: &Value, of: &ObjectRef) -> Vec<String> {
    let is_part = |mount: &&Value| {
        ["subPath", "subPathExpr"]
            .iter()
            .any(|field| mount[field].as_str().is_some_and(|path| !path.is_empty()))
    };
    let parts = items(&container["volumeMounts"]).filter(is_part);
    let of_it = parts.filter(|mount| {
        items(&spec["volumes"]).any(|volume| volume["name"] == mount["name"] && has(volume, of))
    });
    of_it.map(|mount| format!("volumeMounts[{}]", mount["mountPath"].as_str().unwrap_or_default())).collect()
}

fn has(volume: &Value, of: &ObjectRef) -> bool {
    let (field, name) = if of.resource == SECRETS { ("secret", "secretName") } else { ("configMap", "name") };
    volume[field][name] == of.name.as_str()
        || items(&volume["projected"]["sources"]).any(|source| source[field]["name"] == of.name.as_str())
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use drover::model::object::DEPLOYMENTS;
    use serde_json::json;

    use super::*;
    use crate::compare::{Masking, changes};

    fn found(resource: drover::model::object::Resource, keys: &[&str]) -> Vec<String> {
        let template = json!({"spec": {
            "containers": [{
                "name": "web",
                "envFrom": [{"configMapRef": {"name": "files"}}],
                "env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "files", "key": "t"}}}],
                "volumeMounts": [
                    {"name": "all", "mountPath": "/all"},
                    {"name": "all", "mountPath": "/one", "subPath": "a"},
                    {"name": "tmp", "mountPath": "/tmp", "subPath": "a"},
                ],
            }],
            "volumes": [
                {"name": "all", "projected": {"sources": [{"secret": {"name": "files"}}]}},
                {"name": "tmp", "emptyDir": {}},
            ],
        }});
        let object = |value: &str| {
            let data: serde_json::Map<_, _> =
                keys.iter().map(|key| ((*key).to_owned(), json!(value))).collect();
            json!({"metadata": {"labels": {"a": value}}, "data": data})
        };
        let changes = changes(resource, &object("1"), &object("2"), false, &Masking::new(false).unwrap());
        let web = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        let workloads = [Workload { object: &web, template: &template, restarts: false }];
        let consequences = consumers(&ObjectRef::namespaced(resource, "shop", "files"), &changes, &workloads);
        let paths = consequences.into_iter().flat_map(|consequence| match consequence {
            Consequence::Consumer { paths, .. } => paths,
            _ => Vec::new(),
        });
        paths.collect()
    }

    #[test]
    fn what_was_read_once_is_not_read_again() {
        assert_eq!(found(CONFIG_MAPS, &["a"]), ["containers[web].envFrom"]);
        assert_eq!(found(SECRETS, &["t"]), ["containers[web].env[T]", "containers[web].volumeMounts[/one]"]);
        assert_eq!(found(SECRETS, &["other"]), ["containers[web].volumeMounts[/one]"]);
        assert!(found(CONFIG_MAPS, &[]).is_empty(), "a label is loaded by nobody");
    }
}
