//! The steps as events for Perfetto and chrome://tracing. The format:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use serde_json::{Value, json};

use super::scale::Scale;
use super::words;
use crate::trace::{Extent, Moment, Step, Trace};

/// The pod, as a process.
const POD: u64 = 1;

/// One thread for the pod and one for each container; more where steps overlap that do not enclose each
/// other, which a thread can't show. Times are microseconds since zero, or since the first step where that
/// is earlier: chrome://tracing shows nothing before 0.
pub fn chrome_trace(trace: &Trace) -> Value {
    let scale = Scale::of(trace);
    let mut threads = Threads::default();
    let mut steps: Vec<_> = trace.steps.iter().map(|step| Timed::of(step, &scale)).collect();
    // As Perfetto sorts them: what encloses others comes before these.
    steps.sort_by_key(|step| (step.begin, std::cmp::Reverse(step.end)));
    let events: Vec<Value> = steps.iter().map(|step| step.event(threads.place(step))).collect();
    let process = format!("{}/{} {}", trace.namespace, trace.object, words::course(trace.course));
    let named = json!({"ph": "M", "pid": POD, "tid": 0, "name": "process_name", "args": {"name": process}});
    let events: Vec<Value> = std::iter::once(named).chain(threads.named()).chain(events).collect();
    json!({
        "displayTimeUnit": "ms",
        "otherData": {"zero": trace.zero.to_string(), "zeroMicroseconds": -microseconds(scale.begin())},
        "traceEvents": events,
    })
}

fn microseconds(nanoseconds: i128) -> i64 {
    i64::try_from(nanoseconds.div_euclid(1_000)).unwrap_or(i64::MAX)
}

/// A step where it is drawn: in the middle of where it may be.
struct Timed<'a> {
    step: &'a Step,
    begin: i64,
    /// None for a moment.
    end: Option<i64>,
}

impl<'a> Timed<'a> {
    fn of(step: &'a Step, scale: &Scale) -> Self {
        let since = |nanoseconds: i128| microseconds(nanoseconds - scale.begin());
        let middle = |moment: &Moment| since(scale.since_zero(moment.middle()));
        let begin = middle(&step.extent.begin());
        let end = match &step.extent {
            Extent::At(_) => None,
            Extent::Span { end, .. } => Some(middle(end).max(begin)),
            Extent::Since(_) => Some(since(scale.end())),
        };
        Self { step, begin, end }
    }

    fn event(&self, thread: u64) -> Value {
        let mut event = json!({
            "name": self.name(),
            "cat": words::certainty(self.step.certainty),
            "pid": POD,
            "tid": thread,
            "ts": self.begin,
            "args": self.arguments(),
        });
        let shape = match self.end {
            None => vec![("ph", json!("i")), ("s", json!("t"))],
            Some(end) => vec![("ph", json!("X")), ("dur", json!(end - self.begin))],
        };
        for (key, value) in shape {
            event[key] = value;
        }
        event
    }

    fn name(&self) -> String {
        let name = words::name(self.step.what);
        self.step.detail.as_ref().map_or(name.to_owned(), |detail| format!("{name} {detail}"))
    }

    fn arguments(&self) -> Value {
        let Step { certainty, evidence, extent, .. } = self.step;
        let known = |moment: &Moment| json!({"earliest": moment.earliest, "latest": moment.latest});
        let mut arguments = match extent {
            Extent::At(moment) => known(moment),
            Extent::Span { begin, end } => json!({"begin": known(begin), "end": known(end)}),
            Extent::Since(begin) => json!({"begin": known(begin), "underWay": true}),
        };
        arguments["certainty"] = json!(certainty);
        arguments["evidence"] = json!(evidence);
        arguments
    }
}

/// Who takes which row.
#[derive(Default)]
struct Threads<'a>(Vec<Thread<'a>>);

struct Thread<'a> {
    container: Option<&'a str>,
    /// The ends of what is open, the outermost first.
    open: Vec<i64>,
}

impl<'a> Threads<'a> {
    /// The first thread of its container where it overlaps nothing, or is enclosed by it.
    fn place(&mut self, step: &Timed<'a>) -> u64 {
        let container = step.step.container.as_deref();
        let found = self.0.iter_mut().position(|thread| thread.container == container && thread.takes(step));
        let index = found.unwrap_or_else(|| {
            self.0.push(Thread { container, open: step.end.into_iter().collect() });
            self.0.len() - 1
        });
        number(index)
    }

    /// What each is called, and that they stay in the order in which they began.
    fn named(&self) -> Vec<Value> {
        let threads = self.0.iter().enumerate();
        let events = threads.flat_map(|(index, thread)| {
            let about = |name: &str, arguments: Value| {
                json!({"ph": "M", "pid": POD, "tid": number(index), "name": name, "args": arguments})
            };
            let name = json!({"name": thread.container.unwrap_or("pod")});
            [about("thread_name", name), about("thread_sort_index", json!({"sort_index": number(index)}))]
        });
        events.collect()
    }
}

impl Thread<'_> {
    /// Whether it has room for a step that begins after all before it; then it has taken it.
    fn takes(&mut self, step: &Timed<'_>) -> bool {
        let Some(end) = step.end else { return true };
        self.open.retain(|open| *open > step.begin);
        if self.open.last().is_some_and(|enclosing| *enclosing < end) {
            return false;
        }
        self.open.push(end);
        true
    }
}

fn number(index: usize) -> u64 {
    u64::try_from(index).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, at, span, trace};
    use crate::trace::{Course, What};

    fn events(trace: &Trace) -> Vec<Value> {
        chrome_trace(trace)["traceEvents"].as_array().unwrap().clone()
    }

    /// Name, thread, begin and duration, without what only names threads.
    fn shown(trace: &Trace) -> String {
        let events = events(trace).into_iter().filter(|event| event["ph"] != "M");
        let lines = events.map(|event| {
            let duration = event.get("dur").map_or("i".to_owned(), Value::to_string);
            format!("{} {} {} {duration}", event["name"].as_str().unwrap(), event["tid"], event["ts"])
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_container_has_a_thread() {
        insta::assert_snapshot!(shown(&sample::shutdown()), @"
deletion requested grace 8s 1 0 i
preStop sleep 5s 2 21000 5000000
out of slice web 1 200000 i
SIGTERM 2 5030000 i
exit 0 3 6500000 i
SIGKILL 2 8020000 i
exit 137 2 8500000 i
");
        let named: Vec<_> = events(&sample::shutdown())
            .into_iter()
            .filter(|event| event["name"] == "thread_name")
            .map(|event| (event["tid"].clone(), event["args"]["name"].clone()))
            .collect();
        let expected = [(1, "pod"), (2, "web"), (3, "istio-proxy")];
        assert_eq!(named, expected.map(|(thread, name)| (json!(thread), json!(name))));
    }

    #[test]
    fn nothing_is_before_0() {
        let quick = sample::quick();
        insta::assert_snapshot!(shown(&quick), @"
sandbox 1 0 1550
init 2 1600 10
pull 3 1650 1350
");
        assert_eq!(chrome_trace(&quick)["otherData"]["zeroMicroseconds"], 400);
    }

    #[test]
    fn what_overlaps_has_threads_of_its_own() {
        let steps = vec![
            span(What::Sandbox, at(0), at(10)),
            span(What::Pull, at(2), at(8)),
            span(What::Init, at(5), at(12)),
            span(What::PreStop, at(12), at(13)),
        ];
        insta::assert_snapshot!(shown(&trace(Course::Start, steps)), @"
sandbox 1 0 10000
pull 1 2000 6000
init 2 5000 7000
preStop 1 12000 1000
");
    }

    #[test]
    fn what_is_under_way_goes_on_to_the_end() {
        let events = events(&sample::under_way());
        let event = events.last().unwrap();
        assert_eq!(event["args"]["underWay"], true);
        assert_eq!(event["args"]["certainty"], "inferred");
        assert_eq!(event["args"]["begin"]["earliest"], "2026-01-01T00:00:02.4Z");
        assert!(event["dur"].as_i64().unwrap() > 500_000, "{event}");
    }
}
