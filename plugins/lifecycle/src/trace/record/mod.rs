//! What was recorded of one pod.

mod container;

use std::collections::BTreeMap;

use drover::model::event::Event;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde_json::Value;

use self::container::container_of;
use super::Moment;
use super::clocks::{Offset, deletion_requested, is_by_node};
use super::moment::PROMPT;
use super::sightings::{Sightings, learned};
use crate::instrument::Stamps;

pub use self::container::{Recorded, Role};

/// If a container seems to have taken longer to start, an event in between is missing.
const SLOWEST: SignedDuration = SignedDuration::from_secs(2);

/// All that is still known of a pod. Of one that is gone, only events are left.
pub struct Record {
    pub namespace: String,
    pub name: String,
    pub pod: Option<Pod>,
    /// Of a pod that is gone, what it was made from: the template of a ReplicaSet never changes, so that it is exact.
    pub template: Option<PodSpec>,
    pub events: Vec<Event>,
    /// By the server's clock, as late as anything tells: our idea of it may be behind
    /// ([`BEHIND`](super::sightings::BEHIND)).
    pub now: Timestamp,
    /// Between the node's clock and the server's, where anything tells.
    pub offset: Option<Offset>,
    /// Of whoever watched.
    pub sightings: Sightings,
    /// What the wrapped hooks of each container wrote down, in its latest run that has ended.
    pub stamps: BTreeMap<String, Stamps>,
    /// Whether any Service selects it, as far as that was asked.
    pub has_services: bool,
    /// When whoever watches last heard of it, and of slices.
    pub heard_of_pod: Timestamp,
    pub heard_of_slices: Timestamp,
    /// What controllers wrote down of pods that they deleted, this one among them.
    pub deletions: Vec<Event>,
    /// The last lines of those containers that crashed, by name.
    pub logs: BTreeMap<String, Vec<String>>,
    /// The controller that wrote so, as it was shortly after that.
    pub owner: Option<Value>,
    /// What whoever watched may have missed, one a line.
    pub gaps: Vec<String>,
}

impl Record {
    pub fn new(
        namespace: String,
        name: String,
        pod: Option<Pod>,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Self {
        let offset = Offset::of(pod.as_ref(), &events);
        let mut sightings = Sightings::default();
        pod.iter().for_each(|pod| sightings.know_pod(pod));
        let mut record = Self {
            namespace,
            name,
            pod,
            template: None,
            events,
            now,
            offset,
            sightings,
            stamps: BTreeMap::new(),
            has_services: false,
            heard_of_pod: now,
            heard_of_slices: now,
            deletions: Vec::new(),
            logs: BTreeMap::new(),
            owner: None,
            gaps: Vec::new(),
        };
        record.learn_stamps();
        record.pass(now);
        record
    }

    /// Time goes by.
    pub fn pass(&mut self, now: Timestamp) {
        let told = self.events.iter().map(|event| self.moment(event).earliest).max();
        self.now = told.into_iter().fold(now, Timestamp::max);
    }

    /// Takes note of an event, or of an event that happened again.
    pub fn learn_event(&mut self, event: Event) {
        self.events.retain(|known| known.uid != event.uid);
        self.events.push(event);
        self.offset = Offset::of(self.pod.as_ref(), &self.events);
        self.pass(self.now);
    }

    /// Takes note of what the pod is like, as it was learned then.
    pub fn learn_pod(&mut self, mut pod: Pod, learned: Moment) {
        self.sightings.see_pod(&pod, learned);
        if let Some(known) = &self.pod {
            keep_request(&known.metadata, &mut pod.metadata);
        }
        self.pod = Some(pod);
        self.learn_stamps();
        self.offset = Offset::of(self.pod.as_ref(), &self.events);
    }

    /// The termination log of a container comes with its end.
    fn learn_stamps(&mut self) {
        let containers = self.containers();
        let wrote = containers.iter().filter_map(|container| {
            let message = container.end().filter(|_| container.is_instrumented())?.message.as_deref()?;
            Some((container.name.to_owned(), Stamps::parse(message)))
        });
        let wrote: Vec<_> = wrote.collect();
        self.stamps.extend(wrote);
    }

    /// Takes note of all that was read once more at that time.
    pub fn learn_again(&mut self, read: Self, at: Timestamp) {
        let unseen = learned(at, Some(self.heard_of_pod));
        match read.pod {
            Some(pod) if pod.metadata.uid.as_deref() == Some(self.uid()) => self.learn_pod(pod, unseen),
            _ => self.sightings.see_end(unseen),
        }
        self.sightings.know_again(read.sightings, learned(at, Some(self.heard_of_slices)));
        (self.heard_of_pod, self.heard_of_slices) = (at, at);
        read.events.into_iter().for_each(|event| self.learn_event(event));
    }

    pub fn uid(&self) -> &str {
        self.pod.as_ref().and_then(|pod| pod.metadata.uid.as_deref()).unwrap_or_default()
    }

    fn correction(&self) -> SignedDuration {
        self.offset.map(|offset| offset.correction()).unwrap_or_default()
    }

    /// A time of the node, as it may be by the server's clock.
    pub fn by_server(&self, moment: Moment) -> Moment {
        let (early, late) = self.offset.map(|offset| offset.apart()).unwrap_or_default();
        moment.earlier_by(early).later_by(late)
    }

    /// A time by the server's clock, as it may be among those of the node.
    pub fn among_node(&self, moment: Moment) -> Moment {
        let (early, late) = self.offset.map(|offset| offset.apart()).unwrap_or_default();
        moment.earlier_by(late).later_by(early)
    }

    /// When a container was first seen running, as [`Sightings::running`]: the server notes when it was told.
    pub fn seen_running(&self, container: &str) -> Option<Moment> {
        Some(self.among_node(self.sightings.running(container, self.prompt())?))
    }

    /// How long this node may take for what is done promptly. It has told how busy it was: by how long it took to start
    /// the pod's containers, and a hook is started much as a container is. Measured (`cargo measure lifecycle --load`) on
    /// two processors with 20 programs ready to run: nothing took longer.
    pub fn prompt(&self) -> SignedDuration {
        let containers = self.containers();
        let starts = containers.iter().filter_map(|container| {
            let (created, started) = (container.last("Created")?, container.last("Started")?);
            Some(started.earliest.duration_since(created.latest))
        });
        starts.max().map_or(PROMPT, |slowest| slowest.clamp(PROMPT, SLOWEST))
    }

    /// When an event happened last, by the server's clock. Of one that happened again, only the second is known.
    pub fn moment(&self, event: &Event) -> Moment {
        let moment = match event.first_exact {
            Some(exact) if event.count == 1 => Moment::exact(exact),
            _ if event.last.subsec_nanosecond() != 0 => Moment::exact(event.last),
            _ => Moment::second(event.last),
        };
        if is_by_node(event) { moment.shifted(self.correction()) } else { moment }
    }

    /// A time that the kubelet wrote into the status.
    fn by_node(&self, time: &Time) -> Moment {
        Moment::second(time.0).shifted(self.correction())
    }

    /// Whether it is being deleted, or is gone.
    pub fn is_going(&self) -> bool {
        self.pod.as_ref().is_none_or(|pod| pod.metadata.deletion_timestamp.is_some())
    }

    /// When the deletion of the pod was asked for.
    pub fn deletion_requested(&self) -> Option<Moment> {
        deletion_requested(self.pod.as_ref()).map(Moment::second)
    }

    /// The containers in the order in which the kubelet starts them; of a pod that is gone, those that its events
    /// name.
    pub fn containers(&self) -> Vec<Recorded<'_>> {
        let Some(spec) = self.spec() else { return self.named_by_events() };
        let init = spec.init_containers.iter().flatten().map(|container| {
            let is_sidecar = container.restart_policy.as_deref() == Some("Always");
            (if is_sidecar { Role::Sidecar } else { Role::Init }, container)
        });
        let main = spec.containers.iter().map(|container| (Role::Main, container));
        init.chain(main).map(|(role, container)| self.recorded(role, container)).collect()
    }

    fn spec(&self) -> Option<&PodSpec> {
        self.pod.as_ref().and_then(|pod| pod.spec.as_ref()).or(self.template.as_ref())
    }

    fn recorded<'a>(&'a self, role: Role, container: &'a Container) -> Recorded<'a> {
        let name = container.name.as_str();
        let status = self.status().and_then(|status| {
            let mut all = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
            all.find(|status| status.name == name)
        });
        let events = self.events_of(role, name);
        Recorded { name, role, record: self, spec: Some(container), status, events }
    }

    fn named_by_events(&self) -> Vec<Recorded<'_>> {
        let mut found: Vec<Recorded<'_>> = Vec::new();
        for event in &self.events {
            let Some((role, name)) = container_of(&event.field_path) else { continue };
            if !found.iter().any(|recorded| recorded.name == name) {
                let events = self.events_of(role, name);
                found.push(Recorded { name, role, record: self, spec: None, status: None, events });
            }
        }
        found.sort_by_key(|recorded| recorded.role == Role::Main);
        found
    }

    fn events_of(&self, role: Role, name: &str) -> Vec<&Event> {
        let list = if role == Role::Main { "containers" } else { "initContainers" };
        let path = format!("spec.{list}{{{name}}}");
        self.events.iter().filter(|event| event.field_path == path).collect()
    }

    pub fn status(&self) -> Option<&PodStatus> {
        self.pod.as_ref()?.status.as_ref()
    }

    /// Why no more is to come of a pod that is there, such as its deletion by somebody.
    pub fn ended_early(&self) -> Option<String> {
        let phase = self.status().and_then(|status| status.phase.as_deref()).unwrap_or_default();
        match phase {
            _ if self.is_going() => Some("somebody deleted it".to_owned()),
            "Succeeded" => Some("its containers ended by themselves".to_owned()),
            "Failed" => {
                let said = self.status().and_then(|status| status.message.clone().or(status.reason.clone()));
                Some(said.unwrap_or_else(|| "its containers failed".to_owned()))
            }
            _ => None,
        }
    }

    /// The last event about the pod as a whole with this reason.
    pub fn event(&self, reason: &str) -> Option<&Event> {
        let of_pod = |event: &&Event| event.field_path.is_empty() && event.reason == reason;
        self.events.iter().filter(of_pod).max_by_key(|event| event.last)
    }

    /// Since when a condition of the pod is true.
    pub fn since(&self, condition: &str) -> Option<Moment> {
        let conditions = self.status()?.conditions.as_ref()?;
        let found = conditions.iter().find(|one| one.type_ == condition && one.status == "True")?;
        let time = found.last_transition_time.as_ref()?;
        // This one is the scheduler's.
        Some(if condition == "PodScheduled" { Moment::second(time.0) } else { self.by_node(time) })
    }

    /// What its controller wrote down of its deletion. The message names the pod in every controller's wording
    /// (pkg/controller/controller_utils.go: `DeletePod`; pkg/controller/statefulset/stateful_pod_control.go).
    pub fn deletion_by_controller(&self) -> Option<&Event> {
        let created = self.pod.as_ref().and_then(|pod| pod.metadata.creation_timestamp.as_ref());
        let first = self.events.iter().map(|event| event.first).min();
        // A StatefulSet's pod has the name of the one before.
        let since = created.map(|created| created.0).or(first)?;
        let names_it =
            |event: &&Event| event.message.split([' ', ':', ',', '"']).any(|word| word == self.name);
        let deletions = self.deletions.iter().filter(|event| event.reason == "SuccessfulDelete");
        deletions.filter(names_it).filter(|event| event.last >= since).max_by_key(|event| event.last)
    }

    /// How long its containers have, in seconds, once its deletion was asked for.
    pub fn grace_seconds(&self) -> Option<i64> {
        let of_deletion = self.pod.as_ref().and_then(|pod| pod.metadata.deletion_grace_period_seconds);
        of_deletion.or(self.spec()?.termination_grace_period_seconds)
    }
}

/// At the very end the kubelet deletes the pod once more, with no grace (pkg/kubelet/status/status_manager.go:
/// `syncPod`), and with that the server forgets what was asked for first.
fn keep_request(known: &ObjectMeta, now: &mut ObjectMeta) {
    let had_grace = known.deletion_grace_period_seconds.is_some_and(|seconds| seconds > 0);
    if had_grace && now.deletion_grace_period_seconds == Some(0) {
        now.deletion_grace_period_seconds = known.deletion_grace_period_seconds;
        now.deletion_timestamp.clone_from(&known.deletion_timestamp);
    }
}
