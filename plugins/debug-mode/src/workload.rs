//! The objects that debug mode changes, as they were read.

use drover::model::POD_TEMPLATE_HASH;
use drover::model::object::{Metadata, ObjectRef, Owner};
use drover::model::selector::{Labels, Selector};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use serde_json::Value;

use crate::record::{DEBUG_MODE_ANNOTATION, Shape};
use crate::target::{Kind, Target};

/// A workload, whole, so that nothing of it is lost.
#[derive(Debug, Clone)]
pub struct Workload {
    pub target: Target,
    pub object: Value,
    pub metadata: Metadata,
    /// Which pods are its own; a Job's and a pod's are of no concern.
    pub selector: Selector,
}

/// A HorizontalPodAutoscaler, whole.
#[derive(Debug, Clone)]
pub struct Autoscaler {
    pub object: Value,
    pub metadata: Metadata,
    pub min: Option<u32>,
    pub max: u32,
}

/// A ReplicaSet, as far as it decides what pods there are.
#[derive(Debug, Clone, Deserialize)]
pub struct ReplicaSet {
    pub metadata: Metadata,
    pub spec: ReplicaSetSpec,
    #[serde(default)]
    pub status: ReplicaSetStatus,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ReplicaSetSpec {
    #[serde(default)]
    pub template: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReplicaSetStatus {
    pub replicas: u32,
    pub conditions: Vec<drover::model::pod::Condition>,
}

impl Workload {
    /// Takes over what the server returned.
    pub fn new(target: Target, object: Value) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Read {
            metadata: Metadata,
            #[serde(default)]
            spec: Spec,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Spec {
            selector: Option<LabelSelector>,
        }
        let Read { metadata, spec } = Read::deserialize(&object)?;
        let selector = spec.selector.as_ref().map(Selector::from).unwrap_or_default();
        Ok(Self { target, object, metadata, selector })
    }

    pub fn kind(&self) -> Kind {
        self.target.kind
    }

    /// What decides about its pods now.
    pub fn shape(&self) -> Shape {
        let strategy = self.kind().strategy_field().map_or(Value::Null, |field| self.spec(field).clone());
        Shape { template: self.template().clone(), strategy }
    }

    /// Its pod template.
    pub fn template(&self) -> &Value {
        self.object.pointer(self.kind().template_pointer()).unwrap_or(&Value::Null)
    }

    /// A field of its spec; null where it is absent.
    pub fn spec(&self, field: &str) -> &Value {
        &self.object["spec"][field]
    }

    /// How many pods it wants.
    pub fn replicas(&self) -> u64 {
        match self.kind() {
            Kind::DaemonSet => self.object["status"]["desiredNumberScheduled"].as_u64().unwrap_or(0),
            _ => self.spec("replicas").as_u64().unwrap_or(1),
        }
    }

    pub fn owner(&self) -> Owner {
        let Metadata { name, uid, .. } = &self.metadata;
        Owner { kind: self.kind().resource().kind.to_owned(), name: name.clone(), uid: uid.clone() }
    }

    /// The labels of its new pods.
    pub fn template_labels(&self) -> Labels {
        Labels::deserialize(&self.template()["metadata"]["labels"]).unwrap_or_default()
    }

    pub fn is_annotated(&self) -> bool {
        self.metadata.annotation(DEBUG_MODE_ANNOTATION).is_some()
    }

    pub fn object_ref(&self) -> ObjectRef {
        self.target.in_namespace(&self.metadata.namespace)
    }
}

impl ReplicaSet {
    /// Its template as its Deployment has it: without the label that tells its pods apart
    /// (pkg/controller/deployment/util: `EqualIgnoreHash`).
    pub fn template(&self) -> Value {
        let mut template = self.spec.template.clone();
        if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove(POD_TEMPLATE_HASH);
        }
        template
    }

    pub fn revision(&self) -> Option<i64> {
        self.metadata.annotation("deployment.kubernetes.io/revision")?.parse().ok()
    }

    pub fn owner(&self) -> Owner {
        let Metadata { name, uid, .. } = &self.metadata;
        Owner { kind: "ReplicaSet".to_owned(), name: name.clone(), uid: uid.clone() }
    }
}

impl Autoscaler {
    /// Takes over what the server returned, if it scales that workload.
    pub fn of(object: Value, workload: &Target) -> Option<Self> {
        let target = &object["spec"]["scaleTargetRef"];
        let scales =
            target["kind"] == workload.kind.resource().kind && target["name"] == workload.name.as_str();
        let number = |field: &str| u32::try_from(object["spec"][field].as_u64()?).ok();
        let (min, max) = (number("minReplicas"), number("maxReplicas")?);
        scales.then(|| Metadata::deserialize(&object["metadata"]).ok()).flatten().map(|metadata| Self {
            min,
            max,
            metadata,
            object,
        })
    }
}
