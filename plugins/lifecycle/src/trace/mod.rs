//! Pure: from what was recorded of a pod to the steps of its start or of its shutdown.

mod clocks;
mod moment;
mod record;
mod rollout;
mod shutdown;
mod sightings;
mod start;
mod step;
#[cfg(test)]
pub mod testing;
mod verdicts;

use jiff::SignedDuration;

use crate::instrument::unwrapped;

pub use clocks::Offset;
pub use moment::Moment;
pub use record::{Record, Recorded, Role};
pub use rollout::{Rollout, Seen};
pub use sightings::learned;
pub use step::{Certainty, Course, Extent, Phase, Sign, Step, Trace, Verdict, What};
pub use verdicts::Margin;

/// The kubelet's events about one pod at once, before it drops some (client-go, tools/record/events_cache.go:
/// `defaultSpamBurst`).
const BURST: i32 = 25;

/// How long the news of a slice may take, also where its watch fell silent and has to be opened again.
const NEWS: SignedDuration = SignedDuration::from_secs(100);

/// A container waits so when what it needs is not there, or when it has failed (pkg/kubelet/container/sync_result.go,
/// pkg/kubelet/images/types.go).
const HOPELESS: [&str; 9] = [
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "PostStartHookError",
    "RunContainerError",
];

/// What is known of the asked phase, or of the later one; nothing where nothing was recorded.
pub fn trace(record: &Record, phase: Option<Phase>) -> Option<Trace> {
    let phase = phase.unwrap_or_else(|| latest(record));
    let mut steps = match phase {
        Phase::Start => start::steps(record),
        Phase::Shutdown => shutdown::steps(record),
    };
    if let Some(offset) = record.offset.filter(|offset| !offset.may_agree()) {
        let (early, late) = offset.apart();
        for step in &mut steps {
            let [begin, end] = step.what.is_timed_by_node();
            let wider = |moment: Moment, is_wider: bool| match is_wider {
                true => moment.earlier_by(early).later_by(late),
                false => moment,
            };
            step.extent = step.extent.clone().map(|moment| wider(moment, begin), |moment| wider(moment, end));
        }
    }
    let has_been = |step: Step| if is_past(record, &step) { Some(step) } else { step.until(record.now) };
    let mut steps: Vec<_> = steps.into_iter().filter_map(has_been).collect();
    steps.sort_by_key(|step| (step.extent.begin().middle(), step.what));
    let zero = steps.first()?.extent.begin().earliest;
    Some(Trace {
        namespace: record.namespace.clone(),
        object: format!("pod/{}", record.name),
        course: phase.into(),
        zero,
        verdicts: verdicts::verdicts(record, phase, &steps),
        margins: verdicts::margins(record, &steps),
        node_clock: record.offset,
        steps,
        notes: notes(record, phase),
    })
}

/// Whether it surely was by now, though our idea of the server's time may be behind: nothing more comes to a pod that is
/// gone, and no signal to a container that has ended. (The kubelet sleeps on for one that has.)
fn is_past(record: &Record, step: &Step) -> bool {
    let containers = record.containers();
    let has_ended = |name: &String| containers.iter().any(|one| one.name == name && one.has_ended());
    let is_moment = matches!(step.extent, Extent::At(_));
    record.sightings.gone.is_some() || is_moment && step.container.as_ref().is_some_and(has_ended)
}

/// What is under way: nothing, where the pod is ready and nothing is being stopped.
pub fn under_way(record: &Record) -> Option<Phase> {
    let stops = |container: &Recorded<'_>| {
        let latest = |moment: Option<Moment>| moment.map(|moment| moment.latest);
        let killing = latest(container.last("Killing"));
        killing > latest(container.last("Started")) && latest(container.ended()) < killing
    };
    match record.since("Ready") {
        _ if record.is_going() || record.containers().iter().any(stops) => Some(Phase::Shutdown),
        None => Some(Phase::Start),
        Some(_) => None,
    }
}

/// Whether nothing more is to come.
pub fn is_over(record: &Record, phase: Phase) -> bool {
    match phase {
        Phase::Start => {
            let is_reached = !record.has_services || record.sightings.is_in_slices();
            record.since("Ready").is_some() && is_reached
        }
        Phase::Shutdown if record.is_going() => record.pod.is_none() || is_gone(record),
        // Nothing was ever stopped: it is still to come.
        Phase::Shutdown if record.containers().iter().all(|one| one.last("Killing").is_none()) => false,
        Phase::Shutdown => under_way(record) != Some(Phase::Shutdown),
    }
}

/// The controller takes it out of the last slices when it hears that the pod is gone, if not before; it need not be
/// waited for as long as the news may take.
fn is_gone(record: &Record) -> bool {
    let is_in_slices = record.has_services && record.sightings.is_in_slices();
    record.sightings.gone.is_some_and(|gone| !is_in_slices || record.now > gone.latest + NEWS)
}

/// Why a start can't succeed any more by itself.
pub fn hopeless(record: &Record) -> Option<String> {
    if record.is_going() {
        return Some("it is being deleted".to_owned());
    }
    // Of such a pod nothing is ever started again.
    let failed = record.status().filter(|status| status.phase.as_deref() == Some("Failed"));
    if let Some(status) = failed {
        let (reason, message) = (status.reason.as_deref(), status.message.as_deref());
        let words: Vec<_> = [Some("it failed"), reason, message].into_iter().flatten().collect();
        return Some(words.join(": "));
    }
    let containers = record.containers();
    let mut waiting = containers.iter().filter_map(|container| Some((container.name, container.waiting()?)));
    let lost = waiting.find(|(_, waiting)| HOPELESS.contains(&waiting.reason.as_deref().unwrap_or_default()));
    lost.map(|(name, waiting)| {
        let (reason, message) = (waiting.reason.as_deref(), waiting.message.as_deref());
        let message = unwrapped(message.unwrap_or_default());
        format!("container {name}: {}: {message}", reason.unwrap_or_default())
    })
}

/// Which of both came later.
fn latest(record: &Record) -> Phase {
    let containers = record.containers();
    let last = |reason: &str| {
        let moments = containers.iter().filter_map(|container| container.last(reason));
        moments.map(|moment| moment.latest).max()
    };
    if record.is_going() || last("Killing") > last("Started") { Phase::Shutdown } else { Phase::Start }
}

fn notes(record: &Record, phase: Phase) -> Vec<String> {
    let mut notes: Vec<_> = record.offset.and_then(|offset| offset.note()).into_iter().collect();
    let of_kubelet = record.events.iter().filter(|event| clocks::is_by_node(event));
    if of_kubelet.map(|event| event.count).sum::<i32>() >= BURST {
        notes.push(
            "the kubelet may have dropped events: it writes 25 about one pod, then one in five minutes"
                .to_owned(),
        );
    }
    if record.pod.is_none() {
        notes.push("the pod is gone, and what its status said with it: only events tell of it".to_owned());
    }
    if phase == Phase::Shutdown {
        let containers = record.containers();
        let lacking = containers.iter().filter(|container| container.lacks_killing());
        notes.extend(lacking.map(|container| {
            format!("no event Killing of {} is there: its time is taken from the others'", container.name)
        }));
    }
    let seen = &record.sightings;
    let is_out = record.has_services && seen.out_of_slice.is_none() && !seen.is_in_slices();
    if phase == Phase::Shutdown && record.is_going() && is_out {
        notes.push(
            "it was in no slice any more when it was first watched: when it left is not known".to_owned(),
        );
    }
    notes.extend(record.gaps.iter().cloned());
    notes
}

#[cfg(test)]
mod tests {
    use super::testing::record;
    use super::*;

    const WEB: &str = "
spec: {containers: [{name: web}]}
status:
  conditions: [{type: Ready, status: 'True', lastTransitionTime: '@03'}]
";

    /// The node's is ahead by 2.5 to 3.5 seconds.
    #[test]
    fn what_a_clock_that_differs_tells_is_less_certain() {
        let mut record = record(WEB, "08.5 web Started");
        let [least, most] = [-3500, -2500].map(SignedDuration::from_millis);
        record.offset = Some(Offset { least, most });
        let trace = trace(&record, Some(Phase::Start)).unwrap();
        let started = trace.steps.iter().find(|step| step.what == What::ContainerStart).unwrap();
        let expected = Moment::between(testing::at("04.75"), testing::at("06.25"));
        assert_eq!(started.extent, Extent::At(expected));
    }

    #[test]
    fn what_came_before_the_end_is_not_still_to_come() {
        let going = "
metadata: {deletionTimestamp: '@15', deletionGracePeriodSeconds: 5}
spec: {containers: [{name: web, lifecycle: {preStop: {sleep: {seconds: 3}}}}]}
status:
  containerStatuses:
  - {name: web, image: box, imageID: box, ready: false, restartCount: 0, state: STATE}
";
        let told = |state: &str, gone: bool| {
            let mut record = record(&going.replace("STATE", state), "10.1 web Killing");
            // It is 13.1 at least.
            record.now = testing::at("12.9");
            if gone {
                record.sightings.see_end(learned(record.now, None));
            }
            trace(&record, None).unwrap().steps.iter().any(|step| step.what == What::Sigterm)
        };
        assert!(!told("{running: {}}", false));
        assert!(told("{running: {}}", true));
        assert!(told("{terminated: {exitCode: 0, finishedAt: '@13'}}", false));
    }

    #[test]
    fn a_shutdown_is_over_when_the_slices_know_of_it() {
        let going = "metadata: {deletionTimestamp: '@10', deletionGracePeriodSeconds: 5}";
        let mut record = record(going, "");
        record.has_services = true;
        let endpoint = serde_json::json!({"addresses": [], "targetRef": {"uid": record.uid()}});
        let slice = serde_json::json!({"addressType": "IPv4", "endpoints": [endpoint]});
        record.sightings.know_slice(&serde_json::from_value(slice.clone()).unwrap(), "");
        assert!(!is_over(&record, Phase::Shutdown));
        record.sightings.see_end(learned(testing::at("58"), None));
        assert!(!is_over(&record, Phase::Shutdown), "it is in a slice");
        record.sightings.see_slice(
            &serde_json::from_value(slice).unwrap(),
            true,
            "",
            learned(testing::at("59"), None),
        );
        assert!(is_over(&record, Phase::Shutdown));
    }

    #[test]
    fn a_shutdown_that_is_still_to_come_is_not_over() {
        assert!(!is_over(&record(WEB, "02.0 web Started"), Phase::Shutdown));
        assert!(is_over(&record(WEB, "02.0 web Killing\n04.0 web Started"), Phase::Shutdown));
        assert!(is_over(&record(WEB, "02.0 web Started"), Phase::Start));
    }
}
