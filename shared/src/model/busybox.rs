//! A static busybox for containers whose image lacks a program that is needed in them.

use serde_json::{Map, Value, json};

/// A busybox that an init container brings into other containers. It is also the name of that container, and of
/// the volume.
#[derive(Debug, Clone, Copy)]
pub struct Busybox<'a> {
    /// Such as `drover-hold`; the folder in which it lies has this name too.
    pub name: &'a str,
    /// An image with a static `/bin/busybox`.
    pub image: &'a str,
}

impl Busybox<'_> {
    /// Where it is then.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/busybox", self.folder())
    }

    fn folder(&self) -> String {
        format!("/{}", self.name)
    }

    /// Brings it into those containers of a pod's spec, sidecars among them.
    ///
    /// All fields have the values that the API server would give them, so that the spec is read back as it was
    /// written (pkg/apis/core/v1/defaults.go).
    pub fn bring(&self, spec: &mut Value, wanted: impl Fn(&str) -> bool) {
        let mount = json!({"name": self.name, "mountPath": self.folder()});
        let mut security_context = None;
        for list in ["initContainers", "containers"] {
            let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            for container in containers.filter(|container| container["name"].as_str().is_some_and(&wanted)) {
                security_context = security_context.or_else(|| container.get("securityContext").cloned());
                push(container.as_object_mut(), "volumeMounts", mount.clone());
            }
        }
        let mut bringer = json!({
            "name": self.name,
            "image": self.image,
            "command": ["/bin/busybox", "cp", "/bin/busybox", self.path()],
            "imagePullPolicy": "IfNotPresent",
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "volumeMounts": [mount],
        });
        // Pod Security admission judges every container: this one may be no more than the other is.
        if let Some(security_context) = security_context {
            bringer["securityContext"] = security_context;
        }
        push(spec.as_object_mut(), "volumes", json!({"name": self.name, "emptyDir": {}}));
        // A sidecar that needs it must not start before.
        if let Some(list) = list(spec.as_object_mut(), "initContainers") {
            list.insert(0, bringer);
        }
    }
}

fn push(object: Option<&mut Map<String, Value>>, field: &str, item: Value) {
    if let Some(items) = list(object, field) {
        items.push(item);
    }
}

fn list<'a>(object: Option<&'a mut Map<String, Value>>, field: &str) -> Option<&'a mut Vec<Value>> {
    object?.entry(field).or_insert_with(|| json!([])).as_array_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_before_whoever_needs_it() {
        let mut spec = json!({
            "initContainers": [{"name": "mesh", "restartPolicy": "Always", "securityContext": {"runAsUser": 7}}],
            "containers": [{"name": "app"}, {"name": "log"}],
        });
        let busybox = Busybox { name: "drover-hold", image: "box:1" };
        busybox.bring(&mut spec, |name| name != "log");
        let bringer = &spec["initContainers"][0];
        assert_eq!(
            (&bringer["image"], &bringer["securityContext"]),
            (&json!("box:1"), &json!({"runAsUser": 7}))
        );
        let mount = json!([{"name": "drover-hold", "mountPath": "/drover-hold"}]);
        assert_eq!(
            (&spec["initContainers"][1]["volumeMounts"], &spec["containers"][0]["volumeMounts"]),
            (&mount, &mount)
        );
        assert!(spec["containers"][1].get("volumeMounts").is_none());
        assert_eq!(spec["volumes"], json!([{"name": "drover-hold", "emptyDir": {}}]));
    }
}
