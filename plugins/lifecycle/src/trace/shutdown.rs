//! The steps of a pod's shutdown, or of its containers' last end.

use jiff::SignedDuration;

use super::record::{Record, Recorded, Role};
use super::start::{PROMPT, step};
use super::{Certainty, Extent, Moment, Step, What};

/// The kubelet leaves a container this long between SIGTERM and SIGKILL even where its preStop has taken all
/// (pkg/kubelet/kuberuntime/kuberuntime_manager.go: `minimumGracePeriodInSeconds`).
const LEAST_SECONDS: i64 = 2;

/// What a shell tells of a program that SIGKILL ended.
pub const KILLED: i32 = 128 + 9;

/// All that is known of it.
pub fn steps(record: &Record) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(requested) = record.deletion_requested() {
        let extent = Extent::At(requested);
        let evidence = "deletionTimestamp less the grace period";
        let mut requested = step(What::DeletionRequested, None, extent, Certainty::Observed, evidence);
        requested.detail = record.grace_seconds().map(|seconds| format!("grace {seconds}s"));
        steps.push(requested);
    }
    let seen = &record.sightings;
    for (what, moment, evidence) in [
        (What::OutOfSlice, seen.out_of_slice, "EndpointSlice"),
        (What::StoppedServing, seen.stopped_serving, "EndpointSlice: terminating and not serving"),
        (What::Removed, seen.gone, "it was watched"),
    ] {
        let moment = moment.map(Extent::At);
        steps.extend(moment.map(|extent| step(what, None, extent, Certainty::Observed, evidence)));
    }
    let containers = record.containers();
    let mains: Vec<_> = containers.iter().filter(|container| container.role == Role::Main).collect();
    // A sidecar is told to stop after the last of the others has ended.
    let turn = mains.iter().map(|container| container.ended()).collect::<Option<Vec<_>>>();
    let turn = turn.and_then(|ends| ends.into_iter().max_by_key(|end| end.latest));
    for container in &containers {
        let turn = turn.filter(|_| container.role == Role::Sidecar);
        steps.extend(of_container(record, container, turn.as_ref()));
    }
    steps
}

fn of_container(record: &Record, container: &Recorded<'_>, turn: Option<&Moment>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut push = |what, extent, certainty, evidence: &str| {
        steps.push(step(what, Some(container.name), extent, certainty, evidence));
    };
    let killing = container.last("Killing");
    // It ended long before.
    if container.role == Role::Init && killing.is_none() {
        return steps;
    }
    let exit = container.ended().filter(|exit| killing.is_none_or(|killing| exit.latest >= killing.earliest));
    if let Some(killing) = killing {
        if !container.has_spec() {
            push(What::Killing, Extent::At(killing), Certainty::Observed, "event Killing");
        }
        let stop = Stopping { record, container, killing, exit };
        if let Some((extent, certainty, evidence)) = stop.pre_stop() {
            push(What::PreStop, extent, certainty, evidence);
        }
        if let Some(failed) = stop.failed() {
            push(What::PreStopFailed, Extent::At(failed), Certainty::Observed, "event FailedPreStopHook");
        }
        if let Some(sigterm) = stop.sigterm(turn).filter(|_| container.has_spec()) {
            push(What::Sigterm, Extent::At(sigterm), Certainty::Inferred, stop.sigterm_evidence());
        }
        if let Some(sigkill) = stop.sigkill() {
            let evidence = "exit code 137, not out of memory, when the grace period was over";
            push(What::Sigkill, Extent::At(sigkill), Certainty::Inferred, evidence);
        }
    }
    if let (Some(exit), Some(end)) = (exit, container.end()) {
        let exit = killing.filter(|_| end.exit_code >= 128).map_or(exit, |killing| exit.not_before(&killing));
        let mut exit = step(
            What::Exit,
            Some(container.name),
            Extent::At(exit),
            Certainty::Observed,
            "status finishedAt",
        );
        // The other reasons say no more than the code does.
        let reason = end.reason.as_deref().filter(|reason| !matches!(*reason, "Completed" | "Error"));
        exit.detail = Some(format!("{} {}", end.exit_code, reason.unwrap_or_default()).trim().to_owned());
        steps.push(exit);
    }
    steps
}

/// One container that the kubelet stops.
struct Stopping<'a> {
    record: &'a Record,
    container: &'a Recorded<'a>,
    killing: Moment,
    exit: Option<Moment>,
}

impl Stopping<'_> {
    fn grace(&self) -> SignedDuration {
        SignedDuration::from_secs(self.record.grace_seconds().unwrap_or(30))
    }

    /// The hook's failure, if this shutdown has one.
    fn failed(&self) -> Option<Moment> {
        self.container.last("FailedPreStopHook").filter(|failed| failed.latest >= self.killing.earliest)
    }

    fn has_pre_stop(&self) -> bool {
        self.container.pre_stop().is_some() && self.grace().is_positive()
    }

    /// When it must have been over: the kubelet waits no longer than the grace period.
    fn overdue(&self) -> Moment {
        self.killing.shifted(self.grace()).later_by(PROMPT)
    }

    /// The end of the hook, which nobody tells unless it failed.
    fn pre_stop_end(&self) -> Option<(Moment, Certainty, &'static str)> {
        let hook = self.container.pre_stop()?;
        if let Some(sleep) = &hook.sleep {
            let seconds = SignedDuration::from_secs(sleep.seconds).min(self.grace());
            let end = self.killing.shifted(seconds).later_by(PROMPT);
            let end = self.exit.map_or(end, |exit| end.not_after(&exit));
            return Some((end, Certainty::Computed, "event Killing, and the seconds it sleeps"));
        }
        if let Some(failed) = self.failed() {
            let end = failed.not_after(&self.overdue());
            return Some((end, Certainty::Observed, "events Killing and FailedPreStopHook"));
        }
        let latest = self.exit.map_or(self.overdue(), |exit| exit.not_after(&self.overdue()));
        let is_over = latest.latest <= self.record.now || self.exit.is_some();
        let end = Moment::between(self.killing.earliest, latest.latest);
        is_over.then_some((end, Certainty::Inferred, "event Killing; nothing tells when it ended"))
    }

    fn pre_stop(&self) -> Option<(Extent, Certainty, &'static str)> {
        if !self.has_pre_stop() {
            return None;
        }
        let begin = self.killing;
        Some(match self.pre_stop_end() {
            Some((end, certainty, evidence)) => {
                (Extent::Span { begin, end: end.not_before(&begin) }, certainty, evidence)
            }
            None => (Extent::Since(begin), Certainty::Inferred, "event Killing"),
        })
    }

    /// Right after the hook, and of a sidecar not before its turn.
    fn sigterm(&self, turn: Option<&Moment>) -> Option<Moment> {
        let after_hook = match self.has_pre_stop() {
            true => self.pre_stop_end()?.0,
            false => self.killing,
        };
        let waits = self.container.role == Role::Sidecar;
        let sigterm = match turn {
            Some(turn) if waits => after_hook.not_before(turn).later_by(PROMPT),
            None if waits => return None,
            _ => after_hook.later_by(PROMPT),
        };
        // Who is gone is not told to go.
        let is_possible = self.exit.is_none_or(|exit| sigterm.earliest <= exit.latest);
        is_possible.then(|| self.exit.map_or(sigterm, |exit| sigterm.not_after(&exit)))
    }

    fn sigterm_evidence(&self) -> &'static str {
        match (self.has_pre_stop(), self.container.role == Role::Sidecar) {
            (_, true) => "the end of preStop, and the exit of the last container that is no sidecar",
            (true, false) => "the end of preStop",
            (false, false) => "event Killing: there is no preStop",
        }
    }

    /// 137 is told of each SIGKILL, also where a program sent it to itself or ran out of memory.
    fn sigkill(&self) -> Option<Moment> {
        let end = self.container.end()?;
        let exit = self.exit?;
        let is_killed = end.exit_code == KILLED && end.reason.as_deref() != Some("OOMKilled");
        let least = SignedDuration::from_secs(LEAST_SECONDS);
        let is_due = exit.latest >= self.killing.earliest.checked_add(self.grace().max(least)).ok()?;
        (is_killed && is_due).then_some(exit)
    }
}
