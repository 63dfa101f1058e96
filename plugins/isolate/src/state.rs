//! What was observed, in one value: all that planning needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use drover::cluster::{Change, Followed, Query, Right};
use drover::model::controller::{
    Claimant, Deployment, ListedReplicaSet, ListedReplicationController, ReplicaSet,
};
use drover::model::endpoints::EndpointSlice;
use drover::model::network_plugin::Enforcement;
use drover::model::object::{
    ENDPOINT_SLICES, NETWORK_POLICIES, ObjectRef, Owner, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS,
    Resource,
};
use drover::model::pod::Pod;
use drover::model::policy::{ListedNetworkPolicy, NetworkPolicy, PodDisruptionBudget};
use drover::model::quota::ResourceQuota;
use drover::model::selector::Labels;
use drover::model::service::Service;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PodSpec;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::record::Record;

/// The namespace, as far as it decides about any pod in it.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Its name.
    pub namespace: String,
    /// Services that choose their endpoints by label.
    pub services: Vec<Service>,
    /// EndpointSlices by name.
    pub slices: BTreeMap<String, EndpointSlice>,
    /// ReplicaSets and ReplicationControllers.
    pub replica_sets: Vec<ReplicaSet>,
    /// StatefulSets and DaemonSets.
    pub other_controllers: Vec<Claimant>,
    /// PodDisruptionBudgets; none when they may not be listed.
    pub budgets: Option<Vec<PodDisruptionBudget>>,
    /// NetworkPolicies; none when they may not be listed.
    pub policies: Option<Vec<NetworkPolicy>>,
    /// ResourceQuotas; none when they may not be listed.
    pub quotas: Option<Vec<ResourceQuota>>,
    /// Who we are.
    pub user: String,
    /// The server says so; otherwise only the kubeconfig does.
    pub user_is_reviewed: bool,
    /// Rights that the user lacks, of those that it can be done without.
    pub lacking: Vec<Right>,
    /// Whether NetworkPolicies have an effect here; none when that was not asked.
    pub enforcement: Option<Enforcement>,
    /// The server's time.
    pub now: Timestamp,
    /// The resourceVersion of each list, from which it can be followed.
    pub versions: BTreeMap<&'static str, String>,
}

/// One pod and what it belongs to.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The name that was asked for.
    pub name: String,
    /// The pod, if it exists.
    pub pod: Option<Pod>,
    /// The Deployment above its ReplicaSet.
    pub deployment: Option<Deployment>,
    /// The pods that its ReplicaSet's selector matches, by uid.
    pub siblings: BTreeMap<String, Pod>,
    /// The resourceVersion of that list.
    pub siblings_version: String,
    /// The pod that makes room for this one in a restore, while it exists.
    pub victim: Option<Pod>,
    /// Since when the victim was seen to be out of every slice, by the server's clock.
    pub victim_silent_since: Option<Timestamp>,
    /// Since when the pod itself was seen to be out of every slice, by the server's clock.
    pub silent_since: Option<Timestamp>,
    /// What the pod is made of; none when it does not exist.
    pub spec: Option<Arc<PodSpec>>,
}

/// All that planning needs.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The namespace.
    pub survey: Survey,
    /// The pod.
    pub subject: Subject,
}

impl State {
    /// The pod as an object to write to.
    pub fn target(&self) -> ObjectRef {
        ObjectRef::namespaced(PODS, &self.survey.namespace, &self.subject.name)
    }

    /// The ReplicaSet or ReplicationController with that uid.
    pub fn replica_set(&self, uid: &str) -> Option<&ReplicaSet> {
        self.survey.replica_sets.iter().find(|set| set.owner.uid == uid)
    }

    /// The pods a controller has now, other than the subject: neither finished nor being deleted.
    pub fn owned<'a>(&'a self, owner: &'a Owner) -> impl Iterator<Item = &'a Pod> {
        let subject = self.subject.pod.as_ref().map(|pod| pod.metadata.uid.as_str());
        self.subject.siblings.values().filter(move |pod| {
            pod.is_active()
                && Some(pod.metadata.uid.as_str()) != subject
                && pod.metadata.controller().is_some_and(|controller| controller.uid == owner.uid)
        })
    }

    /// How many of these pods are ready endpoints of a Service.
    pub fn ready_endpoints<'a>(&self, service: &str, pods: impl Iterator<Item = &'a Pod>) -> usize {
        pods.filter(|pod| {
            let addresses = pod.addresses();
            self.survey
                .slices
                .values()
                .filter(|slice| slice.service() == Some(service))
                .any(|slice| slice.sends_traffic_to(&pod.metadata.uid, &addresses))
        })
        .count()
    }

    /// What to follow while waiting for the pod, its replacement and its traffic.
    pub fn followed(&self, owner: &Owner) -> Vec<Followed> {
        let namespace = &self.survey.namespace;
        let version =
            |resource: Resource| self.survey.versions.get(resource.plural).cloned().unwrap_or_default();
        let mut followed = Vec::new();
        let set = self.replica_set(&owner.uid);
        // As long as the victim is a sibling, it is followed among these.
        let is_sibling = |pod: &&Pod| set.is_some_and(|set| set.selector.matches(&pod.metadata.labels));
        let victim = self.subject.victim.iter().filter(|pod| !is_sibling(pod));
        for pod in self.subject.pod.iter().chain(victim) {
            followed.push(Followed {
                query: Query::all(PODS, namespace).named(&pod.metadata.name),
                resource_version: pod.metadata.resource_version.clone(),
            });
        }
        if let Some(set) = set {
            followed.push(Followed {
                query: Query::all(PODS, namespace).labelled(set.selector.to_query()),
                resource_version: self.subject.siblings_version.clone(),
            });
            let resource = replica_set_resource(owner);
            followed.push(Followed {
                query: Query::all(resource, namespace).named(&owner.name),
                resource_version: version(resource),
            });
        }
        // All of them, so that a pod that is in none of them is known to be in none.
        followed.push(Followed {
            query: Query::all(ENDPOINT_SLICES, namespace),
            resource_version: version(ENDPOINT_SLICES),
        });
        followed
    }

    /// Puts one followed change into the state.
    pub fn update(&mut self, change: &Change) {
        self.survey.now = self.survey.now.max(change.at);
        match change.resource {
            PODS => self.update_pod(change),
            ENDPOINT_SLICES => self.update_slice(change),
            REPLICA_SETS => {
                let set = parse::<ListedReplicaSet>(&change.object).map(ReplicaSet::from);
                self.update_replica_set(set, change.gone);
            }
            REPLICATION_CONTROLLERS => {
                let set = parse::<ListedReplicationController>(&change.object).map(ReplicaSet::from);
                self.update_replica_set(set, change.gone);
            }
            NETWORK_POLICIES => self.update_policy(change),
            _ => {}
        }
        self.note_victim();
    }

    fn update_policy(&mut self, change: &Change) {
        let policy = parse::<ListedNetworkPolicy>(&change.object).map(NetworkPolicy::from);
        let (Some(policy), Some(policies)) = (policy, &mut self.survey.policies) else { return };
        policies.retain(|known| known.uid != policy.uid);
        if !change.gone {
            policies.push(policy);
        }
    }

    /// Whether the user has a right of those that it can be done without.
    pub fn may(&self, verb: &str, resource: Resource) -> bool {
        !self.survey.lacking.iter().any(|right| right.verb == verb && right.resource == resource)
    }

    /// Takes note of the pod that makes room, once the record names it, and of the time at which it
    /// and the pod itself were first seen to be out of every slice.
    pub fn note_victim(&mut self) {
        if let Some(named) = self.record().and_then(|record| record.rejoin?.victim) {
            let subject = &mut self.subject;
            let known = subject.victim.take().filter(|pod| pod.metadata.uid == named.uid);
            subject.victim = known.or_else(|| subject.siblings.get(&named.uid).cloned());
        }
        let is_silent =
            |pod: &Option<Pod>| pod.as_ref().is_some_and(|pod| self.slices_sending_to(pod).is_empty());
        let silent = [is_silent(&self.subject.victim), is_silent(&self.subject.pod)];
        let now = self.survey.now;
        let subject = &mut self.subject;
        for (silent, since) in
            silent.into_iter().zip([&mut subject.victim_silent_since, &mut subject.silent_since])
        {
            *since = silent.then(|| since.unwrap_or(now));
        }
    }

    fn update_slice(&mut self, change: &Change) {
        let Some(slice) = parse::<EndpointSlice>(&change.object) else { return };
        let name = slice.name.clone();
        if self.survey.slices.get(&name).is_some_and(|known| slice.is_older_than(known)) {
            return;
        }
        if change.gone {
            self.survey.slices.remove(&name);
        } else {
            self.survey.slices.insert(name, slice);
        }
    }

    /// The pod itself and its victim are followed by name, and, as long as their labels match, among
    /// the siblings: there, "gone" only means that a pod no longer matches.
    fn update_pod(&mut self, change: &Change) {
        let Some(pod) = parse::<Pod>(&change.object) else { return };
        let uid = pod.metadata.uid.clone();
        if change.gone {
            self.subject.siblings.remove(&uid);
        }
        let deleted = change.gone && pod.metadata.deletion_timestamp.is_some();
        let subject = &mut self.subject;
        let is_victim = subject.victim.as_ref().is_some_and(|victim| victim.metadata.uid == uid);
        let followed_by_name = if pod.metadata.name == subject.name {
            Some(&mut subject.pod)
        } else if is_victim {
            Some(&mut subject.victim)
        } else {
            None
        };
        // A watch that is opened anew tells again what is known already.
        let is_old =
            |known: Option<&Pod>| known.is_some_and(|known| pod.metadata.is_older_than(&known.metadata));
        match followed_by_name {
            Some(place) if deleted => *place = None,
            Some(place) if !change.gone && !is_old(place.as_ref()) => *place = Some(pod.clone()),
            _ => {}
        }
        if !change.gone && !is_old(subject.siblings.get(&uid)) {
            subject.siblings.insert(uid, pod);
        }
    }

    fn update_replica_set(&mut self, set: Option<ReplicaSet>, gone: bool) {
        let Some(set) = set else { return };
        let sets = &mut self.survey.replica_sets;
        sets.retain(|known| known.owner.uid != set.owner.uid);
        if !gone {
            sets.push(set);
        }
    }

    /// The slices in which a ready endpoint reaches a pod.
    pub fn slices_sending_to(&self, pod: &Pod) -> Vec<String> {
        let addresses = pod.addresses();
        let slices = self.survey.slices.values();
        slices
            .filter(|slice| slice.sends_traffic_to(&pod.metadata.uid, &addresses))
            .map(|slice| slice.name.clone())
            .collect()
    }

    /// The Services that a pod with these labels is in.
    pub fn services_of(&self, labels: &Labels) -> Vec<&str> {
        let services = self.survey.services.iter();
        services
            .filter(|service| service.selector.matches(labels))
            .map(|service| service.name.as_str())
            .collect()
    }

    /// The pod's record, if it has one that can be read.
    pub fn record(&self) -> Option<Record> {
        Record::of(self.subject.pod.as_ref()?).ok().flatten()
    }
}

/// The kind of object that an owner of pods is.
pub fn replica_set_resource(owner: &Owner) -> Resource {
    if owner.kind == REPLICATION_CONTROLLERS.kind { REPLICATION_CONTROLLERS } else { REPLICA_SETS }
}

fn parse<T: DeserializeOwned>(object: &Value) -> Option<T> {
    T::deserialize(object).ok()
}
