//! Objects as texts, for the program that `$KUBECTL_EXTERNAL_DIFF` names.

use drover::model::object::ObjectRef;
use drover::print::{Structured, write_structured};
use serde_json::Value;

use crate::compare::{Masking, Pair, Shown};

/// An object that differs, as two files of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// As `kubectl diff` names them: `apps.v1.Deployment.shop.web`.
    pub name: String,
    /// YAML, masked, without what the server writes; empty where the object is not there.
    pub before: String,
    pub after: String,
}

/// None where both states are the same. The texts differ in nothing but what the comparison finds.
pub fn files(
    object: &ObjectRef,
    before: Option<&Value>,
    after: Option<&Value>,
    autoscaled: bool,
    masking: &Masking,
) -> Option<Files> {
    let pair = |before, after| Pair::new(object.resource, before, after, autoscaled, masking);
    let (before, after) = match (before, after) {
        (None, None) => return None,
        (Some(only), None) => (yaml(&pair(only, only).shown().0), String::new()),
        (None, Some(only)) => (String::new(), yaml(&pair(only, only).shown().1)),
        (Some(before), Some(after)) => {
            let pair = pair(before, after);
            if pair.changes().is_empty() {
                return None;
            }
            let (before, after) = pair.shown();
            (yaml(&before), yaml(&after))
        }
    };
    Some(Files { name: file_name(object), before, after })
}

/// No name within the cluster has a slash; one that was made up must not lead out of the directory.
fn file_name(object: &ObjectRef) -> String {
    let resource = object.resource;
    let version = resource.api_version().replace('/', ".");
    let namespace = object.namespace.as_deref().unwrap_or_default();
    format!("{version}.{}.{namespace}.{}", resource.kind, object.name).replace(['/', '\\'], "_")
}

/// A value as YAML.
pub fn yaml(shown: &Shown) -> String {
    let mut text = Vec::new();
    let written = write_structured(Structured::Yaml, shown, &mut text);
    match (written, String::from_utf8(text)) {
        (Ok(()), Ok(text)) => text,
        // JSON is YAML as well.
        _ => format!("{}\n", shown.value()),
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{DEPLOYMENTS, ObjectRef};
    use serde_json::json;

    use super::*;
    use crate::kinds::{SECRETS, VOLUMES};

    #[test]
    fn files_differ_in_what_differs_only() {
        let object = ObjectRef::namespaced(DEPLOYMENTS, "shop", "web");
        let workload = |containers: Value, version: &str| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "shop", "resourceVersion": version},
                "spec": {"template": {"spec": {"containers": containers}}},
            })
        };
        let before = workload(json!([{"name": "a", "image": "1"}, {"name": "b"}]), "1");
        let after = workload(json!([{"name": "b"}, {"name": "a", "image": "2"}]), "2");
        let masking = Masking::new(false).unwrap();
        let found = files(&object, Some(&before), Some(&after), false, &masking).unwrap();
        assert_eq!(found.name, "apps.v1.Deployment.shop.web");
        let expected = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
      - name: b
      - image: \"2\"
        name: a
";
        assert_eq!(found.after, expected);
        assert_eq!(found.before, expected.replace('2', "1"));
        let reordered = workload(json!([{"name": "b"}, {"name": "a", "image": "1"}]), "3");
        assert_eq!(files(&object, Some(&before), Some(&reordered), false, &masking), None);
    }

    #[test]
    fn what_is_not_there_is_an_empty_file() {
        let object = ObjectRef::namespaced(SECRETS, "shop", "token");
        let secret = json!({"kind": "Secret", "data": {"t": "aHVudGVyMg=="}});
        let masking = Masking::new(false).unwrap();
        let found = files(&object, Some(&secret), None, false, &masking).unwrap();
        assert_eq!((found.name.as_str(), found.after.as_str()), ("v1.Secret.shop.token", ""));
        assert!(
            found.before.contains("(masked)") && !found.before.contains("aHVudGVyMg"),
            "{}",
            found.before
        );
        let created = files(&object, None, Some(&secret), false, &masking).unwrap();
        assert_eq!((created.before.as_str(), &created.after), ("", &found.before));
    }

    #[test]
    fn names_are_those_of_kubectl_diff_and_stay_in_their_directory() {
        let volume = |name: &str| ObjectRef { resource: VOLUMES, namespace: None, name: name.to_owned() };
        assert_eq!(file_name(&volume("disk")), "v1.PersistentVolume..disk");
        assert_eq!(file_name(&volume("/../../x")), "v1.PersistentVolume.._.._.._x");
    }
}
