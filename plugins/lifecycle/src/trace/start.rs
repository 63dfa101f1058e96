//! The steps of a pod's start.

use jiff::SignedDuration;

use super::record::{Record, Recorded, Role};
use super::{Certainty, Extent, Moment, Step, What};

/// How long the kubelet may take from one thing to the next that it does right after it, on a busy node.
pub const PROMPT: SignedDuration = SignedDuration::from_millis(250);

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
    let scheduled_event = record.event("Scheduled").map(|event| record.moment(event));
    let scheduled = scheduled_event.or_else(|| record.since("PodScheduled"));
    let created = record.pod.as_ref().and_then(|pod| pod.metadata.creation_timestamp.as_ref());
    if let Some(created) = created.map(|created| Moment::second(created.0)) {
        // Nobody schedules a pod that is not there.
        let created = scheduled.map_or(created, |scheduled| created.not_after(&scheduled));
        steps.push(step(What::Created, None, Extent::At(created), Certainty::Observed, "creationTimestamp"));
    }
    let Some(scheduled) = scheduled else { return steps };
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
    let Some(started) = container.last("Started") else { return steps };
    if container.role == Role::Init {
        let extent = match container.ended() {
            Some(end) => Extent::Span { begin: started, end: end.not_before(&started) },
            None => Extent::Since(started),
        };
        push(What::Init, extent, Certainty::Observed, "event Started and status finishedAt");
        return steps;
    }
    push(What::ContainerStart, Extent::At(started), Certainty::Observed, "event Started");
    if let Some(end) = record.sightings.started.get(container.name).filter(|_| container.has_startup_probe())
    {
        let extent = Extent::Span { begin: started, end: end.not_before(&started) };
        push(What::Startup, extent, Certainty::Observed, "event Started, and status started");
    }
    if container.post_start().is_none() {
        return steps;
    }
    if let Some(failed) = container.last("FailedPostStartHook").filter(|end| end.latest >= started.earliest) {
        let extent = Extent::Span { begin: started, end: failed };
        push(What::PostStart, extent, Certainty::Observed, "events Started and FailedPostStartHook");
        push(What::PostStartFailed, Extent::At(failed), Certainty::Observed, "event FailedPostStartHook");
        return steps;
    }
    let (extent, evidence) = post_start(record, container, &started, later);
    push(What::PostStart, extent, Certainty::Inferred, evidence);
    steps
}

/// Its hook begins with the container, and the kubelet goes on with the next one when it has ended.
fn post_start(
    record: &Record,
    container: &Recorded<'_>,
    started: &Moment,
    later: &[Recorded<'_>],
) -> (Extent, &'static str) {
    let begin = *started;
    let next = later.iter().find_map(|next| next.first_since(started));
    if let Some(next) = next {
        let end = Moment::between(next.earliest - PROMPT, next.latest).not_before(&begin);
        return (Extent::Span { begin, end }, "events Started of it, and the next container's first");
    }
    let seconds = container.post_start().and_then(|hook| hook.sleep.as_ref()).map(|sleep| sleep.seconds);
    // The container is shown as running only after its hook.
    let seen = record.sightings.running.get(container.name).copied();
    let now = || container.is_running().then_some(Moment::exact(record.now));
    let ready = record.since("Ready").into_iter().chain(seen).min_by_key(|moment| moment.latest).or_else(now);
    match (ready, seconds) {
        (Some(_), Some(seconds)) => {
            let end = begin.shifted(SignedDuration::from_secs(seconds));
            (Extent::Span { begin, end: end.later_by(PROMPT) }, "event Started, and the seconds it sleeps")
        }
        (Some(ready), None) => {
            let end = Moment::between(begin.earliest, ready.latest).not_before(&begin);
            (Extent::Span { begin, end }, "event Started; it had ended when the pod was ready")
        }
        (None, _) => (Extent::Since(begin), "event Started; the container is not shown as running yet"),
    }
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
