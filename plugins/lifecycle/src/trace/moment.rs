//! A time that is known as exactly as its evidence tells it.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How long the kubelet, or the container runtime for it, may take from one thing to the next that it does right after
/// it, on a busy node.
pub const PROMPT: SignedDuration = SignedDuration::from_millis(250);

/// A time that lies between two others, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moment {
    pub earliest: Timestamp,
    pub latest: Timestamp,
}

impl Moment {
    /// Between these two, in either order.
    pub fn between(one: Timestamp, other: Timestamp) -> Self {
        Self { earliest: one.min(other), latest: one.max(other) }
    }

    /// Exactly then.
    pub fn exact(time: Timestamp) -> Self {
        Self { earliest: time, latest: time }
    }

    /// Within the second that a timestamp without fractions stands for: they are cut off, not rounded
    /// (k8s.io/apimachinery: `metav1.Time`).
    pub fn second(time: Timestamp) -> Self {
        Self { earliest: time, latest: time + SignedDuration::from_secs(1) }
    }

    /// Where it is drawn: in the middle.
    pub fn middle(&self) -> Timestamp {
        self.earliest + self.latest.duration_since(self.earliest) / 2
    }

    /// By another clock.
    pub fn shifted(&self, by: SignedDuration) -> Self {
        Self { earliest: self.earliest + by, latest: self.latest + by }
    }

    /// Then, or up to so much later.
    pub fn later_by(&self, most: SignedDuration) -> Self {
        Self { earliest: self.earliest, latest: self.latest + most }
    }

    /// Then, or up to so much earlier: it was noticed only afterwards.
    pub fn earlier_by(&self, most: SignedDuration) -> Self {
        Self { earliest: self.earliest - most, latest: self.latest }
    }

    /// The later of two things that both have to happen.
    pub fn or_later(&self, other: &Self) -> Self {
        Self { earliest: self.earliest.max(other.earliest), latest: self.latest.max(other.latest) }
    }

    /// What both say, as both are true; none where they contradict each other.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let both =
            Self { earliest: self.earliest.max(other.earliest), latest: self.latest.min(other.latest) };
        (both.earliest <= both.latest).then_some(both)
    }

    /// The same, but surely not after another.
    pub fn not_after(&self, other: &Self) -> Self {
        let latest = self.latest.min(other.latest);
        Self { earliest: self.earliest.min(latest), latest }
    }

    /// The same, but surely not before another.
    pub fn not_before(&self, other: &Self) -> Self {
        let earliest = self.earliest.max(other.earliest);
        Self { earliest, latest: self.latest.max(earliest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-01-01T00:00:{text}Z").parse().unwrap()
    }

    #[test]
    fn a_second_is_drawn_in_its_middle() {
        let moment = Moment::second(at("05"));
        assert_eq!(moment.middle(), at("05.5"));
    }

    #[test]
    fn two_that_are_true_say_more() {
        let both = Moment::second(at("05")).and(&Moment::exact(at("05.7")).earlier_by(PROMPT));
        assert_eq!(both, Some(Moment::between(at("05.45"), at("05.7"))));
        assert_eq!(Moment::exact(at("04")).and(&Moment::exact(at("05"))), None);
    }

    #[test]
    fn of_two_that_are_awaited_the_later_counts() {
        let later = Moment::second(at("05")).or_later(&Moment::exact(at("05.7")));
        assert_eq!(later, Moment::between(at("05.7"), at("06")));
    }

    #[test]
    fn what_follows_is_not_earlier() {
        let follows = Moment::second(at("05")).not_before(&Moment::exact(at("05.7")));
        assert_eq!(follows, Moment::between(at("06"), at("05.7")));
        let is_late = Moment::exact(at("04")).not_before(&Moment::exact(at("05")));
        assert_eq!(is_late, Moment::exact(at("05")));
    }
}
