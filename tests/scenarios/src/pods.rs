//! Pods as the tests look at them.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Namespace, Objects};
use serde_json::{Deserializer, Value, json};

/// A pod at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Pod(pub Value);

impl Pod {
    pub fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().expect("a pod has a name")
    }

    pub fn uid(&self) -> &str {
        self.0["metadata"]["uid"].as_str().expect("a pod has a uid")
    }

    pub fn address(&self) -> &str {
        self.0["status"]["podIP"].as_str().expect("a running pod has an address")
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        self.0["metadata"]["labels"][key].as_str()
    }

    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.0["metadata"]["annotations"][key].as_str()
    }

    pub fn owners(&self) -> &Value {
        &self.0["metadata"]["ownerReferences"]
    }

    pub fn is_released(&self) -> bool {
        self.owners().is_null()
    }

    pub fn is_ready(&self) -> bool {
        let conditions = self.0["status"]["conditions"].as_array();
        conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True")
    }

    pub fn restarts(&self) -> u64 {
        self.0["status"]["containerStatuses"][0]["restartCount"].as_u64().unwrap_or_default()
    }

    /// All that a person or a controller decides about a pod: without its status, and without what the API server
    /// notes at every write.
    pub fn without_status(&self) -> Value {
        let mut metadata = self.0["metadata"].clone();
        for noted in ["managedFields", "resourceVersion", "generation"] {
            metadata.as_object_mut().expect("metadata is an object").remove(noted);
        }
        json!({"metadata": metadata, "spec": self.0["spec"]})
    }
}

/// One pod as it is now.
pub fn pod(namespace: &Namespace, name: &str) -> Pod {
    Pod(namespace.get(&format!("pod/{name}")))
}

/// The pods with these labels, by name; none that is being deleted.
pub fn pods(namespace: &Namespace, selector: &str) -> Vec<Pod> {
    let arguments = ["get", "pods", "--selector", selector, "--sort-by=.metadata.name", "--output=json"];
    let mut list: Value = serde_json::from_str(&namespace.kubectl(arguments).success().stdout)
        .expect("`kubectl get --output=json` prints JSON");
    let items = list["items"].take();
    let items = items.as_array().expect("a list has items").iter();
    items.filter(|pod| pod["metadata"]["deletionTimestamp"].is_null()).cloned().map(Pod).collect()
}

/// Every version the pod has had since, as the API server's own watch tells it.
pub fn versions_since(namespace: &Namespace, before: &Pod) -> Vec<Pod> {
    let pods = format!("/api/v1/namespaces/{}/pods", namespace.name());
    watched_since(namespace, &pods, &format!("metadata.name={}", before.name()), before)
        .into_iter()
        .map(Pod)
        .collect()
}

/// Every version that the ReplicaSets have had since that one of a pod.
pub fn replica_sets_since(namespace: &Namespace, before: &Pod) -> Vec<Value> {
    let sets = format!("/apis/apps/v1/namespaces/{}/replicasets", namespace.name());
    watched_since(namespace, &sets, "", before)
}

fn watched_since(namespace: &Namespace, objects: &str, fields: &str, before: &Pod) -> Vec<Value> {
    let version = before.0["metadata"]["resourceVersion"].as_str().expect("a pod has a version");
    let path =
        format!("{objects}?watch=true&timeoutSeconds=1&fieldSelector={fields}&resourceVersion={version}");
    let events = namespace.kubectl(["get", "--raw", &path]).success().stdout;
    Deserializer::from_str(&events)
        .into_iter::<Value>()
        .map(|event| event.expect("a watch is a row of JSON documents")["object"].take())
        .collect()
}

/// How late in the cluster's life this version was written: comparable between kinds that one etcd keeps.
pub fn moment(object: &Value) -> u64 {
    let version = object["metadata"]["resourceVersion"].as_str().expect("an object has a version");
    version.parse().expect("a version is a number")
}

/// The uids of the pods that are ready endpoints of a Service.
pub fn ready_endpoints(slices: &Objects, service: &str) -> BTreeSet<String> {
    let mut endpoints = ready_endpoints_by_service(slices);
    endpoints.remove(service).unwrap_or_default()
}

/// The Services of which the pod is a ready endpoint now.
pub fn services_sending_to(namespace: &Namespace, pod: &Pod) -> Vec<String> {
    let endpoints = namespace.watch_until("discovery.k8s.io/v1/endpointslices", 10, |slices| {
        Some(ready_endpoints_by_service(slices))
    });
    let of_pod = endpoints.into_iter().filter(|(_, uids)| uids.contains(pod.uid()));
    of_pod.map(|(service, _)| service).collect()
}

fn ready_endpoints_by_service(slices: &Objects) -> BTreeMap<String, BTreeSet<String>> {
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for slice in slices.values() {
        let service = slice["metadata"]["labels"]["kubernetes.io/service-name"].as_str().unwrap_or_default();
        let endpoints = slice["endpoints"].as_array().into_iter().flatten();
        let uids = endpoints
            // A missing condition means ready.
            .filter(|endpoint| endpoint["conditions"]["ready"] != Value::Bool(false))
            .filter_map(|endpoint| endpoint["targetRef"]["uid"].as_str());
        services.entry(service.to_owned()).or_default().extend(uids.map(str::to_owned));
    }
    services
}
