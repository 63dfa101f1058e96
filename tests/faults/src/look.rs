//! What is so in a shop at one moment.

use std::collections::BTreeSet;

use harness::{Namespace, StoredBundle};
use serde_json::{Value, json};

use crate::bundle;

/// All kinds that a verb or its colleagues write.
const KINDS: &str = "pods,endpointslices,deployments,replicasets,configmaps,services,horizontalpodautoscalers,leases,networkpolicies";

/// By which clones of rehearsals are selected.
pub const CLONE_LABEL: &str = "drover.dev/rehearsal";

const ISOLATED_LABEL: &str = "drover.dev/isolated";
const RECORD: &str = "drover.dev/isolation";

/// The annotation that a colleague leaves, which is none of the command's business.
pub const COLLEAGUE: &str = "drover.test/colleague";

/// All that a command or a controller changes, read in one command.
#[derive(Clone)]
pub struct Look {
    objects: Vec<Value>,
    pub bundle: StoredBundle,
}

impl Look {
    pub fn at(namespace: &Namespace) -> Self {
        let read = namespace.kubectl(["get", KINDS, "--output=json"]).success();
        let mut list: Value =
            serde_json::from_str(&read.stdout).expect("`kubectl get --output=json` prints JSON");
        let objects = list["items"].as_array_mut().expect("a list has items").drain(..).collect();
        Self { objects, bundle: StoredBundle::read(namespace, bundle::NAME) }
    }

    /// A pod by its uid, unless it is gone or on its way.
    pub fn pod(&self, uid: &str) -> Option<Pod<'_>> {
        self.pods().find(|pod| pod.uid() == uid)
    }

    /// The pods that are there to stay.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'_>> {
        let all = self.objects.iter().filter(|object| object["kind"] == "Pod").map(Pod);
        all.filter(|pod| pod.0["metadata"]["deletionTimestamp"].is_null())
    }

    /// The pods that a controller owns.
    pub fn owned(&self) -> Vec<Pod<'_>> {
        self.pods().filter(|pod| !pod.is_released()).collect()
    }

    pub fn isolated(&self) -> Vec<Pod<'_>> {
        self.pods().filter(|pod| !pod.0["metadata"]["labels"][ISOLATED_LABEL].is_null()).collect()
    }

    /// Whether a policy of a pod's own cuts it off.
    pub fn is_cut_off(&self, uid: &str) -> bool {
        let mut policies = self.of_kind("NetworkPolicy");
        policies.any(|policy| {
            policy["metadata"]["ownerReferences"][0]["uid"] == uid
                && policy["spec"]["podSelector"]["matchLabels"]["drover.dev/quarantine"] == uid
        })
    }

    /// The clones of rehearsals, those on their way out included.
    pub fn clones(&self) -> impl Iterator<Item = &Value> {
        let pods = self.objects.iter().filter(|object| object["kind"] == "Pod");
        pods.filter(|pod| !pod["metadata"]["labels"][CLONE_LABEL].is_null())
    }

    /// The objects of a kind that are there to stay.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let all = self.objects.iter().filter(move |object| object["kind"] == kind);
        all.filter(|object| object["metadata"]["deletionTimestamp"].is_null())
    }

    /// The Deployment, unless it is gone.
    pub fn deployment(&self) -> Option<&Value> {
        self.of_kind("Deployment").next()
    }

    /// How many pods the Deployment wants; none when it is gone.
    pub fn wanted(&self) -> Option<usize> {
        let deployment = self.deployment()?;
        usize::try_from(deployment["spec"]["replicas"].as_u64()?).ok()
    }

    /// The uids of all ready endpoints.
    pub fn serving(&self) -> BTreeSet<&str> {
        let slices = self.objects.iter().filter(|object| object["kind"] == "EndpointSlice");
        let endpoints = slices.flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
        endpoints
            // A missing condition means ready.
            .filter(|endpoint| endpoint["conditions"]["ready"] != Value::Bool(false))
            .filter_map(|endpoint| endpoint["targetRef"]["uid"].as_str())
            .collect()
    }
}

/// A pod at one moment.
#[derive(Clone, Copy)]
pub struct Pod<'look>(&'look Value);

impl<'look> Pod<'look> {
    pub fn name(self) -> &'look str {
        self.0["metadata"]["name"].as_str().expect("a pod has a name")
    }

    pub fn uid(self) -> &'look str {
        self.0["metadata"]["uid"].as_str().expect("a pod has a uid")
    }

    pub fn is_released(self) -> bool {
        self.0["metadata"]["ownerReferences"].is_null()
    }

    /// Whether it carries the label and the record of an isolation.
    pub fn is_marked(self) -> bool {
        self.0["metadata"]["labels"][ISOLATED_LABEL] == "true"
            && self.0["metadata"]["annotations"][RECORD].is_string()
    }

    /// Whether it runs as it did when it was this one: its containers not restarted.
    pub fn runs_like(self, before: Self) -> bool {
        let restarts = |pod: Self| pod.0["status"]["containerStatuses"][0]["restartCount"].clone();
        self.0["status"]["phase"] == "Running" && restarts(self) == restarts(before)
    }

    /// All that a person or a controller decides about a pod: without its status, without what the API server notes
    /// at every write, and without what a colleague wrote beside us.
    pub fn decided(self) -> Value {
        decided(self.0)
    }
}

/// The same for any object. The revision of a Deployment counts its rollouts, whatever they came to.
pub fn decided(object: &Value) -> Value {
    let mut metadata = object["metadata"].clone();
    for noted in ["managedFields", "resourceVersion", "generation"] {
        metadata.as_object_mut().expect("metadata is an object").remove(noted);
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(COLLEAGUE);
        annotations.remove("deployment.kubernetes.io/revision");
        if annotations.is_empty() {
            metadata.as_object_mut().expect("metadata is an object").remove("annotations");
        }
    }
    json!({"metadata": metadata, "spec": object["spec"]})
}
