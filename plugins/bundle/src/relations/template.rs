//! What a pod template refers to: read from the template, so that a workload scaled to zero keeps it.

use drover::model::object::CONFIG_MAPS;
use serde_json::Value;

use super::{Direction, Relations, items};
use crate::kinds::{CLAIMS, PRIORITY_CLASSES, RUNTIME_CLASSES, SECRETS, SERVICE_ACCOUNTS, STORAGE_CLASSES};

/// The volumes whose driver reads a Secret, with the field that names it (k8s.io/api/core/v1: `VolumeSource`).
const SECRETS_OF_VOLUMES: [(&str, &str); 8] = [
    ("csi", "/nodePublishSecretRef/name"),
    ("azureFile", "/secretName"),
    ("cephfs", "/secretRef/name"),
    ("cinder", "/secretRef/name"),
    ("flexVolume", "/secretRef/name"),
    ("iscsi", "/secretRef/name"),
    ("rbd", "/secretRef/name"),
    ("scaleIO", "/secretRef/name"),
];

/// Reads all references of a pod template.
pub fn read(template: &Value, relations: &mut Relations) {
    let spec = &template["spec"];
    for list in ["initContainers", "containers"] {
        for container in items(&spec[list]) {
            environment(list, container, relations);
        }
    }
    for volume in items(&spec["volumes"]) {
        read_volume(volume, relations);
    }
    for secret in items(&spec["imagePullSecrets"]) {
        relations.uses(SECRETS, &secret["name"], "imagePullSecrets");
    }
    relations.uses(SERVICE_ACCOUNTS, &spec["serviceAccountName"], "serviceAccountName");
    relations.uses(PRIORITY_CLASSES, &spec["priorityClassName"], "priorityClassName");
    relations.uses(RUNTIME_CLASSES, &spec["runtimeClassName"], "runtimeClassName");
}

fn environment(list: &str, container: &Value, relations: &mut Relations) {
    let place = format!("{list}[{}]", container["name"].as_str().unwrap_or_default());
    for source in items(&container["envFrom"]) {
        for (field, resource) in [("configMapRef", CONFIG_MAPS), ("secretRef", SECRETS)] {
            add(relations, resource, &source[field], "name", format!("{place}.envFrom"));
        }
    }
    for variable in items(&container["env"]) {
        let name = variable["name"].as_str().unwrap_or_default();
        for (field, resource) in [("configMapKeyRef", CONFIG_MAPS), ("secretKeyRef", SECRETS)] {
            add(relations, resource, &variable["valueFrom"][field], "name", format!("{place}.env[{name}]"));
        }
    }
}

fn read_volume(volume: &Value, relations: &mut Relations) {
    let place = format!("volumes[{}]", volume["name"].as_str().unwrap_or_default());
    add(relations, CONFIG_MAPS, &volume["configMap"], "name", place.clone());
    add(relations, SECRETS, &volume["secret"], "secretName", place.clone());
    for source in items(&volume["projected"]["sources"]) {
        add(relations, CONFIG_MAPS, &source["configMap"], "name", place.clone());
        add(relations, SECRETS, &source["secret"], "name", place.clone());
    }
    relations.uses(CLAIMS, &volume["persistentVolumeClaim"]["claimName"], place.clone());
    let claim = &volume["ephemeral"]["volumeClaimTemplate"]["spec"];
    relations.uses(STORAGE_CLASSES, &claim["storageClassName"], place.clone());
    for (driver, field) in SECRETS_OF_VOLUMES {
        if let Some(name) = volume[driver].pointer(field) {
            relations.uses(SECRETS, name, place.clone());
        }
    }
}

/// A source that says itself whether the pod can do without it.
fn add(
    relations: &mut Relations,
    resource: drover::model::object::Resource,
    source: &Value,
    name: &str,
    path: String,
) {
    relations.add(Direction::Uses, resource, &source[name], path, source["optional"] == true);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_to_refer_is_found() {
        let template = json!({"spec": {
            "serviceAccountName": "web",
            "imagePullSecrets": [{"name": "registry"}],
            "initContainers": [{"name": "migrate", "envFrom": [{"secretRef": {"name": "db"}}]}],
            "containers": [{
                "name": "web",
                "envFrom": [{"configMapRef": {"name": "settings", "optional": true}}],
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "token", "key": "t"}}},
                ],
            }],
            "volumes": [
                {"name": "files", "configMap": {"name": "files"}},
                {"name": "all", "projected": {"sources": [{"secret": {"name": "tls"}}]}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
                {"name": "vault", "csi": {"driver": "vault", "nodePublishSecretRef": {"name": "vault"}}},
                {"name": "tmp", "emptyDir": {}},
            ],
        }});
        let mut relations = Relations { namespace: Some("shop".to_owned()), found: Vec::new() };
        read(&template, &mut relations);
        let words: Vec<_> = relations
            .found
            .iter()
            .map(|relation| {
                let optional = if relation.optional { " optional" } else { "" };
                format!("{} {}{optional}", relation.to, relation.path)
            })
            .collect();
        assert_eq!(
            words,
            [
                "secret/db initContainers[migrate].envFrom",
                "configmap/settings containers[web].envFrom optional",
                "secret/token containers[web].env[B]",
                "configmap/files volumes[files]",
                "secret/tls volumes[all]",
                "persistentvolumeclaim/data volumes[data]",
                "secret/vault volumes[vault]",
                "secret/registry imagePullSecrets",
                "serviceaccount/web serviceAccountName",
            ]
        );
    }
}
