//! The node's clock and the server's: how far apart they can be, from what was recorded by both.

use drover::model::event::Event;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

/// Who writes by the node's clock.
const KUBELET: &str = "kubelet";

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
        let of_kubelet = || events.iter().filter(|event| is_by_node(event));
        let second = SignedDuration::from_secs(1);
        let stored = |event: &Event| Some((event.stored? + second).duration_since(event.first_exact?));
        let most = of_kubelet().filter_map(stored).min()?;
        let first = |reason: Option<&str>| {
            let alike = of_kubelet().filter(|event| reason.is_none_or(|reason| event.reason == reason));
            alike.filter_map(|event| event.first_exact).min()
        };
        let asked = [created(pod).zip(first(None)), deletion_requested(pod).zip(first(Some("Killing")))];
        let least = asked.into_iter().flatten().map(|(asked, acted)| asked.duration_since(acted)).max()?;
        (least <= most).then_some(Self { least, most })
    }

    /// What is added to the node's times: nothing, if the clocks may agree.
    pub fn correction(&self) -> SignedDuration {
        SignedDuration::ZERO.clamp(self.least, self.most)
    }

    /// By how much a corrected time may be too late, and too early. By nothing where the clocks may agree: then they are
    /// taken to.
    pub fn doubt(&self) -> (SignedDuration, SignedDuration) {
        let correction = self.correction();
        match correction.is_zero() {
            true => (SignedDuration::ZERO, SignedDuration::ZERO),
            false => (correction - self.least, self.most - correction),
        }
    }

    /// For people; nothing where the clocks may agree.
    pub fn note(&self) -> Option<String> {
        let correction = self.correction();
        let seconds = |duration: SignedDuration| format!("{:+.1}s", duration.as_secs_f64());
        (correction != SignedDuration::ZERO).then(|| {
            let (least, most) = (seconds(-self.most), seconds(-self.least));
            format!(
                "the node's clock differs from the server's by {least} to {most}: its times are corrected"
            )
        })
    }
}

/// Whether the time of an event is the node's.
pub fn is_by_node(event: &Event) -> bool {
    event.reporter == KUBELET
}

fn created(pod: Option<&Pod>) -> Option<Timestamp> {
    Some(pod?.metadata.creation_timestamp.as_ref()?.0)
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

    #[test]
    fn clocks_that_may_agree_are_left_alone() {
        let events = [event("05.3", "05"), event("06.9", "06")];
        let offset = Offset::of(Some(&pod("05")), &events).unwrap();
        assert_eq!((offset.correction(), offset.note()), (SignedDuration::ZERO, None));
        assert_eq!(offset.doubt(), (SignedDuration::ZERO, SignedDuration::ZERO));
        assert_eq!(offset.most, SignedDuration::from_millis(100));
    }

    #[test]
    fn a_node_that_is_ahead_or_behind_is_found() {
        // Three seconds ahead: it wrote what the server stored before.
        let offset = Offset::of(Some(&pod("05")), &[event("08.5", "05")]).unwrap();
        assert_eq!(offset.correction(), SignedDuration::from_millis(-2500));
        assert_eq!(offset.doubt(), (SignedDuration::from_secs(1), SignedDuration::ZERO));
        let note = "the node's clock differs from the server's by +2.5s to +3.5s: its times are corrected";
        assert_eq!(offset.note().as_deref(), Some(note));
        // Two seconds behind: it acted before it was asked.
        let offset = Offset::of(Some(&pod("07")), &[event("05.5", "07")]).unwrap();
        assert_eq!(offset.correction(), SignedDuration::from_millis(1500));
        assert_eq!(Offset::of(None, &[]), None);
    }
}
