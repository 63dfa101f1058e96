//! What was observed, in one value: all that planning needs.

use std::collections::BTreeMap;

use drover::cluster::{Change, Followed, Query};
use drover::model::clone::Choosers;
use drover::model::endpoints::EndpointSlice;
use drover::model::object::{CONFIG_MAPS, ENDPOINT_SLICES, HORIZONTAL_POD_AUTOSCALERS, PODS, REPLICA_SETS};
use drover::model::pod::Pod;
use drover::model::policy::{NetworkPolicy, PodDisruptionBudget};
use drover::model::selector::{Labels, Selector};
use drover::model::service::Service;
use drover::print::counted;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::record::{COPY, CopyRecord, DEBUG_MODE_ANNOTATION, DEBUG_MODE_LABEL, GATE, Record};
use crate::target::Kind;
use crate::workload::{Autoscaler, ReplicaSet, Workload};

/// All that planning needs.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The workload; none when it does not exist.
    pub workload: Option<Workload>,
    /// The ConfigMap that holds the record, if there is one.
    pub config_map: Option<Value>,
    /// The pods that the workload's selector matches, by uid.
    pub pods: BTreeMap<String, Pod>,
    /// Since when each of them was seen to run all its containers, by the server's clock.
    pub running_since: BTreeMap<String, Timestamp>,
    /// The ReplicaSets that the selector of a Deployment matches, by uid.
    pub replica_sets: BTreeMap<String, ReplicaSet>,
    /// The copies that debug mode made of it, by uid.
    pub copies: BTreeMap<String, Pod>,
    /// A copy could not be held by its own image's `sleep`.
    pub lacked_sleep: bool,
    /// What its pods stand in.
    pub surroundings: Surroundings,
    /// Where they are.
    pub namespace: String,
    /// Who we are.
    pub user: String,
    /// The server's time.
    pub now: Timestamp,
    /// The resourceVersion of each list, from which it can be followed.
    pub versions: BTreeMap<&'static str, String>,
}

/// What acts on the pods of a workload from outside.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Services that choose their endpoints by label.
    pub services: Vec<Service>,
    /// EndpointSlices by name.
    pub slices: BTreeMap<String, EndpointSlice>,
    /// The HorizontalPodAutoscalers of the workload, whole; none when they may not be listed.
    pub autoscalers: Option<Vec<Autoscaler>>,
    /// The names of its VerticalPodAutoscalers.
    pub vertical_autoscalers: Vec<String>,
    /// PodDisruptionBudgets; none when they may not be listed.
    pub budgets: Option<Vec<PodDisruptionBudget>>,
    /// By what the controllers of the namespace claim pods; read for copies only.
    pub controllers: Vec<Selector>,
    /// NetworkPolicies; read for copies only, and none when they may not be listed.
    pub policies: Option<Vec<NetworkPolicy>>,
}

impl Surroundings {
    /// What a copy must escape.
    pub fn choosers(&self) -> Choosers<'_> {
        Choosers {
            services: &self.services,
            controllers: &self.controllers,
            budgets: self.budgets.as_deref(),
            policies: self.policies.as_deref(),
        }
    }
}

/// Whether a template has the readiness gate of debug mode.
pub fn has_gate(template: &Value) -> bool {
    let gates = template["spec"]["readinessGates"].as_array().into_iter().flatten();
    gates.into_iter().any(|gate| gate["conditionType"] == GATE)
}

impl State {
    /// The record, if there is one.
    pub fn record(&self) -> Result<Option<Record>, String> {
        self.config_map.as_ref().map(Record::of).transpose()
    }

    /// The pods that the workload has now, neither finished nor being deleted: of a Deployment, those
    /// of its ReplicaSets.
    pub fn owned(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values().filter(|pod| pod.is_active() && self.is_owned(pod))
    }

    fn is_owned(&self, pod: &Pod) -> bool {
        let (Some(owner), Some(workload)) = (pod.metadata.controller(), &self.workload) else {
            return false;
        };
        match workload.kind() {
            Kind::Deployment => self.own_replica_sets().any(|set| set.metadata.uid == owner.uid),
            _ => owner.uid == workload.metadata.uid,
        }
    }

    /// The ReplicaSets of the Deployment.
    pub fn own_replica_sets(&self) -> impl Iterator<Item = &ReplicaSet> {
        let uid = self.workload.as_ref().map(|workload| workload.metadata.uid.clone());
        self.replica_sets.values().filter(move |set| set.metadata.controller().map(|owner| owner.uid) == uid)
    }

    /// The ReplicaSet that a template of the Deployment made.
    pub fn replica_set_of(&self, template: &Value) -> Option<&ReplicaSet> {
        self.own_replica_sets().find(|set| set.template() == *template)
    }

    /// The pods made from the debug template, those being deleted included.
    pub fn debug_pods<'a>(&'a self, record: &'a Record) -> Box<dyn Iterator<Item = &'a Pod> + 'a> {
        let is_deployment =
            self.workload.as_ref().is_some_and(|workload| workload.kind() == Kind::Deployment);
        if is_deployment {
            let sets: Vec<_> = self.debug_replica_sets(record).map(|set| set.metadata.uid.clone()).collect();
            let owner = |pod: &Pod| pod.metadata.controller().map(|owner| owner.uid);
            return Box::new(
                self.pods.values().filter(move |pod| owner(pod).is_some_and(|uid| sets.contains(&uid))),
            );
        }
        // Others make a pod only when one is missing, and then from the template of that moment.
        let is_new = |pod: &&Pod| {
            !record.pods.contains_key(&pod.metadata.uid)
                && pod.metadata.controller().is_some_and(|owner| owner.uid == record.workload.uid)
        };
        Box::new(self.pods.values().filter(is_new))
    }

    /// The ReplicaSets that debug mode made: by its very template, by its gate (a colleague may have
    /// changed the rest), or by the annotation that a Deployment hands down.
    pub fn debug_replica_sets(&self, record: &Record) -> impl Iterator<Item = &ReplicaSet> {
        let (debug, goal) = (record.debug.template.clone(), record.goal().template.clone());
        // Out of debug mode, what is current is nobody's to delete.
        let left = self.workload.as_ref().filter(|workload| !workload.is_annotated());
        let current = left.map(|workload| workload.template().clone());
        self.own_replica_sets().filter(move |set| {
            let template = set.template();
            template != goal
                && Some(&template) != current.as_ref()
                && (template == debug
                    || has_gate(&template)
                    || set.metadata.annotation(DEBUG_MODE_ANNOTATION).is_some())
        })
    }

    /// Whether the workload itself bears no sign of debug mode, so that only copies of it can be in it.
    pub fn is_only_copied(&self) -> bool {
        self.config_map.is_none() && !self.workload.as_ref().is_some_and(Workload::is_annotated)
    }

    /// Whether a copy was, or had been, made of an image without `sleep`.
    pub fn lacks_sleep(&self) -> bool {
        let lacks = |pod: &Pod| {
            let held = CopyRecord::of(pod).and_then(|record| record.held);
            let name = held.filter(|held| held.image.is_none()).map(|held| held.container);
            let mut statuses = pod.status.container_statuses.iter();
            statuses.any(|status| Some(&status.name) == name.as_ref() && status.could_not_start())
        };
        self.lacked_sleep || self.copies.values().any(lacks)
    }

    /// The Services that pods with these labels are in.
    pub fn services_of<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = &'a Service> {
        self.surroundings.services.iter().filter(|service| service.selector.matches(labels))
    }

    /// The slices in which a ready endpoint reaches a pod.
    pub fn slices_sending_to(&self, pod: &Pod) -> Vec<&str> {
        let addresses = pod.addresses();
        let slices = self.surroundings.slices.values();
        slices
            .filter(|slice| slice.sends_traffic_to(&pod.metadata.uid, &addresses))
            .map(|slice| slice.name.as_str())
            .collect()
    }

    /// That no slice sends a debug pod traffic, in words.
    pub fn silence(&self) -> String {
        format!("in no ready endpoint ({})", counted(self.surroundings.slices.len(), "EndpointSlice"))
    }

    /// What to follow while waiting for the workload's pods.
    pub fn followed(&self) -> Vec<Followed> {
        let copies = Followed {
            query: Query::all(PODS, &self.namespace).labelled(copies_selector()),
            resource_version: self.versions.get(COPIES).cloned().unwrap_or_default(),
        };
        let Some(workload) = self.workload.as_ref().filter(|workload| workload.kind().can_change_in_place())
        else {
            return vec![copies];
        };
        let version = |plural: &str| self.versions.get(plural).cloned().unwrap_or_default();
        let selected =
            |resource| Query::all(resource, &self.namespace).labelled(workload.selector.to_query());
        let mut followed = vec![
            copies,
            Followed {
                query: Query::all(workload.kind().resource(), &self.namespace).named(&workload.metadata.name),
                resource_version: workload.metadata.resource_version.clone(),
            },
            Followed { query: selected(PODS), resource_version: version(PODS.plural) },
        ];
        if workload.kind() == Kind::Deployment {
            let resource_version = version(REPLICA_SETS.plural);
            followed.push(Followed { query: selected(REPLICA_SETS), resource_version });
        }
        followed
    }

    /// Puts one followed change, or what a write gave back, into the state.
    pub fn update(&mut self, change: &Change) {
        self.now = self.now.max(change.at);
        if let Some(workload) = &mut self.workload
            && change.resource == workload.kind().resource()
            && change.object["metadata"]["uid"] == workload.metadata.uid.as_str()
        {
            match Workload::new(workload.target.clone(), change.object.clone()) {
                _ if change.gone => self.workload = None,
                Ok(newer) => *workload = newer,
                Err(_) => {}
            }
            return;
        }
        match change.resource {
            PODS => {
                let Some(pod) = parse::<Pod>(&change.object) else { return };
                let uid = pod.metadata.uid.clone();
                if CopyRecord::of(&pod).is_some() {
                    put(&mut self.copies, uid, pod, change.gone);
                } else {
                    put(&mut self.pods, uid, pod, change.gone);
                }
            }
            REPLICA_SETS => {
                let Some(set) = parse::<ReplicaSet>(&change.object) else { return };
                put(&mut self.replica_sets, set.metadata.uid.clone(), set, change.gone);
            }
            ENDPOINT_SLICES => {
                let Some(slice) = parse::<EndpointSlice>(&change.object) else { return };
                put(&mut self.surroundings.slices, slice.name.clone(), slice, change.gone);
            }
            CONFIG_MAPS => self.config_map = (!change.gone).then(|| change.object.clone()),
            HORIZONTAL_POD_AUTOSCALERS => self.update_autoscaler(change),
            _ => {}
        }
        self.note_running();
    }

    fn update_autoscaler(&mut self, change: &Change) {
        let Some(workload) = &self.workload else { return };
        let Some(newer) = Autoscaler::of(change.object.clone(), &workload.target) else { return };
        let known = self.surroundings.autoscalers.iter_mut().flatten();
        for autoscaler in known.filter(|known| known.metadata.uid == newer.metadata.uid) {
            *autoscaler = newer.clone();
        }
    }

    /// Takes note of the pods that run all their containers, by the server's clock: a node's may be off.
    pub fn note_running(&mut self) {
        self.running_since = self.running(|_| None);
    }

    /// The same for a first look, which can only go by the nodes' clocks.
    pub fn note_running_at_first(&mut self) {
        let started = |pod: &Pod| {
            let containers = pod.status.container_statuses.iter();
            containers.filter_map(|container| container.state.running.as_ref()?.started_at).max()
        };
        self.running_since = self.running(started);
    }

    fn running(&self, started: impl Fn(&Pod) -> Option<Timestamp>) -> BTreeMap<String, Timestamp> {
        let runs = |pod: &Pod| {
            let containers = &pod.status.container_statuses;
            !containers.is_empty() && containers.iter().all(|container| container.state.running.is_some())
        };
        let pods = self.pods.values().chain(self.copies.values());
        pods.filter(|pod| runs(pod))
            .map(|pod| {
                let uid = &pod.metadata.uid;
                let known = self.running_since.get(uid).copied().or_else(|| started(pod));
                (uid.clone(), known.unwrap_or(self.now).min(self.now))
            })
            .collect()
    }
}

/// Under which name the version of the list of copies is kept.
pub const COPIES: &str = "copies";

/// What copies are selected by.
pub fn copies_selector() -> String {
    format!("{DEBUG_MODE_LABEL}={COPY}")
}

fn put<T>(map: &mut BTreeMap<String, T>, key: String, value: T, gone: bool) {
    if gone {
        map.remove(&key);
    } else {
        map.insert(key, value);
    }
}

fn parse<T: DeserializeOwned>(object: &Value) -> Option<T> {
    T::deserialize(object).ok()
}
