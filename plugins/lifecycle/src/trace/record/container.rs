//! What was recorded of one container.

use drover::model::event::Event;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    LifecycleHandler,
};

use super::{Moment, Record};
use crate::instrument::{Hook, HookStamps, is_wrapped};

/// What the kubelet tells of a container before it runs (pkg/kubelet/events/event.go).
const STARTING: [&str; 6] = ["Pulling", "Pulled", "Created", "Started", "Failed", "BackOff"];

/// In which list of the pod's spec a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Init,
    /// An init container that keeps running (KEP-753).
    Sidecar,
    Main,
}

/// The last run of a container, which failed.
pub struct Crash<'a> {
    pub end: &'a ContainerStateTerminated,
    /// Whether another run has been begun, or will be.
    pub is_previous: bool,
}

/// One container: what it is meant to do, and what is known of it.
pub struct Recorded<'a> {
    pub name: &'a str,
    pub role: Role,
    pub(super) record: &'a Record,
    pub(super) spec: Option<&'a Container>,
    pub(super) status: Option<&'a ContainerStatus>,
    pub(super) events: Vec<&'a Event>,
}

impl Recorded<'_> {
    /// When something of this kind last happened to it.
    pub fn last(&self, reason: &str) -> Option<Moment> {
        let mut moments: Vec<_> = self
            .events
            .iter()
            .filter(|event| event.reason == reason)
            .map(|event| self.record.moment(event))
            .collect();
        moments.sort_by_key(|moment| (moment.earliest, moment.latest));
        moments.pop()
    }

    /// When the kubelet began to stop it last.
    pub fn killing(&self) -> Option<Moment> {
        let own = self.last("Killing");
        let Some(requested) = self.record.deletion_requested() else { return own };
        let is_of_deletion = |killing: &Moment| killing.latest >= requested.earliest;
        own.filter(is_of_deletion).or_else(|| self.killing_with_others(is_of_deletion)).or(own)
    }

    /// The kubelet turns to all containers of a pod at once (pkg/kubelet/kuberuntime/kuberuntime_container.go:
    /// `killContainersWithSyncResult`). An event may be lost for several reasons, one of them that two have the same name,
    /// being of the same nanosecond (client-go, tools/record/event.go: `recordEvent`; seen in one of 201 pods).
    fn killing_with_others(&self, is_of_deletion: impl Fn(&Moment) -> bool) -> Option<Moment> {
        let containers = self.record.containers();
        let others: Vec<_> =
            containers.iter().filter_map(|other| other.last("Killing").filter(&is_of_deletion)).collect();
        let first = others.iter().map(|other| other.earliest).min()?;
        let last = others.iter().map(|other| other.latest).max()?;
        let prompt = self.record.prompt();
        let killing = Moment::between(first, last).earlier_by(prompt).later_by(prompt);
        // What had ended before is not stopped.
        let was_there = self.is_running() || self.ended().is_some_and(|end| end.earliest > killing.latest);
        was_there.then_some(killing)
    }

    /// Whether the event that tells of that is missing.
    pub fn lacks_killing(&self) -> bool {
        self.killing() != self.last("Killing")
    }

    /// When its program began last. The kubelet says that it is about to have it started, and then that it was
    /// (pkg/kubelet/kuberuntime/kuberuntime_container.go: `startContainer`); runc says so once it has let it go
    /// (opencontainers/runc, libcontainer/container_linux.go: `exec`), so that it may run a little later.
    pub fn began(&self) -> Option<Moment> {
        let started = self.last("Started")?;
        let created = self.last("Created").filter(|created| created.earliest <= started.latest);
        let prompt = self.record.prompt();
        let began = started.earlier_by(prompt).later_by(prompt);
        Some(created.map_or(began, |created| began.not_before(&created)))
    }

    /// When the kubelet turned to it for the first time at or after a moment, to start it.
    pub fn first_since(&self, since: &Moment) -> Option<Moment> {
        let starts = self.events.iter().filter(|event| STARTING.contains(&event.reason.as_str()));
        let moments = starts.map(|event| self.record.moment(event));
        moments.filter(|moment| moment.latest >= since.earliest).min_by_key(|moment| moment.latest)
    }

    pub fn post_start(&self) -> Option<&LifecycleHandler> {
        self.spec?.lifecycle.as_ref()?.post_start.as_ref()
    }

    pub fn hook(&self, hook: Hook) -> Option<&LifecycleHandler> {
        match hook {
            Hook::PostStart => self.post_start(),
            Hook::PreStop => self.pre_stop(),
        }
    }

    /// Whether any of its hooks is one that we wrapped.
    pub fn is_instrumented(&self) -> bool {
        Hook::BOTH.into_iter().any(|hook| self.hook(hook).is_some_and(is_wrapped))
    }

    /// What a wrapped hook wrote down in its latest run.
    pub fn stamps(&self, hook: Hook) -> Option<HookStamps> {
        self.hook(hook).filter(|handler| is_wrapped(handler))?;
        let stamps = self.record.stamps.get(self.name)?.of(hook)?;
        Some(stamps.shifted(self.record.correction()))
    }

    pub fn has_startup_probe(&self) -> bool {
        self.spec.is_some_and(|spec| spec.startup_probe.is_some())
    }

    pub fn pre_stop(&self) -> Option<&LifecycleHandler> {
        self.spec?.lifecycle.as_ref()?.pre_stop.as_ref()
    }

    /// How long it has to end. None where a probe has a grace period of its own, and may have been the cause.
    pub fn grace(&self, record: &Record) -> Option<SignedDuration> {
        let spec = self.spec?;
        let probes = [&spec.liveness_probe, &spec.startup_probe].into_iter().flatten();
        let has_own = probes.into_iter().any(|probe| probe.termination_grace_period_seconds.is_some());
        let seconds = record.grace_seconds().filter(|_| record.is_going() || !has_own)?;
        Some(SignedDuration::from_secs(seconds))
    }

    pub fn restarts(&self) -> i32 {
        self.status.map_or(0, |status| status.restart_count)
    }

    pub fn state(&self) -> Option<&ContainerState> {
        self.status?.state.as_ref()
    }

    /// Whether its spec is known: of a pod that is gone it is not.
    pub fn has_spec(&self) -> bool {
        self.spec.is_some()
    }

    pub fn is_running(&self) -> bool {
        self.state().is_some_and(|state| state.running.is_some())
    }

    /// Whether it has ended, and has not been started again.
    pub fn has_ended(&self) -> bool {
        self.state().is_some_and(|state| state.terminated.is_some())
    }

    /// When it ended last, if it did: the container runtime writes down when it learned of that.
    pub fn ended(&self) -> Option<Moment> {
        Some(self.record.by_node(self.end()?.finished_at.as_ref()?).earlier_by(self.record.prompt()))
    }

    /// Its last run, where that failed by itself.
    pub fn crash(&self) -> Option<Crash<'_>> {
        let status = self.status.filter(|_| !self.record.is_going())?;
        let now = status.state.as_ref().and_then(|state| state.terminated.as_ref());
        let before = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let crash = now.map(|end| Crash { end, is_previous: false });
        let crash = crash.or(before.map(|end| Crash { end, is_previous: true }));
        crash.filter(|crash| crash.end.exit_code != 0)
    }

    /// What the status says of why it waits.
    pub fn waiting(&self) -> Option<&ContainerStateWaiting> {
        self.state()?.waiting.as_ref()
    }

    /// How it ended last, if it did.
    pub fn end(&self) -> Option<&ContainerStateTerminated> {
        let status = self.status?;
        let of = |state: &'_ Option<ContainerState>| {
            state.as_ref().is_some_and(|state| state.terminated.is_some())
        };
        let state = if of(&status.state) { &status.state } else { &status.last_state };
        state.as_ref()?.terminated.as_ref()
    }
}

/// `spec.containers{web}` and `spec.initContainers{setup}` (k8s.io/kubernetes, pkg/kubelet/container/ref.go).
pub(super) fn container_of(field_path: &str) -> Option<(Role, &str)> {
    let name = |list: &str| field_path.strip_prefix(list)?.strip_suffix('}');
    let init = || name("spec.initContainers{").map(|name| (Role::Init, name));
    name("spec.containers{").map(|name| (Role::Main, name)).or_else(init)
}
