//! What happened, as data and in words.

use drover::change::Plan;
use drover::cli::FinishedStage;
use drover::model::event::Event;
use drover::model::label_edit::Keys;
use drover::model::network_plugin::Enforcement;
use drover::model::object::Owner;
use drover::print::{age, escape};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::{Clock, clocks};
use crate::plan::quarantine::{self, Quarantine};
use crate::plan::replacement::{self, Replacement};
use crate::record::{Record, own_labels};
use crate::scene::{Captured, Connections, Receipt};
use crate::state::State;

/// What reaches pods without EndpointSlices, and so is outside what can be proven here.
const NOT_CHECKED: [&str; 4] =
    ["service mesh", "external load balancer", OPEN_CONNECTIONS, "kube-proxy's delay of about a second"];

/// Only looked at when it is asked for, since that takes a command in the pod.
const OPEN_CONNECTIONS: &str = "open connections";

/// One isolated pod. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Isolation {
    /// Its name.
    pub pod: String,
    /// Its namespace.
    pub namespace: String,
    /// The kubeconfig context.
    pub context: String,
    /// Whether it was isolated before this command began.
    pub already_isolated: bool,
    /// `none`, `client` or `server`.
    pub dry_run: &'static str,
    /// The controller it left.
    pub owner: Owner,
    /// The workload above that.
    pub workload: Option<Owner>,
    /// The pod that took its place.
    pub replacement: Option<String>,
    /// The Services it served.
    pub services: Vec<String>,
    /// The labels that were taken away.
    pub dropped_labels: Keys,
    /// Who, when and why, as the pod carries it.
    pub by: String,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When its time is over, where it has a limit.
    pub until: Option<Timestamp>,
    /// It left traffic alone: its controller keeps it.
    pub traffic_only: bool,
    /// What is cut off, and what that is worth.
    pub quarantine: Option<Cut>,
    /// Its containers, and when its own probes restart them.
    pub containers: Vec<Clock>,
    /// What was done, and how long each stage took.
    pub stages: Vec<FinishedStage>,
    /// What was said before the first write.
    pub warnings: Vec<String>,
    /// What is outside the proof.
    pub not_checked: Vec<&'static str>,
    /// What was captured before the first change; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Captured>,
    /// What came of the last step in the pod, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<Receipt>,
    /// Who was still connected at the end, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
    /// The plan, in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

impl Isolation {
    /// The report on a pod that carries this record.
    pub fn new(context: &str, state: &State, record: &Record, events: &[Event]) -> Self {
        let replacement = match replacement::look(state, record) {
            Replacement::Whole { pod, .. } if !record.traffic_only => pod,
            _ => None,
        };
        let labels = state.subject.pod.as_ref().map(|pod| &pod.metadata.labels);
        let gone = |key: &String| labels.is_some_and(|labels| !labels.contains_key(key));
        Self {
            pod: state.subject.name.clone(),
            namespace: state.survey.namespace.clone(),
            context: context.to_owned(),
            already_isolated: false,
            dry_run: "none",
            owner: record.owner.clone(),
            workload: record.workload.clone(),
            replacement,
            services: state.services_of(&record.labels).into_iter().map(str::to_owned).collect(),
            dropped_labels: record.labels.keys().filter(|key| gone(key)).cloned().collect(),
            by: record.by.clone(),
            at: record.at,
            reason: record.reason.clone(),
            until: record.until,
            traffic_only: record.traffic_only,
            quarantine: Cut::of(state, record),
            containers: clocks_of(state, events),
            stages: Vec::new(),
            warnings: Vec::new(),
            not_checked: NOT_CHECKED.into(),
            evidence: None,
            offline: None,
            connections: None,
            plan: None,
        }
    }

    /// What was seen of its connections.
    pub fn connections_checked(&mut self, seen: Connections) {
        if seen.established.is_some() {
            self.not_checked.retain(|what| *what != OPEN_CONNECTIONS);
        }
        self.connections = Some(seen);
    }

    /// What the proof does not cover.
    pub fn not_checked_in_words(&self) -> String {
        format!("not checked: {}", self.not_checked.join(", "))
    }
}

/// A quarantine: what is cut off, and what that is worth.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cut {
    /// `all`, `ingress` or `egress`.
    pub what: Quarantine,
    /// The name of its NetworkPolicy.
    pub policy: String,
    /// Whether that is there.
    pub in_place: bool,
    /// The network plugin that enforces it; null where none was seen.
    pub enforced_by: Option<&'static str>,
    /// `seen`, `none-seen` or `unknown`.
    pub enforcement: &'static str,
    /// Other policies that select the pod, and go on letting through what they allow.
    pub undermined_by: Vec<String>,
}

impl Cut {
    /// The quarantine of a record, if it has one.
    pub fn of(state: &State, record: &Record) -> Option<Self> {
        let (what, pod) = record.quarantine.zip(state.subject.pod.as_ref())?;
        let (enforcement, enforced_by) = match state.survey.enforcement {
            Some(Enforcement::By(plugin)) => ("seen", Some(plugin)),
            Some(Enforcement::NoneSeen) => ("none-seen", None),
            Some(Enforcement::Unknown) | None => ("unknown", None),
        };
        let undermined_by = quarantine::undermining(state, &own_labels(pod), what);
        Some(Self {
            what,
            policy: quarantine::policy_name(pod),
            in_place: quarantine::is_selected(pod) && quarantine::policy_of(state, pod).is_some(),
            enforced_by,
            enforcement,
            undermined_by: undermined_by.into_iter().map(str::to_owned).collect(),
        })
    }

    /// The same in words.
    pub fn in_words(&self) -> String {
        let place = if self.in_place { "by" } else { "NOT in place: there is no" };
        let open = match self.undermined_by.as_slice() {
            [] => String::new(),
            some => format!("; NetworkPolicy {} lets some through", some.join(", ")),
        };
        let heeded = match (self.enforcement, self.enforced_by) {
            (_, Some(plugin)) => format!("; enforced by {plugin}"),
            ("none-seen", None) => "; nothing in this cluster is known to enforce it".to_owned(),
            _ => "; whether anything enforces it could not be seen".to_owned(),
        };
        format!("{}, {place} NetworkPolicy {}{open}{heeded}", self.what.in_words(), self.policy)
    }
}

/// The clocks of the pod's containers.
pub fn clocks_of(state: &State, events: &[Event]) -> Vec<Clock> {
    match (&state.subject.pod, &state.subject.spec) {
        (Some(pod), Some(spec)) => clocks(pod, spec, events, state.survey.now),
        _ => Vec::new(),
    }
}

/// What will disturb the scene: Kubernetes goes on treating the pod as any other.
pub fn threats(state: &State, isolation: &Isolation) -> Vec<String> {
    let now = state.survey.now;
    let owner = isolation.workload.as_ref().unwrap_or(&isolation.owner);
    let first = match isolation.traffic_only {
        true => format!("{owner} keeps it: a rollout, a drain or an eviction ends it."),
        false => "It keeps running, unmanaged: a drain or an eviction deletes it, unreplaced.".to_owned(),
    };
    let clocks = isolation.containers.iter().filter_map(|clock| {
        Some(format!("{}: {} ({} so far).", clock.container, clock.in_words(now)?, clock.restarts_in_words()))
    });
    let limit = isolation.until.map(|until| {
        let expiry = expiry(until, now);
        format!("Its time is over {expiry}: `kubectl isolate cleanup --expired` deletes it from then on.")
    });
    let unheeded = isolation.quarantine.as_ref().filter(|cut| cut.enforced_by.is_none());
    let unheeded = unheeded.map(|cut| match cut.enforcement {
        "none-seen" => "Nothing in this cluster is known to enforce its quarantine.".to_owned(),
        _ => "Whether anything enforces its quarantine could not be seen.".to_owned(),
    });
    [first].into_iter().chain(unheeded).chain(clocks).chain(limit).collect()
}

/// `in 2h`, or `5m ago`.
pub fn expiry(until: Timestamp, now: Timestamp) -> String {
    match until.duration_since(now).as_secs() {
        past @ ..=0 => format!("{} ago", age(-past)),
        left => format!("in {}", age(left)),
    }
}

/// The first line: where, what, and what it is part of; on a narrow terminal the Services go below.
pub fn heading(
    context: &str,
    state: &State,
    owner: &Owner,
    services: &[&str],
    width: Option<usize>,
) -> String {
    let services = match services {
        [] => "in no Service".to_owned(),
        some => format!("in Service {}", some.join(", ")),
    };
    let first = format!("{context}/{}   {}   {owner}", state.survey.namespace, state.target());
    let fits = width.is_none_or(|width| first.len() + 3 + services.len() <= width);
    let gap = if fits { "   " } else { "\n  " };
    format!("{}{gap}{}", escape(&first), escape(&services))
}
