//! A namespace in memory: what a plan writes is done to it, and its controllers do what real ones do.

use drover::change::{Body, Plan, Step};
use drover::cli::Failure;
use drover::cluster::Change;
use drover::model::object::{CONFIG_MAPS, PODS, REPLICA_SETS, Resource};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{off, on};
use crate::options::{Conflict, Mode, Overrides};
use crate::record::DEBUG_MODE_ANNOTATION;
use crate::state::State;
use crate::target::{Kind, Target};
use crate::workload::Workload;

/// A Deployment or other workload `web` with pods, as the API server has them.
pub struct World {
    pub state: State,
    next: u32,
}

pub fn template() -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{
            "name": "app", "image": "app:1", "command": ["/app"],
            "livenessProbe": {"exec": {"command": ["false"]}},
            "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        }]},
    })
}

impl World {
    /// A workload of that kind with two pods.
    pub fn with(kind: Kind, ready: [bool; 2]) -> Self {
        let strategy = match kind {
            Kind::Deployment => {
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
            }
            _ => json!({"type": "RollingUpdate"}),
        };
        let mut object = json!({
            "metadata": {
                "name": "web", "namespace": "shop", "uid": "w", "generation": 1, "resourceVersion": "1",
                "managedFields": [{"manager": "helm", "operation": "Update", "fieldsV1": {"f:spec": {"f:template": {}}}}],
            },
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template()},
            "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "desiredNumberScheduled": 2},
        });
        if let Some(field) = kind.strategy_field() {
            object["spec"][field] = strategy;
        }
        let target = Target { kind, name: "web".to_owned() };
        let state = State {
            workload: Some(Workload::new(target, object).unwrap()),
            namespace: "shop".to_owned(),
            user: "oncall".to_owned(),
            now: Timestamp::from_second(1_700_000_000).unwrap(),
            ..State::default()
        };
        let mut world = Self { state, next: 0 };
        world.control();
        for (index, ready) in ready.into_iter().enumerate() {
            world.add_pod(&format!("web-{index}"), ready);
        }
        world
    }

    pub fn deployment() -> Self {
        Self::with(Kind::Deployment, [true, true])
    }

    pub fn workload(&self) -> &Workload {
        self.state.workload.as_ref().unwrap()
    }

    /// Changes the workload as a colleague would.
    pub fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut object = self.workload().object.clone();
        change(&mut object);
        self.store(object);
        self.control();
    }

    fn store(&mut self, mut object: Value) {
        let mut bump = |part: &str, field: &str| {
            self.next += 1;
            object[part][field] = json!(self.next + 10);
        };
        bump("metadata", "generation");
        object["metadata"]["resourceVersion"] = json!(self.next.to_string());
        object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
        let target = self.workload().target.clone();
        self.state.workload = Some(Workload::new(target, object).unwrap());
    }

    /// Does what a step writes; panics when what it requires does not hold.
    pub fn write(&mut self, step: &Step, manager: &str) {
        let resource = step.write.target.resource;
        let name = step.write.target.name.clone();
        let before = self.find(resource, &name);
        assert!(step.write.is_possible(before.as_ref()), "{}: {:?}", step.title, step.write.require);
        let after = match &step.write.body {
            Body::Create(object) => {
                let mut object = object.clone();
                object["metadata"]["uid"] = json!("created");
                Some(object)
            }
            Body::Patch(operations) => {
                let mut object = before.clone().unwrap();
                json_patch::patch(&mut object, operations).unwrap();
                let only_owners =
                    operations.iter().all(|operation| operation.path() == "/metadata/managedFields");
                if resource == self.workload().kind().resource() && !only_owners {
                    let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
                    entries.retain(|entry| entry["manager"] != manager);
                    entries.push(json!({"manager": manager, "operation": "Update", "fieldsV1": {}}));
                }
                Some(object)
            }
            Body::Replace(object) => Some(object.clone()),
            Body::Delete { .. } => None,
        };
        assert!(step.write.effect.holds(after.as_ref()), "{} has the effect it names", step.title);
        if resource == self.workload().kind().resource() && name == "web" {
            self.store(after.unwrap());
        } else {
            let gone = after.is_none();
            let object = after.or(before).unwrap();
            self.state.update(&Change { resource, gone, object, at: self.state.now, unheard_since: None });
        }
        self.control();
    }

    fn find(&self, resource: Resource, name: &str) -> Option<Value> {
        if resource == self.workload().kind().resource() && name == "web" {
            return Some(self.workload().object.clone());
        }
        match resource {
            CONFIG_MAPS => self.state.config_map.clone(),
            PODS => self
                .state
                .pods
                .values()
                .find(|pod| pod.metadata.name == name)
                .map(|pod| json!({"metadata": pod.metadata})),
            REPLICA_SETS => self
                .state
                .replica_sets
                .values()
                .find(|set| set.metadata.name == name)
                .map(|set| json!({"metadata": set.metadata, "spec": {"template": set.spec.template}})),
            other => panic!("{other:?}"),
        }
    }

    /// What the workload's controller does: a ReplicaSet for a new template, and pods where some lack.
    fn control(&mut self) {
        let (kind, template) = (self.workload().kind(), self.workload().template().clone());
        if kind == Kind::Deployment && self.state.replica_set_of(&template).is_none() {
            let number = self.state.replica_sets.len();
            let mut with_hash = template;
            with_hash["metadata"]["labels"]["pod-template-hash"] = json!(number.to_string());
            let annotations = self
                .workload()
                .metadata
                .annotation(DEBUG_MODE_ANNOTATION)
                .map(|mark| json!({DEBUG_MODE_ANNOTATION: mark}));
            let object = json!({
                "metadata": {
                    "name": format!("web-rs{number}"), "uid": format!("rs{number}"), "annotations": annotations,
                    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "w", "controller": true}],
                },
                "spec": {"template": with_hash},
            });
            self.state.update(&Change {
                resource: REPLICA_SETS,
                gone: false,
                object,
                at: self.state.now,
                unheard_since: None,
            });
            if number > 0 {
                self.add_pod(&format!("web-debug{number}"), false);
            }
        }
        if kind != Kind::Deployment && self.state.pods.len() == 1 && self.next > 0 {
            self.add_pod("web-0", false);
        }
        if kind == Kind::Deployment {
            let sets: Vec<_> = self.state.replica_sets.keys().cloned().collect();
            self.state
                .pods
                .retain(|_, pod| pod.metadata.controller().is_some_and(|owner| sets.contains(&owner.uid)));
        }
    }

    fn add_pod(&mut self, name: &str, ready: bool) {
        self.next += 1;
        let uid = format!("{name}-{}", self.next);
        let template = self.workload().template().clone();
        let owner = match self.workload().kind() {
            Kind::Deployment => self.state.replica_set_of(&template).unwrap().owner(),
            _ => self.workload().owner(),
        };
        let status = if ready { "True" } else { "False" };
        let object = json!({
            "metadata": {
                "name": name, "uid": uid, "labels": {"app": "web"},
                "creationTimestamp": self.state.now.to_string(),
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": owner.kind, "name": owner.name, "uid": owner.uid, "controller": true}],
            },
            "spec": {"readinessGates": template["spec"]["readinessGates"].as_array().cloned().unwrap_or_default()},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": status}],
                "containerStatuses": [{"name": "app", "restartCount": 0, "state": {"running": {}}}],
            },
        });
        self.state.update(&Change {
            resource: PODS,
            gone: false,
            object,
            at: self.state.now,
            unheard_since: None,
        });
    }

    pub fn wait(&mut self, seconds: i64) {
        self.state.now += jiff::SignedDuration::from_secs(seconds);
    }

    /// Plans and writes until the plan is empty or only waits; with a limit, stops after as many writes,
    /// as if killed. Returns the titles of what was written.
    pub fn run(
        &mut self,
        decide: impl Fn(&State) -> Result<Plan, Failure>,
        most: usize,
    ) -> Result<Vec<String>, Failure> {
        let mut written = Vec::new();
        for _ in 0..20 {
            let plan = decide(&self.state)?;
            if plan.now.is_empty() {
                match plan.wait {
                    None => return Ok(written),
                    Some(_) => self.wait(5),
                }
            }
            for step in &plan.now {
                if written.len() == most {
                    return Ok(written);
                }
                self.write(step, "kubectl-debug-mode");
                written.push(step.title.clone());
            }
        }
        panic!("it never ends: {written:?}")
    }

    pub fn on(&mut self, overrides: Overrides) -> Result<Vec<String>, Failure> {
        self.on_until(overrides, usize::MAX)
    }

    pub fn on_until(&mut self, overrides: Overrides, most: usize) -> Result<Vec<String>, Failure> {
        let wish = wish(overrides);
        self.run(|state| on::decide(state, &wish), most)
    }

    pub fn off(&mut self, conflict: Conflict) -> Result<Vec<String>, Failure> {
        self.off_until(conflict, usize::MAX)
    }

    pub fn off_until(&mut self, conflict: Conflict, most: usize) -> Result<Vec<String>, Failure> {
        let wish = off::Wish { conflict, manager: "kubectl-debug-mode".to_owned(), only_copies: false };
        self.run(|state| off::decide(state, &wish), most)
    }

    /// All that `off` must leave as it was.
    pub fn remembered(&self) -> Value {
        let object = &self.workload().object;
        let mut annotations = object["metadata"]["annotations"].clone();
        if annotations.as_object().is_some_and(serde_json::Map::is_empty) {
            annotations = Value::Null;
        }
        let sets: Vec<_> = self.state.replica_sets.values().map(|set| &set.metadata.name).collect();
        json!({
            "spec": object["spec"],
            "annotations": annotations,
            "managedFields": object["metadata"]["managedFields"],
            "replicaSets": sets,
            "record": self.state.config_map,
        })
    }
}

pub fn wish(overrides: Overrides) -> on::Wish {
    on::Wish {
        overrides,
        mode: Some(Mode::InPlace),
        hold_image: "box:1".to_owned(),
        manager: "kubectl-debug-mode".to_owned(),
        reason: None,
        admitted: None,
    }
}
