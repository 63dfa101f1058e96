//! Traces made by hand, for tests.

use jiff::{SignedDuration, Timestamp};

use crate::trace::{Certainty, Course, Extent, Moment, Sign, Step, Trace, Verdict, What};

fn zero() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn after(milliseconds: i64) -> Timestamp {
    zero() + SignedDuration::from_millis(milliseconds)
}

/// So many milliseconds after zero.
pub fn at(milliseconds: i64) -> Moment {
    Moment::exact(after(milliseconds))
}

/// The same, give or take so many.
pub fn about(milliseconds: i64, error: i64) -> Moment {
    Moment::between(after(milliseconds - error), after(milliseconds + error))
}

pub fn step(what: What, container: Option<&str>, extent: Extent, certainty: Certainty) -> Step {
    let (container, evidence) = (container.map(str::to_owned), format!("what tells of {what:?}"));
    Step { what, container, extent, certainty, evidence, detail: None }
}

/// One that was observed.
pub fn span(what: What, begin: Moment, end: Moment) -> Step {
    step(what, None, Extent::Span { begin, end }, Certainty::Observed)
}

pub fn trace(course: Course, steps: Vec<Step>) -> Trace {
    let (namespace, object) = ("shop".to_owned(), "pod/web-7d4b9-x2x4p".to_owned());
    let (verdicts, margins, notes) = (Vec::new(), Vec::new(), Vec::new());
    Trace { namespace, object, course, zero: zero(), steps, verdicts, margins, node_clock: None, notes }
}

fn observed(what: What, container: Option<&str>, moment: Moment) -> Step {
    step(what, container, Extent::At(moment), Certainty::Observed)
}

fn detailed(step: Step, detail: &str) -> Step {
    Step { detail: Some(detail.to_owned()), ..step }
}

fn verdict(sign: Sign, text: &str, proof: &[&str], advice: &[&str]) -> Verdict {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    Verdict { sign, text: text.to_owned(), proof: owned(proof), advice: owned(advice) }
}

/// With a pull, an init container, a sidecar, a postStart whose end is uncertain, and readiness.
pub fn start() -> Trace {
    let of = |what, container, begin, end| {
        step(what, Some(container), Extent::Span { begin, end }, Certainty::Observed)
    };
    let web = Some("web");
    let steps = vec![
        observed(What::Created, None, about(500, 500)),
        observed(What::Scheduled, None, at(12)),
        span(What::Sandbox, at(12), about(1_200, 500)),
        detailed(of(What::Pull, "migrate", at(1_310), at(3_742)), "shop/migrate:1.4"),
        of(What::Init, "migrate", at(3_790), about(5_500, 500)),
        observed(What::ContainerStart, Some("istio-proxy"), at(5_912)),
        of(What::Startup, "istio-proxy", at(5_912), about(7_100, 80)),
        of(What::Pull, "web", at(7_203), at(7_450)),
        observed(What::ContainerStart, web, at(7_611)),
        step(
            What::PostStart,
            web,
            Extent::Span { begin: at(7_611), end: about(10_900, 1_700) },
            Certainty::Inferred,
        ),
        observed(What::Ready, web, about(14_500, 500)),
        detailed(observed(What::InSlice, None, at(14_870)), "web"),
    ];
    let verdicts = vec![
        verdict(
            Sign::Bad,
            "postStart of web kept the pod in ContainerCreating for up to 5.0s",
            &["event Started of web at 7.61s", "its status said Running at 12.6s for the first time"],
            &["do in the container's own program what nobody has to wait for"],
        ),
        verdict(Sign::Note, "the image of migrate was pulled for 2.4s", &["event Pulled: 2.432s"], &[]),
    ];
    let notes = vec!["the node's clock is 12 ms behind the API server's, give or take 20 ms".to_owned()];
    Trace { verdicts, notes, ..trace(Course::Start, steps) }
}

/// With a preStop that sleeps, a SIGTERM that follows, an exit within a second, and a SIGKILL.
pub fn shutdown() -> Trace {
    let web = Some("web");
    let steps = vec![
        detailed(observed(What::DeletionRequested, None, at(0)), "grace 8s"),
        detailed(observed(What::OutOfSlice, None, about(200, 110)), "web"),
        detailed(
            step(What::PreStop, web, Extent::Span { begin: at(21), end: at(5_021) }, Certainty::Computed),
            "sleep 5s",
        ),
        step(What::Sigterm, web, Extent::At(about(5_030, 40)), Certainty::Inferred),
        detailed(observed(What::Exit, Some("istio-proxy"), about(6_500, 500)), "0"),
        step(What::Sigkill, web, Extent::At(about(8_020, 60)), Certainty::Inferred),
        detailed(observed(What::Exit, web, about(8_500, 500)), "137"),
    ];
    let verdicts = vec![
        verdict(Sign::Good, "out of the slices 4.7s before SIGTERM", &[], &[]),
        verdict(
            Sign::Bad,
            "web was killed: it had 3.0s after SIGTERM and did not exit",
            &["exit code 137, not OOMKilled", "8s of grace, of which preStop took 5s"],
            &[
                "raise terminationGracePeriodSeconds above the 5s of preStop and what web needs to drain",
                "kubectl lifecycle show pod/web-7d4b9-x2x4p",
            ],
        ),
    ];
    Trace { verdicts, ..trace(Course::Shutdown, steps) }
}

/// A postStart that is not over yet.
pub fn under_way() -> Trace {
    let since = |what, begin| step(what, Some("web"), Extent::Since(begin), Certainty::Inferred);
    let steps = vec![
        observed(What::Scheduled, None, at(0)),
        observed(What::ContainerStart, Some("web"), at(2_400)),
        since(What::PostStart, about(2_900, 500)),
    ];
    trace(Course::Start, steps)
}

/// All of it within 3 ms, begun before zero.
pub fn quick() -> Trace {
    let micro = |count| zero() + SignedDuration::from_micros(count);
    let between =
        |begin, end| Extent::Span { begin: Moment::exact(micro(begin)), end: Moment::exact(micro(end)) };
    let steps = vec![
        step(What::Sandbox, None, between(-400, 1_150), Certainty::Observed),
        step(What::Init, Some("migrate"), between(1_200, 1_210), Certainty::Observed),
        step(What::Pull, Some("web"), between(1_250, 2_600), Certainty::Observed),
    ];
    trace(Course::Start, steps)
}

/// Only one moment is known.
pub fn single() -> Trace {
    trace(Course::Shutdown, vec![observed(What::DeletionRequested, None, at(0))])
}

/// Names as long as they may be, and what should steer a terminal.
pub fn hostile() -> Trace {
    let container = "c".repeat(63);
    let steps = vec![
        detailed(observed(What::Exit, Some(&container), at(0)), "0 \x1b[2J\r\n\u{202e}<b>&\"'"),
        detailed(observed(What::OutOfSlice, None, at(1_000)), "größe 日本日本日本日本日本日本日本"),
    ];
    let verdicts = vec![verdict(Sign::Note, "it said \x1b[31m", &["\u{7}ding"], &["\u{9b}2J"])];
    let notes = vec!["a\rb".to_owned()];
    Trace { object: format!("pod/{}", "p".repeat(253)), verdicts, notes, ..trace(Course::Shutdown, steps) }
}
