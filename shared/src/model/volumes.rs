//! Volumes that two pods made from one template would both write to.

use k8s_openapi::api::core::v1::{PodSpec, Volume};

/// The volumes that a copy of the pod would share with it and that a container mounts writable, in
/// words such as `claim data`.
///
/// What is private to a pod (emptyDir, ephemeral claims, inline CSI) or read-only by nature
/// (ConfigMap, Secret, image) is left out; any other kind counts as shared.
#[must_use]
pub fn shared_writable(spec: &PodSpec) -> Vec<String> {
    let volumes = spec.volumes.iter().flatten();
    volumes.filter(|volume| is_written(spec, &volume.name)).filter_map(shared).collect()
}

fn is_written(spec: &PodSpec, volume: &str) -> bool {
    spec.init_containers
        .iter()
        .flatten()
        .chain(&spec.containers)
        .flat_map(|container| container.volume_mounts.iter().flatten())
        .any(|mount| mount.name == volume && mount.read_only != Some(true))
        || spec
            .containers
            .iter()
            .flat_map(|container| container.volume_devices.iter().flatten())
            .any(|device| device.name == volume)
}

fn shared(volume: &Volume) -> Option<String> {
    let is_private = volume.empty_dir.is_some()
        || volume.ephemeral.is_some()
        || volume.csi.is_some()
        || volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.projected.is_some()
        || volume.downward_api.is_some()
        || volume.image.is_some()
        || volume.git_repo.is_some();
    if let Some(claim) = &volume.persistent_volume_claim {
        return (claim.read_only != Some(true)).then(|| format!("claim {}", claim.claim_name));
    }
    if let Some(host) = &volume.host_path {
        return Some(format!("hostPath {}", host.path));
    }
    (!is_private).then(|| format!("volume {}", volume.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_would_write_to_counts() {
        let spec: PodSpec = serde_json::from_value(serde_json::json!({
            "containers": [{"name": "web", "volumeMounts": [
                {"name": "data", "mountPath": "/data"},
                {"name": "logs", "mountPath": "/logs"},
                {"name": "host", "mountPath": "/host", "readOnly": true},
                {"name": "scratch", "mountPath": "/tmp"},
                {"name": "config", "mountPath": "/etc/app"},
                {"name": "share", "mountPath": "/share"},
            ]}],
            "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": "orders"}},
                {"name": "logs", "hostPath": {"path": "/var/log/app"}},
                {"name": "host", "hostPath": {"path": "/etc"}},
                {"name": "scratch", "emptyDir": {}},
                {"name": "config", "configMap": {"name": "app"}},
                {"name": "share", "nfs": {"server": "a", "path": "/"}},
                {"name": "unused", "persistentVolumeClaim": {"claimName": "other"}},
            ],
        }))
        .unwrap();
        assert_eq!(shared_writable(&spec), ["claim orders", "hostPath /var/log/app", "volume share"]);
    }
}
