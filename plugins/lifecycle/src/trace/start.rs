//! The steps of a pod's start.

use jiff::SignedDuration;

use super::record::{Record, Recorded, Role};
use super::{Certainty, Extent, Moment, Step, What};

pub use super::moment::PROMPT;
use crate::instrument::Hook;

/// What a hook is known from that was wrapped.
pub const STAMPS: &str = "its own stamps";

/// All that is known of it, in the order in which it began.
pub fn steps(record: &Record) -> Vec<Step> {
    let containers = record.containers();
    let has_restarted = containers.iter().any(|container| container.restarts() > 0);
    // Of what has restarted the latest start is meant, which may be days after the pod's.
    let mut steps = if has_restarted { Vec::new() } else { of_pod(record, &containers) };
    for (index, container) in containers.iter().enumerate() {
        if !has_restarted || container.restarts() > 0 {
            steps.extend(of_container(record, container, &containers[index + 1..]));
        }
    }
    if let Some(ready) = record.since("Ready") {
        steps.push(step(What::Ready, None, Extent::At(ready), Certainty::Observed, "condition Ready"));
    }
    if let Some(in_slice) = record.sightings.in_slice {
        steps.push(step(What::InSlice, None, Extent::At(in_slice), Certainty::Observed, "EndpointSlice"));
    }
    steps
}

fn of_pod(record: &Record, containers: &[Recorded<'_>]) -> Vec<Step> {
    let mut steps = Vec::new();
    // The scheduler tells of it after it has written it down.
    let scheduled_event =
        record.event("Scheduled").map(|event| record.moment(event).earlier_by(record.prompt()));
    let scheduled = scheduled_event.or_else(|| record.since("PodScheduled"));
    let created = record.pod.as_ref().and_then(|pod| pod.metadata.creation_timestamp.as_ref());
    if let Some(created) = created.map(|created| Moment::second(created.0)) {
        // Nobody schedules a pod that is not there.
        let created = scheduled.map_or(created, |scheduled| created.not_after(&scheduled));
        steps.push(step(What::Created, None, Extent::At(created), Certainty::Observed, "creationTimestamp"));
    }
    let Some(mut scheduled) = scheduled else { return steps };
    if let Some(created) = steps.first() {
        scheduled = scheduled.not_before(&created.extent.begin());
    }
    let evidence = if scheduled_event.is_some() { "event Scheduled" } else { "condition PodScheduled" };
    steps.push(step(What::Scheduled, None, Extent::At(scheduled), Certainty::Observed, evidence));
    // The kubelet notes it some time after it is so, and begins with the containers at once.
    let ready = record.since("PodReadyToStartContainers");
    let first =
        containers.iter().filter_map(|container| container.first_since(&scheduled)).min_by_key(|m| m.latest);
    if let Some(end) = ready.into_iter().chain(first).min_by_key(|moment| moment.latest) {
        let end = Moment::between(scheduled.earliest, end.latest).not_before(&scheduled);
        let extent = Extent::Span { begin: scheduled, end };
        steps.push(step(
            What::Sandbox,
            None,
            extent,
            Certainty::Observed,
            "condition PodReadyToStartContainers",
        ));
    }
    steps
}

fn of_container(record: &Record, container: &Recorded<'_>, later: &[Recorded<'_>]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut push = |what, extent, certainty, evidence: &str| {
        steps.push(step(what, Some(container.name), extent, certainty, evidence));
    };
    if let Some(begin) = container.last("Pulling") {
        let pulled = container.last("Pulled").filter(|end| end.latest >= begin.earliest);
        let extent = pulled.map_or(Extent::Since(begin), |end| Extent::Span { begin, end });
        push(What::Pull, extent, Certainty::Observed, "events Pulling and Pulled");
    }
    let (Some(started), Some(began)) = (container.last("Started"), container.began()) else { return steps };
    if container.role == Role::Init {
        let extent = match container.ended() {
            Some(end) => Extent::Span { begin: began, end: end.not_before(&began) },
            None => Extent::Since(began),
        };
        push(What::Init, extent, Certainty::Observed, "event Started and status finishedAt");
        return steps;
    }
    push(What::ContainerStart, Extent::At(began), Certainty::Observed, "events Created and Started");
    if let Some(end) =
        record.sightings.started(container.name, record.prompt()).filter(|_| container.has_startup_probe())
    {
        let extent = Extent::Span { begin: began, end: end.not_before(&began) };
        push(What::Startup, extent, Certainty::Observed, "event Started, and status started");
    }
    if container.post_start().is_none() {
        return steps;
    }
    // The runtime begins with it some time after it was told to.
    let begin = started.later_by(record.prompt());
    if let Some(measured) = measured(container, &started) {
        steps.push(measured);
        let failed = container.last("FailedPostStartHook").filter(|end| end.latest >= started.earliest);
        steps.extend(failed.map(|failed| {
            let extent = Extent::At(failed.earlier_by(record.prompt()));
            step(
                What::PostStartFailed,
                Some(container.name),
                extent,
                Certainty::Observed,
                "event FailedPostStartHook",
            )
        }));
        return steps;
    }
    if let Some(failed) = container.last("FailedPostStartHook").filter(|end| end.latest >= started.earliest) {
        let failed = failed.earlier_by(record.prompt()).not_before(&started);
        let extent = Extent::Span { begin: begin.not_after(&failed), end: failed };
        push(What::PostStart, extent, Certainty::Observed, "events Started and FailedPostStartHook");
        push(What::PostStartFailed, Extent::At(failed), Certainty::Observed, "event FailedPostStartHook");
        return steps;
    }
    let (extent, evidence) = match post_start_end(record, container, &started, later) {
        Some((end, evidence)) => (Extent::Span { begin: begin.not_after(&end), end }, evidence),
        None => (Extent::Since(begin), "event Started; the container is not shown as running yet"),
    };
    push(What::PostStart, extent, Certainty::Inferred, evidence);
    steps
}

/// A wrapped hook, from its own stamps; those of an earlier start are not meant.
fn measured(container: &Recorded<'_>, started: &Moment) -> Option<Step> {
    let stamps = container.stamps(Hook::PostStart)?;
    let (begin, end) = (stamps.begin?, stamps.end?);
    let extent = Extent::Span { begin, end: end.not_before(&begin) };
    let mut step = step(What::PostStart, Some(container.name), extent, Certainty::Instrumented, STAMPS);
    step.detail = stamps.code.map(|code| code.to_string());
    // The runtime may tell of the start a little after the program runs, and its hook with it.
    (begin.latest >= started.earliest - PROMPT).then_some(step)
}

/// The end of a hook that did not fail; none while it may still be running.
fn post_start_end(
    record: &Record,
    container: &Recorded<'_>,
    started: &Moment,
    later: &[Recorded<'_>],
) -> Option<(Moment, &'static str)> {
    if let Some(next) = next_in_turn(container, started, later) {
        let end = next.earlier_by(record.prompt()).not_before(started);
        return Some((end, "events Started of it, and the next container's first"));
    }
    let after = after_post_start(record, container, started, later)?;
    if let Some(sleep) = container.post_start().and_then(|hook| hook.sleep.as_ref()) {
        let end = started.shifted(SignedDuration::from_secs(sleep.seconds)).later_by(record.prompt());
        return Some((end, "event Started, and the seconds it sleeps"));
    }
    let ended = Moment::between(started.earliest, after.latest).not_before(started);
    let seen = record.seen_running(container.name).and_then(|seen| seen.and(&ended));
    Some(match seen {
        Some(end) => (end, "event Started, and when it was shown as running"),
        None => (ended, "event Started; it had ended when the pod was ready"),
    })
}

/// The kubelet goes on with the next main container as soon as the hook has ended. It does not so after a sidecar, whose
/// startup probe is awaited, nor when containers are started again, each for itself
/// (pkg/kubelet/kuberuntime/kuberuntime_manager.go: `SyncPod`).
fn next_in_turn(container: &Recorded<'_>, started: &Moment, later: &[Recorded<'_>]) -> Option<Moment> {
    let next = later.first().filter(|next| next.restarts() == 0)?;
    let is_in_turn = container.role == Role::Main && container.restarts() == 0;
    next.first_since(started).filter(|_| is_in_turn)
}

/// The first thing that happened only after the hook had ended.
fn after_post_start(
    record: &Record,
    container: &Recorded<'_>,
    started: &Moment,
    later: &[Recorded<'_>],
) -> Option<Moment> {
    let next = later.iter().find_map(|next| next.first_since(started));
    // The container is shown as running only after its hook.
    let seen = record.seen_running(container.name);
    let now = || container.is_running().then_some(Moment::exact(record.now));
    let known = next.into_iter().chain(record.since("Ready")).chain(seen);
    known.filter(|moment| moment.latest >= started.earliest).min_by_key(|moment| moment.latest).or_else(now)
}

pub fn step(
    what: What,
    container: Option<&str>,
    extent: Extent,
    certainty: Certainty,
    evidence: &str,
) -> Step {
    let (container, evidence) = (container.map(str::to_owned), evidence.to_owned());
    Step { what, container, extent, certainty, evidence, detail: None }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
