//! What happened, as data and in words.

use drover::change::Plan;
use drover::cli::FinishedStage;
use drover::model::label_edit::Keys;
use drover::model::object::Owner;
use drover::print::escape;
use serde::Serialize;

use crate::plan::replacement::{self, Replacement};
use crate::record::Record;
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
    pub at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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
    pub fn new(context: &str, state: &State, record: &Record) -> Self {
        let replacement = match replacement::look(state, record) {
            Replacement::Whole { pod, .. } => pod,
            Replacement::Missing(_) => None,
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

/// What will disturb the scene: Kubernetes goes on treating the pod as any other.
pub fn threats(state: &State) -> String {
    let probed = state
        .subject
        .spec
        .as_ref()
        .is_some_and(|spec| spec.containers.iter().any(|container| container.liveness_probe.is_some()));
    let probe =
        if probed { " Its liveness probe goes on, and restarts the container when it fails." } else { "" };
    format!("It keeps running, unmanaged: a drain or an eviction deletes it, unreplaced.{probe}")
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
