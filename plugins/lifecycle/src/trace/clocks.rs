//! The node's clock and the server's: how far apart they can be, from what was recorded by both.
//!
//! Times of a whole second leave room for as much, and all that is known of the clocks of nearly every cluster is that
//! they may agree. Then they are taken to: what one of them tells is not blurred by what is not known of the other. Only
//! what sets a time of one against a time of the other has to allow for it: [`Offset::apart`].

use drover::model::event::Event;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use serde::{Serialize, Serializer};

use super::moment::PROMPT;

/// Who writes by the node's clock.
const KUBELET: &str = "kubelet";

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// So far apart the clocks of a cluster are not without somebody noticing; and what is still known of a pod that is
/// there leaves no more room than that.
const NOTABLE: SignedDuration = SignedDuration::from_secs(2);

/// The server's clock less the node's: between these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    pub least: SignedDuration,
    pub most: SignedDuration,
}

impl Offset {
    /// The server stores an event after the kubelet wrote it, and the kubelet acts after the server was asked.
    /// None where there is nothing to compare.
    pub fn of(pod: Option<&Pod>, events: &[Event]) -> Option<Self> {
        let stored = |event: &Event| Some((event.stored? + SECOND).duration_since(event.first_exact?));
        let most = of_kubelet(events).filter_map(stored).min()?;
        let asked = created(pod).into_iter().chain(scheduled(events)).max();
        let begun = asked.zip(began(pod, events));
        let requested = deletion_requested(pod);
        let stopped = requested.zip(requested.and_then(|requested| killed_since(events, requested)));
        let least = [begun, stopped].into_iter().flatten();
        let least = least.map(|(asked, acted)| asked.duration_since(acted)).max()?;
        (least <= most).then_some(Self { least, most })
    }

    /// What is added to the node's times: nothing, if the clocks may agree.
    pub fn correction(&self) -> SignedDuration {
        SignedDuration::ZERO.clamp(self.least, self.most)
    }

    pub fn may_agree(&self) -> bool {
        self.correction().is_zero()
    }

    /// How much earlier, and later, than a corrected time of the node it may have been by the server's clock.
    pub fn apart(&self) -> (SignedDuration, SignedDuration) {
        (self.correction() - self.least, self.most - self.correction())
    }

    /// For people; nothing where the clocks may agree, and can't differ by much.
    pub fn note(&self) -> Option<String> {
        let seconds = |duration: SignedDuration| format!("{:+.1}s", duration.as_secs_f64());
        let (least, most) = (seconds(-self.most), seconds(-self.least));
        if !self.may_agree() {
            return Some(format!(
                "the node's clock differs from the server's by {least} to {most}: its times are corrected"
            ));
        }
        let is_notable = self.least < -NOTABLE || self.most > NOTABLE;
        is_notable.then(|| {
            format!(
                "the node's clock may differ from the server's by {least} to {most}: they are taken to agree"
            )
        })
    }
}

/// As it is read by people: by how much the node's clock is ahead of the server's.
impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Ahead {
            least_milliseconds: i128,
            most_milliseconds: i128,
        }
        // Rounded away from each other: neither may promise more than is known.
        let least_milliseconds = (-self.most).as_nanos().div_euclid(1_000_000);
        let most_milliseconds = -self.least.as_nanos().div_euclid(1_000_000);
        Ahead { least_milliseconds, most_milliseconds }.serialize(serializer)
    }
}

/// Whether the time of an event is the node's.
pub fn is_by_node(event: &Event) -> bool {
    event.reporter == KUBELET
}

fn of_kubelet(events: &[Event]) -> impl Iterator<Item = &Event> {
    events.iter().filter(|event| is_by_node(event))
}

fn created(pod: Option<&Pod>) -> Option<Timestamp> {
    Some(pod?.metadata.creation_timestamp.as_ref()?.0)
}

/// The scheduler tells of it promptly, after the kubelet may have heard.
fn scheduled(events: &[Event]) -> Option<Timestamp> {
    let event = events.iter().find(|event| event.reason == "Scheduled" && event.field_path.is_empty())?;
    Some(event.first_exact.unwrap_or(event.first) - PROMPT)
}

/// When the kubelet first did anything for the pod, at the latest: that it heard of it stands in the status, but for
/// the fraction (pkg/kubelet/status/status_manager.go: `updateStatusInternal`).
fn began(pod: Option<&Pod>, events: &[Event]) -> Option<Timestamp> {
    let heard = pod.and_then(|pod| Some(pod.status.as_ref()?.start_time.as_ref()?.0 + SECOND));
    of_kubelet(events).filter_map(|event| event.first_exact).chain(heard).min()
}

/// When the kubelet first began to stop a container for that request. What was stored before was for another reason.
fn killed_since(events: &[Event], requested: Timestamp) -> Option<Timestamp> {
    let killings = of_kubelet(events).filter(|event| event.reason == "Killing");
    let since = killings.filter(|event| event.stored.is_some_and(|stored| stored >= requested));
    since.filter_map(|event| event.first_exact).min()
}

/// The server adds the grace period to the time of the request (pkg/registry/core/pod/strategy.go: `CheckGracefulDelete`).
pub fn deletion_requested(pod: Option<&Pod>) -> Option<Timestamp> {
    let metadata = &pod?.metadata;
    let grace = SignedDuration::from_secs(metadata.deletion_grace_period_seconds?);
    Some(metadata.deletion_timestamp.as_ref()?.0 - grace)
}

#[cfg(test)]
mod tests {
    use drover::model::event::FetchedEvent;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// The kubelet's, at this time by its clock, and when the server stored it.
    fn event(emitted: &str, stored: &str) -> Event {
        let emitted: Timestamp = format!("2026-01-01T00:00:{emitted}Z").parse().unwrap();
        let event = json!({
            "metadata": {
                "name": format!("web.{:x}", emitted.as_nanosecond()),
                "creationTimestamp": format!("2026-01-01T00:00:{stored}Z"),
            },
            "involvedObject": {"kind": "Pod", "name": "web"},
            "firstTimestamp": Timestamp::from_second(emitted.as_second()).unwrap().to_string(),
            "reason": "Started",
            "source": {"component": "kubelet"},
        });
        FetchedEvent::deserialize(event).unwrap().read().unwrap()
    }

    fn pod(created: &str) -> Pod {
        let metadata = json!({"creationTimestamp": format!("2026-01-01T00:00:{created}Z")});
        serde_json::from_value(json!({"metadata": metadata})).unwrap()
    }

    fn milliseconds(least: i64, most: i64) -> Offset {
        let [least, most] = [least, most].map(SignedDuration::from_millis);
        Offset { least, most }
    }

    #[test]
    fn clocks_that_may_agree_are_left_alone() {
        let events = [event("05.3", "05"), event("06.9", "06")];
        let offset = Offset::of(Some(&pod("05")), &events).unwrap();
        assert_eq!(offset, milliseconds(-300, 100));
        assert_eq!((offset.correction(), offset.note()), (SignedDuration::ZERO, None));
        let [early, late] = [300, 100].map(SignedDuration::from_millis);
        assert_eq!(offset.apart(), (early, late));
    }

    #[test]
    fn a_node_that_is_ahead_or_behind_is_found() {
        // Three seconds ahead: it wrote what the server stored before.
        let offset = Offset::of(Some(&pod("05")), &[event("08.5", "05")]).unwrap();
        assert_eq!(offset.correction(), SignedDuration::from_millis(-2500));
        assert_eq!(offset.apart(), (SignedDuration::from_secs(1), SignedDuration::ZERO));
        let note = "the node's clock differs from the server's by +2.5s to +3.5s: its times are corrected";
        assert_eq!(offset.note().as_deref(), Some(note));
        // Two seconds behind: it acted before it was asked.
        let offset = Offset::of(Some(&pod("07")), &[event("05.5", "07")]).unwrap();
        assert_eq!(offset.correction(), SignedDuration::from_millis(1500));
        assert_eq!(Offset::of(None, &[]), None);
    }

    #[test]
    fn what_leaves_much_room_is_said() {
        let note = "the node's clock may differ from the server's by -0.1s to +4.0s: they are taken to agree";
        assert_eq!(milliseconds(-4000, 100).note().as_deref(), Some(note));
        assert_eq!(milliseconds(-2000, 1000).note(), None);
    }

    #[test]
    fn programs_are_told_of_the_node_s_clock() {
        let offset = Offset { least: SignedDuration::from_nanos(-2_500_001), ..milliseconds(0, 100) };
        let ahead = json!({"leastMilliseconds": -100, "mostMilliseconds": 3});
        assert_eq!(serde_json::to_value(offset).unwrap(), ahead);
    }

    #[test]
    fn all_that_was_asked_of_the_kubelet_is_compared() {
        // It heard of the pod within :05, long before it told of anything.
        let mut pod = pod("04");
        pod.status = Some(serde_json::from_value(json!({"startTime": "2026-01-01T00:00:05Z"})).unwrap());
        let started = [event("09.3", "09")];
        assert_eq!(Offset::of(Some(&pod), &started), Some(milliseconds(-2000, 700)));
        // The scheduler knows the time exactly, and may be a little late.
        let mut scheduled = event("05.5", "05");
        (scheduled.reporter, scheduled.reason) = ("default-scheduler".to_owned(), "Scheduled".to_owned());
        let [begun] = started;
        assert_eq!(Offset::of(Some(&pod), &[begun, scheduled]), Some(milliseconds(-750, 700)));
    }

    #[test]
    fn a_container_that_was_stopped_before_the_request_was_not_stopped_for_it() {
        let mut pod = pod("01");
        pod.metadata.deletion_timestamp = Some(Time("2026-01-01T00:00:50Z".parse().unwrap()));
        pod.metadata.deletion_grace_period_seconds = Some(30);
        let killing = |at: &str, stored: &str| Event { reason: "Killing".to_owned(), ..event(at, stored) };
        let both = [killing("10.2", "10"), killing("20.4", "20")];
        assert_eq!(Offset::of(Some(&pod), &both), Some(milliseconds(-400, 600)));
    }
}
