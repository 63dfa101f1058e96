//! The steps of a pod's shutdown, or of its containers' last end.

use jiff::SignedDuration;

use super::record::{Record, Recorded, Role};
use super::start::{STAMPS, step};
use super::{Certainty, Extent, Moment, Step, What};
use crate::instrument::{Hook, HookStamps};

/// The kubelet leaves a container this long between SIGTERM and SIGKILL even where its preStop has taken all
/// (pkg/kubelet/kuberuntime/kuberuntime_manager.go: `minimumGracePeriodInSeconds`).
pub const LEAST_SECONDS: i64 = 2;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// What a shell tells of a program that SIGKILL ended.
pub const KILLED: i32 = 128 + 9;

/// All that is known of it.
pub fn steps(record: &Record) -> Vec<Step> {
    let mut steps = Vec::new();
    let containers = record.containers();
    if let Some(requested) = record.deletion_requested() {
        let extent = Extent::At(before_killing(record, requested, &containers));
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
    for (index, container) in containers.iter().enumerate() {
        let stop = Stopping::new(record, container, turn(&containers, index));
        steps.extend(of_container(container, stop.as_ref()));
    }
    steps
}

/// The kubelet begins to stop containers only after it was asked to.
fn before_killing(record: &Record, requested: Moment, containers: &[Recorded<'_>]) -> Moment {
    let killings = containers.iter().filter_map(|container| container.last("Killing"));
    let killings = killings.map(|killing| record.by_server(killing));
    let first =
        killings.filter(|killing| killing.latest >= requested.earliest).min_by_key(|killing| killing.latest);
    first.map_or(requested, |killing| requested.not_after(&killing))
}

/// A sidecar is told to stop after the main containers and the sidecars behind it have ended
/// (pkg/kubelet/kuberuntime/kuberuntime_termination_order.go). None while one of them is running.
fn turn(containers: &[Recorded<'_>], index: usize) -> Option<Moment> {
    let before = containers[index + 1..].iter().filter(|container| container.role != Role::Init);
    let before: Vec<_> = before.collect();
    if before.iter().any(|container| container.is_running()) {
        return None;
    }
    before.iter().filter_map(|container| container.ended()).max_by_key(|end| end.latest)
}

fn of_container(container: &Recorded<'_>, stop: Option<&Stopping<'_>>) -> Vec<Step> {
    let mut steps = Vec::new();
    let told = |what, extent, certainty, evidence: &str| {
        step(what, Some(container.name), extent, certainty, evidence)
    };
    // It ended long before.
    if container.role == Role::Init && stop.is_none() {
        return steps;
    }
    if let Some(stop) = stop {
        if !container.has_spec() {
            steps.push(told(What::Killing, Extent::At(stop.killing), Certainty::Observed, "event Killing"));
        }
        if let Some((extent, certainty, evidence)) = stop.pre_stop() {
            let mut hook = told(What::PreStop, extent, certainty, evidence);
            hook.detail = stop.stamps().and_then(|stamps| stamps.code).map(|code| code.to_string());
            steps.push(hook);
        }
        if let Some(failed) = stop.failed() {
            let extent = Extent::At(stop.failure(&failed));
            steps.push(told(What::PreStopFailed, extent, Certainty::Observed, "event FailedPreStopHook"));
        }
        if let Some(sigkill) = stop.sigkill() {
            let evidence = "exit code 137, not out of memory, when the grace period was over";
            steps.push(told(What::Sigkill, Extent::At(sigkill), Certainty::Inferred, evidence));
        }
        steps.extend(stop.sigterm_step().filter(|_| container.has_spec()));
    }
    let killing = stop.map(|stop| stop.killing);
    let exit = stop.map_or_else(|| container.ended(), |stop| stop.exit);
    if let (Some(exit), Some(end)) = (exit, container.end()) {
        let exit = killing.filter(|_| end.exit_code >= 128).map_or(exit, |killing| exit.not_before(&killing));
        let mut exit = told(What::Exit, Extent::At(exit), Certainty::Observed, "status finishedAt");
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
    /// Since when a sidecar's turn is.
    turn: Option<Moment>,
}

/// The end of a preStop hook.
struct HookEnd {
    at: Moment,
    /// When the kubelet went on, which it does promptly.
    went_on: Moment,
    certainty: Certainty,
    evidence: &'static str,
    /// Whether anything tells.
    is_told: bool,
}

impl<'a> Stopping<'a> {
    fn new(record: &'a Record, container: &'a Recorded<'a>, turn: Option<Moment>) -> Option<Self> {
        let killing = container.killing()?;
        let exit = container.ended().filter(|exit| exit.latest >= killing.earliest);
        Some(Self { record, container, killing, exit, turn })
    }

    fn grace(&self) -> SignedDuration {
        SignedDuration::from_secs(self.record.grace_seconds().unwrap_or(30))
    }

    /// The hook's failure, if this shutdown has one.
    fn failed(&self) -> Option<Moment> {
        self.container.last("FailedPreStopHook").filter(|failed| failed.latest >= self.killing.earliest)
    }

    /// When the hook was over that the kubelet then said to have failed.
    fn failure(&self, failed: &Moment) -> Moment {
        failed.earlier_by(self.record.prompt()).not_before(&self.killing)
    }

    fn has_pre_stop(&self) -> bool {
        self.container.pre_stop().is_some() && self.grace().is_positive()
    }

    /// Whether the container ended later than the kubelet would have let it: then the node had no time for what is
    /// done promptly, and only the end itself is certain.
    fn is_late(&self) -> bool {
        let least = SignedDuration::from_secs(LEAST_SECONDS);
        // Of the hook's time and of a sidecar's turn, only whole seconds are taken off.
        let due = self.given_up().latest + least + SECOND * 2 + self.record.prompt();
        self.exit.is_some_and(|exit| exit.earliest > due)
    }

    /// A little later, or on a node that had no time until the container's end.
    fn promptly(&self, moment: &Moment) -> Moment {
        match self.exit {
            Some(exit) if self.is_late() => Moment::between(moment.earliest, exit.latest.max(moment.latest)),
            _ => moment.later_by(self.record.prompt()),
        }
    }

    /// When the kubelet waits no longer for the hook.
    fn given_up(&self) -> Moment {
        self.killing.shifted(self.grace())
    }

    /// What the hook wrote down itself, where it is wrapped.
    fn stamps(&self) -> Option<HookStamps> {
        let stamps = self.container.stamps(Hook::PreStop)?;
        stamps.begin.is_none_or(|begin| begin.latest >= self.killing.earliest).then_some(stamps)
    }

    /// The end of the hook, which nobody tells unless it failed, or is wrapped.
    fn pre_stop_end(&self) -> Option<HookEnd> {
        let hook = self.container.pre_stop()?;
        let given_up = self.given_up();
        if let Some(at) = self.stamps().and_then(|stamps| stamps.end) {
            let went_on = at.not_after(&given_up);
            let certainty = Certainty::Instrumented;
            return Some(HookEnd { at, went_on, certainty, evidence: STAMPS, is_told: true });
        }
        let told = |at: Moment, went_on, certainty, evidence| {
            Some(HookEnd { at, went_on, certainty, evidence, is_told: true })
        };
        if let Some(sleep) = &hook.sleep {
            // It goes on sleeping also where the app has ended (kubernetes#134338).
            let end = self.killing.shifted(SignedDuration::from_secs(sleep.seconds).min(self.grace()));
            let evidence = "event Killing, and the seconds it sleeps";
            return told(self.promptly(&end), end, Certainty::Computed, evidence);
        }
        match self.failed() {
            Some(failed) if failed.latest <= given_up.earliest => {
                let evidence = "events Killing and FailedPreStopHook";
                return told(self.failure(&failed), failed, Certainty::Observed, evidence);
            }
            // Of a hook that overran it is told when it has ended, with its container; the kubelet went on before.
            Some(failed) => {
                let end =
                    Moment::between(given_up.earliest.min(self.failure(&failed).earliest), given_up.latest);
                let evidence = "event Killing, and the grace period, which it overran";
                return told(self.promptly(&end), end, Certainty::Inferred, evidence);
            }
            None => {}
        }
        let mut latest = self.promptly(&given_up).latest;
        let is_over = latest <= self.record.now || self.exit.is_some();
        // A program does not outlive its container.
        if let Some(exit) = self.exit.filter(|_| hook.exec.is_some()) {
            latest = latest.min(exit.latest);
        }
        let at = Moment::between(self.killing.earliest, latest);
        let evidence = "event Killing; nothing tells when it ended";
        let end = HookEnd { at, went_on: at, certainty: Certainty::Inferred, evidence, is_told: false };
        is_over.then_some(end)
    }

    fn pre_stop(&self) -> Option<(Extent, Certainty, &'static str)> {
        if !self.has_pre_stop() {
            return None;
        }
        // The runtime begins with it some time after it was told to.
        let stamped = self.stamps().and_then(|stamps| stamps.begin);
        let begin = stamped.unwrap_or_else(|| self.promptly(&self.killing));
        Some(match self.pre_stop_end() {
            Some(HookEnd { at, certainty, evidence, .. }) => {
                let end = at.not_before(&self.killing);
                (Extent::Span { begin: begin.not_after(&end), end }, certainty, evidence)
            }
            None => (Extent::Since(begin), Certainty::Inferred, "event Killing"),
        })
    }

    fn sigterm_step(&self) -> Option<Step> {
        let end = if self.has_pre_stop() { Some(self.pre_stop_end()?) } else { None };
        let went_on = end.as_ref().map_or(self.killing, |end| end.went_on);
        let sigterm = self.sigterm(&went_on)?;
        let is_told = end.as_ref().is_none_or(|end| end.is_told);
        let evidence = match (self.container.role == Role::Sidecar, is_told) {
            (true, true) => "the end of preStop, and the exit of the last container that stops before it",
            (true, false) => "the end of preStop, of which nothing tells, and the exits before its turn",
            (false, true) if end.is_none() => "event Killing: there is no preStop",
            (false, true) => "the end of preStop",
            (false, false) => "the end of preStop, of which nothing tells",
        };
        let extent = Extent::At(sigterm);
        let mut step = step(What::Sigterm, Some(self.container.name), extent, Certainty::Inferred, evidence);
        // The kubelet tells the same of a hook whose app ended, and only seconds are known of that.
        let may_be_gone = self.failed().zip(self.exit).is_some_and(|(failed, exit)| {
            exit.earliest <= failed.latest && failed.latest <= self.given_up().earliest
        });
        step.detail = may_be_gone.then(|| "if it still ran".to_owned());
        Some(step)
    }

    /// Right after the kubelet went on, and of a sidecar not before its turn.
    fn sigterm(&self, went_on: &Moment) -> Option<Moment> {
        let sigterm = match self.turn {
            _ if self.container.role != Role::Sidecar => *went_on,
            // It waits for its turn no longer than the grace period, of which it takes off only whole seconds.
            Some(turn) => {
                let (earliest, latest) = (self.given_up().earliest, self.given_up().latest + SECOND);
                let turn = Moment::between(turn.earliest.min(earliest), turn.latest.min(latest));
                went_on.or_later(&turn)
            }
            None => return None,
        };
        let sigterm = self.promptly(&sigterm);
        // Who is gone is not told to go.
        let is_possible = self.exit.is_none_or(|exit| sigterm.earliest <= exit.latest);
        is_possible.then(|| self.exit.map_or(sigterm, |exit| sigterm.not_after(&exit)))
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

#[cfg(test)]
#[path = "shutdown_tests.rs"]
mod tests;
