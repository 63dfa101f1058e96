//! What is written to restore an object.

use drover::model::difference::{Key, differences_with};
use drover::model::object::Resource;
use serde_json::{Map, Value};

use crate::capture::capture;
use crate::compare::{LAST_APPLIED, is_same, normal};
use crate::export;

/// The whole object as it is to be: in all that people want of it as in the version, and in all else
/// (identity, status, finalizers, owners, what was allocated, what controllers write) as it is live. Only
/// the annotation of `kubectl apply` is the version's: it must fit what was applied.
///
/// The replicas of what is `autoscaled` stay as they are.
pub fn restored(resource: Resource, version: &Value, live: &Value, autoscaled: bool) -> Value {
    let (wanted, seen) = (normal(resource, version), normal(resource, live));
    let restoring = Restoring { resource, autoscaled };
    let mut body =
        restoring.field(&mut Vec::new(), [Some(&wanted), Some(&seen), Some(live)], false).unwrap_or_default();
    set_last_applied(
        &mut body,
        version.pointer("/metadata/annotations").and_then(|all| all.get(LAST_APPLIED)),
    );
    body
}

/// The object anew, where it is gone: without what only the server may decide.
pub fn created(resource: Resource, version: &Value) -> Value {
    export::new(resource, &capture(resource, version.clone()))
}

struct Restoring {
    resource: Resource,
    autoscaled: bool,
}

impl Restoring {
    /// A field, from what is wanted, what is seen of it and what it is live. One that is the same in other
    /// words stays as it is, unless it has to be `exact`. A list is one value: what is left out of an object
    /// are fields of maps, and not items (`compare/normal.rs`).
    fn field(
        &self,
        place: &mut Vec<Key>,
        [wanted, seen, live]: [Option<&Value>; 3],
        exact: bool,
    ) -> Option<Value> {
        if self.is_same(place, seen, wanted, exact) {
            return live.cloned();
        }
        let (Some(Value::Object(there)), None | Some(Value::Object(_))) = (live, wanted) else {
            return wanted.cloned();
        };
        // Of a template whose pods are replaced anyway the old ReplicaSet is found by the very words; and what
        // is filled in for one type may not stand beside another.
        let exact = exact || is_template(place) || is_of_another_type(seen, wanted);
        let wanted_fields = wanted.and_then(Value::as_object);
        let mut fields = Map::new();
        for name in there.keys().chain(wanted_fields.into_iter().flat_map(Map::keys)) {
            if fields.contains_key(name) {
                continue;
            }
            let of = |side: Option<&'_ Value>| side.and_then(|side| side.get(name)).cloned();
            place.push(Key::Field(name.clone()));
            let value = self.field(place, [of(wanted).as_ref(), of(seen).as_ref(), there.get(name)], exact);
            place.pop();
            fields.extend(value.map(|value| (name.clone(), value)));
        }
        (wanted.is_some() || !fields.is_empty()).then_some(Value::Object(fields))
    }

    fn is_same(&self, place: &[Key], seen: Option<&Value>, wanted: Option<&Value>, exact: bool) -> bool {
        if exact {
            return seen == wanted;
        }
        let same = |below: &[Key], seen: Option<&Value>, wanted: Option<&Value>| {
            let field = [place, below].concat();
            self.means_same(&field, seen, wanted)
        };
        match (seen, wanted) {
            (Some(seen), Some(wanted)) => differences_with(seen, wanted, same).is_empty(),
            (seen, wanted) => seen == wanted || same(&[], seen, wanted),
        }
    }

    /// What is not there and would be filled in is not the same here: another value than the version's
    /// may be filled in, as a `nodePort` is.
    fn means_same(&self, field: &[Key], seen: Option<&Value>, wanted: Option<&Value>) -> bool {
        let names: Vec<_> = field.iter().filter_map(Key::field).collect();
        if names == ["spec", "replicas"] && self.autoscaled {
            return true;
        }
        seen.is_some() && is_same(self.resource, field, seen, wanted)
    }
}

fn is_template(place: &[Key]) -> bool {
    place.iter().map_while(Key::field).eq(["spec", "template"])
}

/// Such as a strategy or a Service.
fn is_of_another_type(seen: Option<&Value>, wanted: Option<&Value>) -> bool {
    let [seen, wanted] = [seen, wanted].map(|side| side?.get("type")?.as_str());
    seen.is_some() && wanted.is_some() && seen != wanted
}

fn set_last_applied(body: &mut Value, applied: Option<&Value>) {
    let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    match applied {
        Some(applied) => {
            let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
            if let Some(annotations) = annotations.as_object_mut() {
                annotations.insert(LAST_APPLIED.to_owned(), applied.clone());
            }
        }
        None => {
            if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                let was_last = annotations.remove(LAST_APPLIED).is_some() && annotations.is_empty();
                if was_last {
                    metadata.remove("annotations");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS, SERVICES};
    use serde_json::json;

    use super::*;
    use crate::compare::{Masking, RESTARTED, changes};
    use crate::kinds::CLAIMS;

    fn is_restored(resource: Resource, version: &Value, body: &Value) -> bool {
        changes(resource, version, body, false, &Masking::new(false).unwrap()).is_empty()
    }

    #[test]
    fn what_people_want_is_the_versions_and_all_else_is_live() {
        let version = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "annotations": {LAST_APPLIED: "old", "team": "a"}, "finalizers": ["gone/x"]},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "1"}]}}},
        });
        let live = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "web", "uid": "u", "resourceVersion": "9", "finalizers": ["here/x"],
                "annotations": {LAST_APPLIED: "new", "deployment.kubernetes.io/revision": "4", "more": "1"},
            },
            "spec": {"replicas": 2, "template": {
                "metadata": {"annotations": {RESTARTED: "now", "mine": "1"}, "creationTimestamp": null},
                "spec": {"containers": [{"name": "web", "image": "2"}, {"name": "log"}]},
            }},
            "status": {"replicas": 2},
        });
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "web", "uid": "u", "resourceVersion": "9", "finalizers": ["here/x"],
                "annotations": {LAST_APPLIED: "old", "deployment.kubernetes.io/revision": "4", "team": "a"},
            },
            "spec": {"replicas": 2, "template": {
                "metadata": {"annotations": {RESTARTED: "now"}, "creationTimestamp": null},
                "spec": {"containers": [{"name": "web", "image": "1"}]},
            }},
            "status": {"replicas": 2},
        });
        assert_eq!(restored(DEPLOYMENTS, &version, &live, false), expected);
    }

    #[test]
    fn the_annotation_of_apply_comes_and_goes_with_the_version() {
        let object = |annotations: Value| json!({"metadata": {"name": "a", "annotations": annotations}});
        let (applied, edited) = (object(json!({LAST_APPLIED: "x"})), json!({"metadata": {"name": "a"}}));
        assert_eq!(restored(CONFIG_MAPS, &applied, &edited, false), applied);
        assert_eq!(restored(CONFIG_MAPS, &edited, &applied, false), edited);
    }

    #[test]
    fn what_is_the_same_in_other_words_restarts_nothing() {
        let deployment = |replicas: u32, cpu: &str, names: [&str; 2]| {
            let containers = names.map(|name| json!({"name": name, "resources": {"limits": {"cpu": cpu}}}));
            json!({"spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}}})
        };
        let (version, live) = (deployment(2, "1", ["a", "b"]), deployment(3, "1000m", ["b", "a"]));
        let body = restored(DEPLOYMENTS, &version, &live, false);
        assert_eq!(body, deployment(2, "1000m", ["b", "a"]));
        assert_eq!(restored(DEPLOYMENTS, &version, &live, true), live);
    }

    #[test]
    fn a_template_that_changes_gets_the_very_words_of_the_version() {
        let deployment = |cpu: &str, names: [&str; 2], volumes: [&str; 2]| {
            let containers = names.map(|name| json!({"name": name, "resources": {"limits": {"cpu": cpu}}}));
            let volumes = volumes.map(|name| json!({"name": name, "emptyDir": {}}));
            json!({"spec": {"template": {"spec": {"containers": containers, "volumes": volumes}}}})
        };
        let version = deployment("1", ["a", "b"], ["x", "y"]);
        let live = deployment("2", ["b", "a"], ["y", "x"]);
        assert_eq!(restored(DEPLOYMENTS, &version, &live, false), version);
    }

    #[test]
    fn what_was_allocated_stays_and_what_would_be_is_given() {
        let service =
            |kind: &str, port: Value| json!({"metadata": {}, "spec": {"type": kind, "ports": [port]}});
        let version = service("NodePort", json!({"port": 80, "protocol": "TCP", "nodePort": 30080}));
        let mut live = service("ClusterIP", json!({"port": 80, "protocol": "TCP"}));
        live["spec"]["clusterIP"] = json!("198.19.0.7");
        let body = restored(SERVICES, &version, &live, false);
        assert_eq!(
            body["spec"],
            json!({
                "type": "NodePort", "clusterIP": "198.19.0.7",
                "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}],
            })
        );
    }

    #[test]
    fn what_is_gone_is_created_as_if_nobody_ever_saw_it() {
        let version = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "data", "uid": "u", "finalizers": ["x/y"], "managedFields": [{}],
                "annotations": {
                    LAST_APPLIED: "{}", "volume.kubernetes.io/selected-node": "a", "pv.kubernetes.io/bind-completed": "yes",
                },
            },
            "spec": {"volumeName": "pvc-1", "storageClassName": "fast"},
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "annotations": {LAST_APPLIED: "{}"}},
            "spec": {"storageClassName": "fast"},
        });
        assert_eq!(created(CLAIMS, &version), expected);
        assert!(is_restored(CLAIMS, &version, &expected));
    }

    #[test]
    fn a_service_of_another_type_keeps_nothing_of_the_first() {
        let port = |node_port: Option<u32>| match node_port {
            Some(node_port) => json!({"port": 80, "protocol": "TCP", "nodePort": node_port}),
            None => json!({"port": 80, "protocol": "TCP"}),
        };
        let version =
            json!({"spec": {"type": "ClusterIP", "clusterIP": "198.19.0.7", "ports": [port(None)]}});
        let live = json!({"spec": {"type": "NodePort", "clusterIP": "198.19.0.8",
            "externalTrafficPolicy": "Cluster", "ports": [port(Some(30_007))]}});
        let body = restored(SERVICES, &version, &live, false);
        let mut expected = version.clone();
        expected["spec"]["clusterIP"] = "198.19.0.8".into();
        assert_eq!(body, expected, "but its address");
    }

    #[test]
    fn a_strategy_of_another_type_keeps_nothing_of_the_first() {
        let strategy = |strategy: Value| json!({"spec": {"replicas": 1, "strategy": strategy}});
        let rolling =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}});
        let version = strategy(json!({"type": "Recreate"}));
        assert_eq!(restored(DEPLOYMENTS, &version, &strategy(rolling), false), version);
    }
}
