//! Reads the cluster: one parallel wave for the namespace and the pod, a second for what can only
//! be named once those are known.

use std::sync::Arc;

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, ErrorKind, Listing, Query, Right, UserName};
use drover::model::controller::{
    Claimant, Deployment, FetchedDeployment, ListedReplicaSet, ListedReplicationController, ReplicaSet,
};
use drover::model::endpoints::EndpointSlice;
use drover::model::event::{Event, FetchedEvent};
use drover::model::network_plugin::Enforcement;
use drover::model::object::{
    DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, Metadata, NETWORK_POLICIES, ObjectRef, Owner,
    POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, RESOURCE_QUOTAS, Resource, SERVICES,
    STATEFUL_SETS,
};
use drover::model::pod::Pod;
use drover::model::policy::{ListedNetworkPolicy, NetworkPolicy, PodDisruptionBudget};
use drover::model::quota::ResourceQuota;
use drover::model::service::Service;
use futures::future::{OptionFuture, join_all};
use futures::join;
use k8s_openapi::api::core::v1::PodSpec;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plan::Problem;
use crate::record::{Record, Victim};
use crate::state::{State, Subject, Survey};

/// What isolating may not do without.
pub const TO_ISOLATE: &[(&str, Resource)] = &[
    ("get", PODS),
    ("list", PODS),
    ("watch", PODS),
    ("patch", PODS),
    ("list", SERVICES),
    ("list", ENDPOINT_SLICES),
    ("watch", ENDPOINT_SLICES),
    ("list", REPLICA_SETS),
    ("watch", REPLICA_SETS),
    ("list", REPLICATION_CONTROLLERS),
    ("watch", REPLICATION_CONTROLLERS),
    ("list", STATEFUL_SETS),
    ("list", DAEMON_SETS),
    ("get", DEPLOYMENTS),
];

/// What putting a pod back needs beside that: another one makes room.
pub const TO_RESTORE: &[(&str, Resource)] = &[("delete", PODS)];

/// What a quarantine needs beside that: its policy is made, looked at again and taken away.
pub const TO_QUARANTINE: &[(&str, Resource)] = &[
    ("get", NETWORK_POLICIES),
    ("list", NETWORK_POLICIES),
    ("create", NETWORK_POLICIES),
    ("delete", NETWORK_POLICIES),
];

/// What it can be done without; the plan, and the report, say what is missing then.
const OPTIONAL: &[(&str, Resource)] = &[("create", EVENTS), ("list", EVENTS)];

/// What a command looks at beside the pods and their namespace.
#[derive(Default)]
pub struct Need {
    /// Rights that it may not do without.
    pub rights: Vec<(&'static str, Resource)>,
    /// Rights that depend on what the pods turn out to be; the plan refuses then.
    pub perhaps: &'static [(&'static str, Resource)],
    /// Whether NetworkPolicies have an effect.
    pub enforcement: bool,
}

/// The first look at several pods of one namespace, the user's rights included.
pub async fn first(cluster: &Cluster, names: &[String], need: &Need) -> Result<Vec<State>, Problem> {
    let namespace = Some(cluster.namespace.clone());
    let right = |(verb, resource): &(&'static str, Resource)| Right {
        verb,
        resource: *resource,
        namespace: namespace.clone(),
    };
    let rights: Vec<_> = need.rights.iter().map(right).collect();
    let optional: Vec<_> = OPTIONAL.iter().chain(need.perhaps).map(right).collect();
    let (missing, lacking, user, survey, pods, enforcement) = join!(
        cluster.missing_rights(&rights),
        cluster.missing_rights(&optional),
        cluster.user_review(),
        survey(cluster),
        join_all(names.iter().map(|name| pod(cluster, name))),
        OptionFuture::from(need.enforcement.then(|| enforcement(cluster))),
    );
    let missing = missing?;
    if !missing.is_empty() {
        return Err(Failure::lacking(&missing, &cluster.namespace, "isolate").into());
    }
    let UserName { name: user, is_reviewed: user_is_reviewed } = user;
    let survey = Survey { user, user_is_reviewed, lacking: lacking?, enforcement, ..survey? };
    let subjects = names.iter().zip(pods).map(|(name, pod)| {
        let survey = &survey;
        async move {
            let (pod, spec) = pod?;
            let known = Subject { name: name.clone(), pod, spec, ..Subject::default() };
            let around = around(cluster, survey, &known).await?;
            Ok(Subject { pod: known.pod, spec: known.spec, ..around })
        }
    });
    let subjects: Result<Vec<_>, ClusterError> = join_all(subjects).await.into_iter().collect();
    let states = subjects?.into_iter().map(|subject| State { survey: survey.clone(), subject });
    Ok(states.map(noting_victim).collect())
}

/// Another look at one pod: what it belongs to is known, so that all goes in one wave. Where somebody
/// changed that meanwhile, what is around it is read once more.
pub async fn again(cluster: &Cluster, before: &State) -> Result<State, ClusterError> {
    let (survey, pod, surroundings) = join!(
        survey(cluster),
        pod(cluster, &before.subject.name),
        around(cluster, &before.survey, &before.subject),
    );
    let known = &before.survey;
    let survey = Survey {
        user: known.user.clone(),
        user_is_reviewed: known.user_is_reviewed,
        lacking: known.lacking.clone(),
        enforcement: known.enforcement.clone(),
        ..survey?
    };
    let (pod, spec) = pod?;
    let surroundings = if Names::of(pod.as_ref()).are_among(&Names::of(before.subject.pod.as_ref())) {
        surroundings?
    } else {
        let known = Subject { pod: pod.clone(), ..before.subject.clone() };
        around(cluster, &survey, &known).await?
    };
    Ok(noting_victim(State { survey, subject: Subject { pod, spec, ..surroundings } }))
}

/// What is looked up by the names that a pod and its record give.
struct Names {
    owner: Option<Owner>,
    victim: Option<Victim>,
}

impl Names {
    fn of(pod: Option<&Pod>) -> Self {
        let record = pod.and_then(|pod| Record::of(pod).ok().flatten());
        let owner = record.as_ref().map(|record| record.owner.clone());
        Self {
            owner: owner.or_else(|| pod?.metadata.controller()),
            victim: record.and_then(|record| record.rejoin?.victim),
        }
    }

    fn are_among(&self, others: &Self) -> bool {
        (self.owner.is_none() || self.owner == others.owner)
            && (self.victim.is_none() || self.victim == others.victim)
    }
}

fn noting_victim(mut state: State) -> State {
    state.note_victim();
    state
}

/// A pod in the two forms in which it is read: what changes, and what it is made of.
type Read = (Option<Pod>, Option<Arc<PodSpec>>);

async fn pod(cluster: &Cluster, name: &str) -> Result<Read, ClusterError> {
    #[derive(Deserialize)]
    struct Made {
        spec: PodSpec,
    }
    let object = ObjectRef::namespaced(PODS, &cluster.namespace, name);
    let Some(value) = cluster.get_optional::<Value>(&object).await? else { return Ok((None, None)) };
    let made = Made::deserialize(&value).map(|made| Arc::new(made.spec));
    let pod = serde_json::from_value(value);
    match (pod, made) {
        (Ok(pod), Ok(spec)) => Ok((Some(pod), Some(spec))),
        (Err(error), _) | (_, Err(error)) => Err(ClusterError::unreadable(&object, &error)),
    }
}

/// What a pod belongs to, as far as it is known of the pod itself and its record: its siblings, its
/// Deployment and the pod that makes room for it.
async fn around(cluster: &Cluster, survey: &Survey, known: &Subject) -> Result<Subject, ClusterError> {
    let pod = known.pod.as_ref();
    let record = pod.and_then(|pod| Record::of(pod).ok().flatten());
    let Names { owner, victim } = Names::of(pod);
    let set = owner.and_then(|owner| survey.replica_sets.iter().find(|set| set.owner.uid == owner.uid));
    let workload = set
        .and_then(|set| set.controller.clone())
        .or_else(|| record.as_ref()?.workload.clone())
        .or_else(|| known.deployment.as_ref().map(|deployment| deployment.owner.clone()))
        .filter(|owner| owner.kind == DEPLOYMENTS.kind);
    let (siblings, deployment, found) = join!(
        siblings(cluster, set),
        deployment(cluster, workload.as_ref()),
        victim_pod(cluster, victim.as_ref()),
    );
    let siblings = siblings?;
    Ok(Subject {
        name: known.name.clone(),
        pod: None,
        spec: None,
        deployment: deployment?,
        siblings: siblings.items.into_iter().map(|pod: Pod| (pod.metadata.uid.clone(), pod)).collect(),
        siblings_version: siblings.resource_version,
        // Where nothing names it any more, what was known of it is for the report.
        victim: if victim.is_none() { known.victim.clone() } else { found? },
        victim_silent_since: known.victim_silent_since,
        silent_since: known.silent_since,
    })
}

async fn victim_pod(cluster: &Cluster, victim: Option<&Victim>) -> Result<Option<Pod>, ClusterError> {
    let Some(victim) = victim else { return Ok(None) };
    let (found, _) = pod(cluster, &victim.name).await?;
    Ok(found.filter(|pod| pod.metadata.uid == victim.uid))
}

async fn siblings(cluster: &Cluster, set: Option<&ReplicaSet>) -> Result<Listing<Pod>, ClusterError> {
    match set {
        Some(set) => {
            let query = Query::all(PODS, &cluster.namespace).labelled(set.selector.to_query());
            cluster.list(&query).await
        }
        None => Ok(Listing { items: Vec::new(), resource_version: String::new() }),
    }
}

async fn deployment(cluster: &Cluster, owner: Option<&Owner>) -> Result<Option<Deployment>, ClusterError> {
    let Some(owner) = owner else { return Ok(None) };
    let object = ObjectRef::namespaced(DEPLOYMENTS, &cluster.namespace, &owner.name);
    let found: Option<FetchedDeployment> = cluster.get_optional(&object).await?;
    Ok(found.map(Deployment::from))
}

/// The namespace, in one parallel wave of lists, each reduced to narrow values page by page.
async fn survey(cluster: &Cluster) -> Result<Survey, ClusterError> {
    let (services, slices, sets, controllers, stateful, daemons, budgets, policies, quotas) = join!(
        all(cluster, SERVICES, Service::from_listed),
        all(cluster, ENDPOINT_SLICES, Some::<EndpointSlice>),
        all(cluster, REPLICA_SETS, |item: ListedReplicaSet| Some(ReplicaSet::from(item))),
        all(cluster, REPLICATION_CONTROLLERS, |item: ListedReplicationController| {
            Some(ReplicaSet::from(item))
        }),
        all(cluster, STATEFUL_SETS, |item| Some(Claimant::from_listed(STATEFUL_SETS.kind, item))),
        all(cluster, DAEMON_SETS, |item| Some(Claimant::from_listed(DAEMON_SETS.kind, item))),
        all(cluster, POD_DISRUPTION_BUDGETS, PodDisruptionBudget::from_listed),
        all(cluster, NETWORK_POLICIES, |item: ListedNetworkPolicy| Some(NetworkPolicy::from(item))),
        all(cluster, RESOURCE_QUOTAS, Some::<ResourceQuota>),
    );
    let (services, slices, sets, controllers) = (services?, slices?, sets?, controllers?);
    Ok(Survey {
        namespace: cluster.namespace.clone(),
        versions: [
            (ENDPOINT_SLICES.plural, slices.resource_version),
            (REPLICA_SETS.plural, sets.resource_version),
            (REPLICATION_CONTROLLERS.plural, controllers.resource_version),
        ]
        .into(),
        services: services.items,
        slices: slices.items.into_iter().map(|slice| (slice.name.clone(), slice)).collect(),
        replica_sets: sets.items.into_iter().chain(controllers.items).collect(),
        other_controllers: stateful?.items.into_iter().chain(daemons?.items).collect(),
        budgets: unless_forbidden(budgets)?,
        policies: unless_forbidden(policies)?,
        quotas: unless_forbidden(quotas)?,
        now: cluster.now(),
        ..Survey::default()
    })
}

/// All objects of a kind in the namespace, each reduced to what matters as its page arrives.
async fn all<T: DeserializeOwned, N>(
    cluster: &Cluster,
    resource: Resource,
    narrow: impl Fn(T) -> Option<N>,
) -> Result<Listing<N>, ClusterError> {
    let query = Query::all(resource, &cluster.namespace);
    cluster.list_narrowed(&query, narrow).await
}

/// What only refines the answer may be out of sight; the plan says so.
fn unless_forbidden<T>(listing: Result<Listing<T>, ClusterError>) -> Result<Option<Vec<T>>, ClusterError> {
    match listing {
        Ok(listing) => Ok(Some(listing.items)),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name of a Deployment's pod that is worst off: not Ready, else restarted most often.
pub async fn sickest(cluster: &Cluster, deployment: &str) -> Result<String, Failure> {
    let object = ObjectRef::namespaced(DEPLOYMENTS, &cluster.namespace, deployment);
    let found: FetchedDeployment = cluster.get(&object).await?;
    let selector = Deployment::from(found).selector.to_query();
    let pods = cluster.list::<Pod>(&Query::all(PODS, &cluster.namespace).labelled(selector)).await?.items;
    let active = pods.iter().filter(|pod| pod.is_active() && pod.metadata.controller().is_some());
    let worst = active.max_by_key(|pod| (!pod.is_ready(), pod.most_restarts()));
    match worst {
        None => Err(Failure::new(format!("{object} has no pods"))),
        Some(pod) if pod.is_ready() && pod.most_restarts() == 0 => Err(Failure::new(format!(
            "{object}: all its pods are Ready and none was ever restarted: name one"
        ))),
        Some(pod) => Ok(pod.metadata.name.clone()),
    }
}

/// Whether NetworkPolicies have an effect, as far as the user may see what tells it.
async fn enforcement(cluster: &Cluster) -> Enforcement {
    #[derive(Deserialize)]
    struct Named {
        metadata: Metadata,
    }
    let mut everywhere = Query::all(DAEMON_SETS, "").metadata_only();
    everywhere.namespace = None;
    let (groups, daemon_sets, version) = join!(
        cluster.groups(),
        cluster.list_narrowed(&everywhere, |item: Named| Some(item.metadata.name)),
        cluster.server_version(),
    );
    let daemon_sets = daemon_sets.map(|listing| listing.items).ok();
    let version = version.map(|version| version.git_version).unwrap_or_default();
    match groups {
        Ok(groups) => Enforcement::seen(&groups, daemon_sets.as_deref(), &version),
        Err(_) => Enforcement::Unknown,
    }
}

/// The Events of a pod, the last of them last.
pub async fn events(cluster: &Cluster, pod: &Pod) -> Result<Vec<Event>, ClusterError> {
    let mut query = Query::all(EVENTS, &pod.metadata.namespace);
    query.field_selector = format!("involvedObject.uid={}", pod.metadata.uid);
    let listing = cluster.list_narrowed(&query, FetchedEvent::read).await?;
    let mut events = listing.items;
    events.sort_by_key(|event| event.last);
    Ok(events)
}
