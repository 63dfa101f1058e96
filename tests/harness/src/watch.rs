//! A list followed by a watch from exactly there, through `kubectl get --raw`.
//!
//! `kubectl get --watch` will not do: it prints nothing for an empty list, so a test could not tell "there is
//! nothing" from "nothing was read yet", nor wait for objects to be gone.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

use crate::namespace::Namespace;
use crate::stream::JsonStream;

/// The objects of a watch as they are now, by uid.
pub type Objects = BTreeMap<String, Value>;

/// The objects of one kind in a namespace, kept up to date.
pub(crate) struct Watch {
    events: JsonStream<Event>,
    objects: Objects,
}

#[derive(Deserialize)]
struct Event {
    r#type: String,
    object: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    metadata: ListMetadata,
    items: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
}

impl Watch {
    /// Reads the present state and watches from there. `resource` is as for [`Namespace::watch_until`].
    pub(crate) fn start(namespace: &Namespace, resource: &str) -> Self {
        let path = collection_path(namespace.name(), resource);
        let json = namespace.kubectl(["get", "--raw", &path]).success().stdout;
        let list: List = serde_json::from_str(&json).expect("the API server answers with a list");
        let separator = if path.contains('?') { '&' } else { '?' };
        let version = list.metadata.resource_version;
        let events = namespace
            .command(["get", "--raw", &format!("{path}{separator}watch=true&resourceVersion={version}")])
            .stream();
        let objects = list.items.into_iter().map(|object| (uid(&object), object)).collect();
        Self { events, objects }
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Takes the next change in and says when it came, or nothing when none came in time.
    pub(crate) fn next(&mut self, deadline: Instant) -> Option<Instant> {
        let (arrived, event) = self.events.next(deadline)?;
        match event.r#type.as_str() {
            "ADDED" | "MODIFIED" => {
                self.objects.insert(uid(&event.object), event.object);
            }
            "DELETED" => {
                self.objects.remove(&uid(&event.object));
            }
            other => panic!("the watch answered {other}: {}", event.object),
        }
        Some(arrived)
    }
}

fn uid(object: &Value) -> String {
    let uid = object["metadata"]["uid"].as_str();
    uid.unwrap_or_else(|| panic!("no uid in {object}")).to_owned()
}

/// Where the API server has the objects of a kind: `pods`, `apps/v1/deployments?labelSelector=app=web`.
fn collection_path(namespace: &str, resource: &str) -> String {
    let kind_length = resource.find('?').unwrap_or(resource.len());
    match resource[..kind_length].rfind('/') {
        None => format!("/api/v1/namespaces/{namespace}/{resource}"),
        Some(slash) => {
            let (group_version, plural) = (&resource[..slash], &resource[slash + 1..]);
            format!("/apis/{group_version}/namespaces/{namespace}/{plural}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_core_and_other_groups() {
        assert_eq!(collection_path("n", "pods"), "/api/v1/namespaces/n/pods");
        assert_eq!(
            collection_path("n", "apps/v1/deployments?labelSelector=a/b=c"),
            "/apis/apps/v1/namespaces/n/deployments?labelSelector=a/b=c"
        );
    }
}
