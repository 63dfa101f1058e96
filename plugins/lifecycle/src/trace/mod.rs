//! Pure: from what was recorded of a pod to the steps of its start or of its shutdown.

mod clocks;
mod moment;
mod record;
mod shutdown;
mod start;
mod step;
mod verdicts;

pub use moment::Moment;
pub use record::Record;
pub use step::{Certainty, Extent, Phase, Sign, Step, Trace, Verdict, What};

/// The kubelet's events about one pod at once, before it drops some (client-go, tools/record/events_cache.go:
/// `defaultSpamBurst`).
const BURST: i32 = 25;

/// What is known of the asked phase, or of the later one; nothing where nothing was recorded.
pub fn trace(record: &Record, phase: Option<Phase>) -> Option<Trace> {
    let phase = phase.unwrap_or_else(|| latest(record));
    let mut steps = match phase {
        Phase::Start => start::steps(record),
        Phase::Shutdown => shutdown::steps(record),
    };
    steps.sort_by_key(|step| (step.extent.begin().middle(), step.what));
    let zero = steps.first()?.extent.begin().earliest;
    Some(Trace {
        namespace: record.namespace.clone(),
        pod: record.name.clone(),
        phase,
        zero,
        verdicts: verdicts::verdicts(record, phase),
        steps,
        notes: notes(record),
    })
}

/// Which of both came later.
fn latest(record: &Record) -> Phase {
    let containers = record.containers();
    let last = |reason: &str| {
        let moments = containers.iter().filter_map(|container| container.last(reason));
        moments.map(|moment| moment.latest).max()
    };
    let is_going = record.pod.as_ref().is_none_or(|pod| pod.metadata.deletion_timestamp.is_some());
    if is_going || last("Killing") > last("Started") { Phase::Shutdown } else { Phase::Start }
}

fn notes(record: &Record) -> Vec<String> {
    let mut notes: Vec<_> = record.offset.and_then(|offset| offset.note()).into_iter().collect();
    let of_kubelet = record.events.iter().filter(|event| clocks::is_by_node(event));
    if of_kubelet.map(|event| event.count).sum::<i32>() >= BURST {
        notes.push(
            "the kubelet may have dropped events: it writes 25 about one pod, then one in five minutes"
                .to_owned(),
        );
    }
    if record.pod.is_none() {
        notes.push(
            "the pod is gone: only events tell of it, and what its status said went with it".to_owned(),
        );
    }
    notes
}
