//! Watches that break or fall silent, and a server that can't be read for a while: no step is lost without a note.

use std::thread;

use harness::{Break, Fault, Namespace, Proxy, Select, workloads};

use crate::traced::{Following, Trace, Web, delete, until_in_slice};

#[test]
fn a_watch_of_pods_that_breaks() {
    loses_no_step("pods", Fault::WatchExpired, true);
    loses_no_step("pods", Fault::ResetBefore, true);
    loses_no_step("pods", Fault::WatchEnds { events: 0 }, false);
    loses_no_step("pods", Fault::WatchEnds { events: 1 }, false);
}

#[test]
fn a_watch_of_pods_that_breaks_in_its_midst() {
    loses_no_step("pods", Fault::WatchBreaks { events: 1, by: Break::Expiry }, true);
    loses_no_step("pods", Fault::WatchBreaks { events: 1, by: Break::Reset }, true);
}

#[test]
fn a_watch_of_events_that_breaks() {
    loses_no_step("events", Fault::WatchExpired, true);
    loses_no_step("events", Fault::ResetBefore, true);
    loses_no_step("events", Fault::WatchEnds { events: 1 }, false);
}

#[test]
fn a_watch_of_events_that_breaks_in_its_midst() {
    loses_no_step("events", Fault::WatchBreaks { events: 1, by: Break::Expiry }, true);
    loses_no_step("events", Fault::WatchBreaks { events: 1, by: Break::Reset }, true);
}

#[test]
fn a_watch_of_slices_that_breaks() {
    loses_no_step("endpointslices", Fault::WatchExpired, true);
    loses_no_step("endpointslices", Fault::WatchEnds { events: 0 }, false);
    loses_no_step("endpointslices", Fault::WatchBreaks { events: 0, by: Break::Expiry }, true);
    loses_no_step("endpointslices", Fault::WatchBreaks { events: 1, by: Break::Reset }, true);
}

#[test]
fn a_watch_that_falls_silent() {
    // Each is heard for a minute and a half: all at once.
    thread::scope(|scope| {
        for (resource, events) in [("pods", 1), ("events", 0), ("endpointslices", 0)] {
            let fault = Fault::WatchBreaks { events, by: Break::Silence };
            scope.spawn(move || loses_no_step(resource, fault, false));
        }
    });
}

/// A pod that serves, and takes two seconds to go.
fn serving(test: &str) -> Namespace {
    let namespace = Namespace::new(test);
    namespace.apply(&workloads::service("web", "app: web"));
    Web { hook: "preStop: {sleep: {seconds: 2}}", ..Web::default() }.start(&namespace);
    until_in_slice(&namespace);
    namespace
}

fn loses_no_step(resource: &str, fault: Fault, is_noted: bool) {
    // Given a pod that serves, a watch that will break, and somebody whose watches don't
    let namespace = serving("trace-broken");
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "watch", resource), fault);
    let undisturbed = Following::begin(&namespace, &["web"]);
    // A silence is taken for one after a minute and a half.
    let from = Select::nth(1, "list", "endpointslices");
    let following = Following::at_most("110s", proxy, from, &namespace, &["web"]);

    // When it is deleted, then all is told
    delete(&namespace, &[]);
    let trace = Trace::of(&following.end_of_broken(1).success());
    tells_all(&trace, &Trace::of(&undisturbed.end().success()));
    // and what may be missing is noted
    assert_eq!(trace.notes().contains("the watch broke at"), is_noted, "{resource}: {:#}", trace.0);
}

/// The same steps and margins; of those that were only to be seen, the bounds may be wider.
fn tells_all(trace: &Trace, undisturbed: &Trace) {
    for step in ["deletionRequested", "outOfSlice", "preStop", "sigterm", "exit", "removed"] {
        assert!(trace.steps().contains(&step), "no {step} in {:#}", trace.0);
        assert!(undisturbed.steps().contains(&step), "no {step} in {:#}", undisturbed.0);
    }
    assert_eq!(trace.steps().len(), undisturbed.steps().len(), "{:#}\n{:#}", trace.0, undisturbed.0);
    let (margins, expected) = (&trace.0["margins"], &undisturbed.0["margins"]);
    let bounds = |margins: &serde_json::Value| {
        ["leastMilliseconds", "mostMilliseconds"].map(|bound| margins[0][bound].as_i64().expect("a margin"))
    };
    let ([least, most], [surely, at_most]) = (bounds(margins), bounds(expected));
    assert!(least <= at_most && surely <= most, "{margins} is not {expected}");
}

#[test]
fn a_server_that_can_not_be_read_for_a_while() {
    // Given a watch that will break, and a server that will not answer twice as often as a read is tried
    let namespace = serving("trace-unanswered");
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "watch", "pods"), Fault::WatchBreaks { events: 1, by: Break::Expiry });
    let unanswered = 8;
    for number in 2..2 + unanswered {
        proxy.break_request(Select::nth(number, "list", "pods"), Fault::Status(503));
    }
    let following = Following::through(proxy, Select::nth(1, "list", "endpointslices"), &namespace, &["web"]);

    // When the pod is deleted, then its shutdown is still told, with what may be missing
    delete(&namespace, &[]);
    let trace = Trace::of(&following.end_of_broken(1 + unanswered).success());
    for step in ["deletionRequested", "sigterm", "removed"] {
        assert!(trace.steps().contains(&step), "no {step} in {:#}", trace.0);
    }
    for words in ["the watch broke at", "nothing could be read until", "unable to handle the request"] {
        assert!(trace.notes().contains(words), "{words}: {}", trace.notes());
    }
}

#[test]
fn a_server_that_can_not_be_read_any_more() {
    let namespace = serving("trace-unread");
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "watch", "pods"), Fault::WatchBreaks { events: 1, by: Break::Expiry });
    for number in 2..30 {
        proxy.break_request(Select::nth(number, "list", "pods"), Fault::Status(503));
    }
    let from = Select::nth(1, "list", "endpointslices");
    let following = Following::at_most("8s", proxy, from, &namespace, &["web"]);
    delete(&namespace, &[]);

    let ended = following.end().failure(1);

    assert!(ended.stderr.contains("not at its end in time"), "{}", ended.stderr);
    let trace = Trace::of(&ended);
    assert!(trace.steps().contains(&"deletionRequested"), "{:#}", trace.0);
    assert!(trace.notes().contains("nothing could be read any more"), "{}", trace.notes());
}
