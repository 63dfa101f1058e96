//! A node whose clock is not the server's: the same pod is traced twice at once, by the real times, and through a proxy
//! by which the control plane's clock is ahead or behind.

use std::collections::BTreeSet;

use harness::{Namespace, Proxy, Select, workloads};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::traced::{Following, GATED, Trace, Web, delete, let_go, until_in_slice};

#[test]
fn a_server_that_is_two_seconds_ahead() {
    lives_by("clock-ahead-2", SignedDuration::from_secs(2));
}

#[test]
fn a_server_that_is_five_seconds_ahead() {
    lives_by("clock-ahead-5", SignedDuration::from_secs(5));
}

#[test]
fn a_server_that_is_two_seconds_behind() {
    lives_by("clock-behind-2", SignedDuration::from_secs(-2));
}

#[test]
fn a_server_that_is_five_seconds_behind() {
    lives_by("clock-behind-5", SignedDuration::from_secs(-5));
}

/// So little may be hidden in times of a whole second, and then the clocks are taken to agree.
#[test]
fn a_server_that_is_half_a_second_ahead_or_behind() {
    lives_by("clock-ahead", SignedDuration::from_millis(500));
    lives_by("clock-behind", SignedDuration::from_millis(-500));
}

/// A start and a shutdown by a server's clock that is so much ahead.
fn lives_by(test: &str, ahead: SignedDuration) {
    // Given a pod with hooks and a Service, whose start is followed
    let namespace = Namespace::new(test);
    namespace.apply(&workloads::service("web", "app: web"));
    let hooks = "postStart: {exec: {command: [sleep, '1']}}, preStop: {sleep: {seconds: 3}}";
    namespace.apply(&Web { hook: hooks, spec: GATED, ..Web::default() }.manifest());
    let both = Both::begin(&namespace, ahead);
    let_go(&namespace);
    both.end().expect_same_story(&["scheduled", "containerStart", "postStart", "ready", "inSlice"]);

    // and told once more, afterwards
    let start = ["lifecycle", "trace", "web", "--phase=start", "-o", "json"];
    let real = Trace::of(&namespace.kubectl(start).success());
    let proxy = Proxy::with_clock_ahead(ahead);
    let shifted = Trace::of(&namespace.through(&proxy).kubectl(start).success());
    Told { real, shifted, ahead }.expect_same_story(&["created", "scheduled", "containerStart", "ready"]);

    // When it is deleted, then its shutdown is the same story too
    until_in_slice(&namespace);
    let both = Both::begin(&namespace, ahead);
    delete(&namespace, &[]);
    both.end().expect_same_story(&[
        "deletionRequested",
        "outOfSlice",
        "preStop",
        "sigterm",
        "exit",
        "removed",
    ]);
}

/// One pod, followed by both clocks.
struct Both {
    real: Following,
    shifted: Following,
    ahead: SignedDuration,
}

impl Both {
    fn begin(namespace: &Namespace, ahead: SignedDuration) -> Self {
        let real = Following::begin(namespace, &["web"]);
        let (proxy, from) = (Proxy::with_clock_ahead(ahead), Select::nth(1, "watch", "events"));
        let shifted = Following::through(proxy, from, namespace, &["web"]);
        Self { real, shifted, ahead }
    }

    fn end(self) -> Told {
        let [real, shifted] = [self.real, self.shifted].map(|one| Trace::of(&one.end().success()));
        Told { real, shifted, ahead: self.ahead }
    }
}

/// What was told of it.
struct Told {
    real: Trace,
    shifted: Trace,
    ahead: SignedDuration,
}

/// Steps that the control plane's clock tells of.
const BY_SERVER: [&str; 7] =
    ["created", "deletionRequested", "inSlice", "outOfSlice", "removed", "scheduled", "stoppedServing"];

impl Told {
    fn expect_same_story(&self, wanted: &[&str]) {
        let Self { real, shifted, ahead } = self;
        // The node's clock is behind where the server's is ahead, and that is within what is told.
        let clock = &shifted.0["nodeClock"];
        let told = |field: &str| clock[field].as_i64().expect("the clocks were compared");
        let (least, most) = (told("leastMilliseconds"), told("mostMilliseconds"));
        let behind = i64::try_from(-ahead.as_millis()).expect("seconds");
        assert!((least..=most).contains(&behind), "{behind} ms is not within {clock}");
        assert!(most - least <= 2500, "{clock} says little");
        let may_agree = least <= 0 && 0 <= most;
        let is_noted = shifted.notes().contains("the node's clock differs from the server's by");
        assert_eq!(is_noted, !may_agree, "{clock}: {}", shifted.notes());
        assert!(!may_agree || ahead.abs() < SignedDuration::from_secs(2), "{ahead:?} is not found: {clock}");
        assert!(!real.notes().contains("the node's clock differs"), "{}", real.notes());

        // Where their bounds overlap, their order is open.
        let [told, told_by_shifted] =
            [real, shifted].map(|trace| trace.steps().into_iter().collect::<BTreeSet<_>>());
        assert_eq!(told, told_by_shifted);
        wanted.iter().for_each(|step| assert!(real.steps().contains(step), "{step}: {:#}", real.0));
        for step in real.0["steps"].as_array().expect("steps") {
            self.expect_same_times(step, may_agree);
        }
        self.expect_same_margins();
    }

    /// What was not corrected is by the clock that told it.
    fn expect_same_times(&self, real: &Value, may_agree: bool) {
        let is_same = |step: &&Value| step["what"] == real["what"] && step["container"] == real["container"];
        let shifted = self.shifted.0["steps"].as_array().expect("steps").iter().find(is_same);
        let shifted = shifted.unwrap_or_else(|| panic!("{real} is not told of"));
        let what = real["what"].as_str().expect("a step is something");
        for (index, (real, shifted)) in moments(real).into_iter().zip(moments(shifted)).enumerate() {
            // A sandbox is begun when the scheduler says so.
            let is_by_server = BY_SERVER.contains(&what) || what == "sandbox" && index == 0;
            let by = if may_agree && !is_by_server { SignedDuration::ZERO } else { self.ahead };
            let [earliest, latest] = real.map(|time| time + by);
            let meets = shifted[0] <= latest && earliest <= shifted[1];
            assert!(meets, "by {by:?}, {real:?} is not {shifted:?}: {:#}\n{:#}", self.real.0, self.shifted.0);
        }
    }

    /// From one clock's time to the other's, so that it has to allow for both.
    fn expect_same_margins(&self) {
        let bounds = |trace: &Trace| {
            let margins = trace.0["margins"].as_array().cloned().unwrap_or_default();
            let bound = |margin: &Value, name: &str| margin[name].as_i64().expect("a margin has bounds");
            let both =
                |margin: &Value| (bound(margin, "leastMilliseconds"), bound(margin, "mostMilliseconds"));
            margins.iter().map(both).collect::<Vec<_>>()
        };
        let (real, shifted) = (bounds(&self.real), bounds(&self.shifted));
        assert_eq!(real.len(), shifted.len());
        for (real, shifted) in real.into_iter().zip(shifted) {
            assert!(shifted.0 <= real.1 && real.0 <= shifted.1, "margin {real:?} is not {shifted:?}");
        }
    }
}

/// The bounds of a step's one moment, or of both.
fn moments(step: &Value) -> Vec<[Timestamp; 2]> {
    let extent = step["extent"].as_object().expect("a step has an extent");
    let (kind, extent) = extent.iter().next().expect("an extent is of one kind");
    let moments = if kind == "span" { vec![&extent["begin"], &extent["end"]] } else { vec![extent] };
    let time = |moment: &Value, bound: &str| {
        let text = moment[bound].as_str().expect("a moment has bounds");
        text.parse().expect("bounds are times")
    };
    moments.into_iter().map(|moment| [time(moment, "earliest"), time(moment, "latest")]).collect()
}
