//! Pure: the pods of a workload's latest rollout, one bar for each.

use std::collections::{BTreeMap, BTreeSet};

use drover::model::POD_TEMPLATE_HASH;
use drover::model::object::{DAEMON_SETS, DEPLOYMENTS, ObjectRef, REPLICA_SETS};
use drover::model::rollout::missing;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::clocks::deletion_requested;
use super::sightings::learned;
use super::start::step;
use super::{Certainty, Course, Extent, HOPELESS, Moment, Sign, Step, Trace, Verdict, What};

/// The label by which the controllers of StatefulSets and DaemonSets tell their pods' templates apart.
const CONTROLLER_REVISION_HASH: &str = "controller-revision-hash";

/// A workload and what is known of its pods.
pub struct Rollout {
    pub workload: ObjectRef,
    body: Value,
    /// By their uid; of what was seen to go, as it last was.
    pods: BTreeMap<String, Seen>,
    /// Since when its pods are new, where we caused it: those before are not of it.
    caused: Option<Timestamp>,
    /// When whoever watches last heard anything.
    pub heard: Option<Timestamp>,
    pub gaps: Vec<String>,
}

/// A pod: little of it, since there may be thousands.
pub struct Seen {
    uid: String,
    name: String,
    template: Option<String>,
    created: Option<Timestamp>,
    requested: Option<Timestamp>,
    ready: Option<Timestamp>,
    trouble: Option<Trouble>,
    gone: Option<Moment>,
}

/// What a pod waits for in vain.
struct Trouble {
    /// None where it is the pod's.
    container: Option<String>,
    reason: String,
    message: String,
}

impl Trouble {
    fn in_words(&self) -> String {
        let Self { container, reason, message } = self;
        let container = container.as_ref().map(|name| format!("container {name}: ")).unwrap_or_default();
        format!("{container}{reason}: {message}")
    }
}

impl Rollout {
    pub fn new(workload: ObjectRef) -> Self {
        Self {
            workload,
            body: Value::Null,
            pods: BTreeMap::new(),
            caused: None,
            heard: None,
            gaps: Vec::new(),
        }
    }

    /// We restarted its pods at that time.
    pub fn learn_restart(&mut self, body: Value, at: Timestamp) {
        self.body = body;
        // Times of creation are whole seconds.
        self.caused = Timestamp::from_second(at.as_second()).ok();
    }

    pub fn learn_workload(&mut self, body: Value) {
        self.body = body;
    }

    pub fn learn_pod(&mut self, pod: &Pod) {
        self.learn(Seen::from(pod));
    }

    pub fn learn_end(&mut self, pod: &Pod, learned: Moment) {
        self.learn(Seen { gone: Some(learned), ..Seen::from(pod) });
    }

    /// All that are there: what else was there is gone since.
    pub fn learn_all(&mut self, seen: Vec<Seen>, at: Timestamp) {
        let unseen = learned(at, self.heard.replace(at));
        let there: BTreeSet<_> = seen.iter().map(|seen| seen.uid.clone()).collect();
        for (_, seen) in self.pods.iter_mut().filter(|(uid, _)| !there.contains(*uid)) {
            seen.gone.get_or_insert(unseen);
        }
        seen.into_iter().for_each(|seen| self.learn(seen));
    }

    fn learn(&mut self, mut seen: Seen) {
        if let Some(known) = self.pods.get(&seen.uid) {
            // The last deletion, by the kubelet, is not the one that was asked for.
            seen.requested = known.requested.or(seen.requested);
        }
        self.pods.insert(seen.uid.clone(), seen);
    }

    /// Whether all its pods are as they are wanted, and none of the old ones is still there.
    pub fn is_over(&self) -> bool {
        let is_going = |seen: &Seen| seen.requested.is_some() && seen.gone.is_none();
        self.missing().is_none() && !self.pods.values().any(is_going)
    }

    /// What `kubectl rollout status` would wait for.
    pub fn missing(&self) -> Option<String> {
        missing(self.workload.resource, &self.body)
    }

    /// Why it can't succeed any more by itself: what its controller says, or what a new pod of it waits for.
    pub fn hopeless(&self) -> Option<String> {
        self.missing()?;
        let conditions = self.body["status"]["conditions"].as_array();
        let failed = conditions.into_iter().flatten().find(|condition| {
            let (kind, status) = (&condition["type"], &condition["status"]);
            kind == "ReplicaFailure" && status == "True" || condition["reason"] == "ProgressDeadlineExceeded"
        });
        let of_controller = failed.map(|condition| {
            let text = |field: &str| condition[field].as_str().unwrap_or_default();
            format!("{}: {}", text("reason"), text("message"))
        });
        let of_pod = || {
            let troubled = self.newest().find_map(|seen| Some((&seen.name, seen.trouble.as_ref()?)));
            troubled.map(|(name, trouble)| format!("pod {name}: {}", trouble.in_words()))
        };
        of_controller.or_else(of_pod)
    }

    /// A pod's name without that of its Deployment, which it begins with.
    fn short<'a>(&self, name: &'a str) -> &'a str {
        let has_prefix = matches!(self.workload.resource, DEPLOYMENTS | REPLICA_SETS | DAEMON_SETS);
        let rest = name.strip_prefix(&self.workload.name).and_then(|rest| rest.strip_prefix('-'));
        rest.filter(|_| has_prefix).unwrap_or(name)
    }

    /// The pods of the newest template, as the newest pod has it.
    fn newest(&self) -> impl Iterator<Item = &Seen> {
        let newest = self.pods.values().filter(|seen| seen.gone.is_none()).max_by_key(|seen| seen.created);
        let template = newest.map(|seen| &seen.template);
        self.pods.values().filter(move |seen| {
            let is_new =
                self.caused.is_none_or(|caused| seen.created.is_some_and(|created| created >= caused));
            is_new && Some(&seen.template) == template && seen.requested.is_none()
        })
    }

    /// What is known of it; nothing where it has no pods.
    pub fn trace(&self) -> Option<Trace> {
        let begun = self.newest().filter_map(|seen| seen.created).min()?;
        let began = self.newest().filter_map(|seen| seen.start(self.short(&seen.name)));
        // Pods that went before it went for another reason.
        let is_part = |seen: &&Seen| seen.requested.is_some_and(|requested| requested >= begun);
        let ended = self.pods.values().filter(is_part);
        let ended = ended.filter_map(|seen| seen.shutdown(self.short(&seen.name)));
        let mut steps: Vec<_> = began.chain(ended).collect();
        steps.sort_by_key(|step| (step.extent.begin().middle(), step.container.clone()));
        Some(Trace {
            namespace: self.workload.namespace.clone().unwrap_or_default(),
            object: self.workload.to_string(),
            course: Course::Rollout,
            zero: begun,
            verdicts: self.verdicts(),
            margins: Vec::new(),
            node_clock: None,
            notes: self.gaps.clone(),
            steps,
        })
    }

    fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |sign, text: String, proof| Verdict { sign, text, proof, advice: Vec::new() };
        let mut verdicts = Vec::new();
        match (self.missing(), self.hopeless()) {
            (None, _) => verdicts.push(verdict(Sign::Good, "the rollout is complete".to_owned(), Vec::new())),
            (Some(missing), None) => {
                verdicts.push(verdict(Sign::Note, "the rollout is under way".to_owned(), vec![missing]));
            }
            (Some(missing), Some(why)) => {
                let text = "the rollout can't succeed by itself any more".to_owned();
                verdicts.push(verdict(Sign::Bad, text, vec![why, missing]));
            }
        }
        let mut times: Vec<_> = self.newest().filter_map(Seen::took).collect();
        times.sort();
        if let [.., slowest] = times[..] {
            let median = times[times.len() / 2];
            let seconds = |time: SignedDuration| format!("{}s", time.as_secs());
            let (half, slowest) = (seconds(median), seconds(slowest));
            let text = format!("half of the new pods were ready within {half}, the slowest after {slowest}");
            verdicts.push(verdict(Sign::Note, text, Vec::new()));
        }
        verdicts
    }
}

impl From<&Pod> for Seen {
    fn from(pod: &Pod) -> Self {
        let ready = condition(pod, "Ready").filter(|ready| ready.status == "True");
        Self {
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            name: pod.metadata.name.clone().unwrap_or_default(),
            template: template(&pod.metadata),
            created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
            requested: deletion_requested(Some(pod)),
            ready: ready.and_then(|ready| Some(ready.last_transition_time.as_ref()?.0)),
            trouble: trouble(pod),
            gone: None,
        }
    }
}

impl Seen {
    fn start(&self, name: &str) -> Option<Step> {
        let begin = Moment::second(self.created?);
        let extent = match self.ready {
            Some(ready) => Extent::Span { begin, end: Moment::second(ready).not_before(&begin) },
            None => Extent::Since(begin),
        };
        let evidence = "creationTimestamp and condition Ready";
        let step = step(What::PodStart, Some(name), extent, Certainty::Observed, evidence);
        Some(Step { detail: self.trouble.as_ref().map(|trouble| trouble.reason.clone()), ..step })
    }

    fn shutdown(&self, name: &str) -> Option<Step> {
        let begin = Moment::second(self.requested?);
        let extent = match self.gone {
            Some(gone) => Extent::Span { begin, end: gone.not_before(&begin) },
            None => Extent::Since(begin),
        };
        let evidence = "deletionTimestamp less the grace period, and its removal";
        Some(step(What::PodShutdown, Some(name), extent, Certainty::Observed, evidence))
    }

    fn took(&self) -> Option<SignedDuration> {
        Some(self.ready?.duration_since(self.created?))
    }
}

fn template(metadata: &ObjectMeta) -> Option<String> {
    let labels = metadata.labels.as_ref()?;
    labels.get(POD_TEMPLATE_HASH).or_else(|| labels.get(CONTROLLER_REVISION_HASH)).cloned()
}

fn condition<'a>(pod: &'a Pod, name: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|one| one.type_ == name)
}

/// What keeps it from starting, where it will not pass by itself.
fn trouble(pod: &Pod) -> Option<Trouble> {
    let unschedulable = condition(pod, "PodScheduled")
        .filter(|one| one.status == "False" && one.reason.as_deref() == Some("Unschedulable"));
    if let Some(unschedulable) = unschedulable {
        let (reason, message) = ("Unschedulable".to_owned(), unschedulable.message.clone());
        return Some(Trouble { container: None, reason, message: message.unwrap_or_default() });
    }
    let status = pod.status.as_ref()?;
    let statuses = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let mut waiting =
        statuses.filter_map(|status| Some((&status.name, status.state.as_ref()?.waiting.as_ref()?)));
    let reason = |reason: &Option<String>| reason.clone().unwrap_or_default();
    let (name, waiting) = waiting.find(|(_, waiting)| HOPELESS.contains(&&*reason(&waiting.reason)))?;
    let (container, message) = (Some(name.clone()), reason(&waiting.message));
    Some(Trouble { container, reason: reason(&waiting.reason), message })
}
