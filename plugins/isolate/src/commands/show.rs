//! `kubectl isolate show`: all that is known of an isolated pod, at any later time.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::{Cluster, Connection};
use drover::model::event::Event;
use drover::model::object::Owner;
use drover::model::pod::Pod;
use drover::model::selector::Labels;
use drover::print::{age, counted};
use jiff::Timestamp;
use serde::Serialize;

use crate::args::ShowArgs;
use crate::clock::Clock;
use crate::next_steps::next_steps;
use crate::observe::{self, Need};
use crate::plan::refusal::does_not_exist;
use crate::plan::replacement::{self, Replacement};
use crate::plan::stages::silence;
use crate::plan::{isolate, undo};
use crate::record::{Record, own_labels};
use crate::report::{Cut, clocks_of, expiry};
use crate::state::State;

/// How many of the last Events are shown.
const EVENTS_SHOWN: usize = 5;

/// How wide the first column is.
const HEADING: usize = 14;

/// One isolated pod as it is now. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    pod: String,
    namespace: String,
    context: String,
    /// As in the list.
    state: &'static str,
    owner: Owner,
    workload: Option<Owner>,
    by: String,
    at: Timestamp,
    reason: Option<String>,
    until: Option<Timestamp>,
    traffic_only: bool,
    /// The Services it served.
    services: Vec<String>,
    /// The EndpointSlices that send it traffic.
    sending: Vec<String>,
    /// The labels that were taken away, with their values.
    dropped_labels: Labels,
    /// Whether capacity is what it was, in words.
    replacement: Option<String>,
    ready: bool,
    node: Option<String>,
    addresses: Vec<String>,
    /// How often its containers were restarted, and how often when it was isolated.
    restarts: u32,
    restarts_before: Option<u32>,
    containers: Vec<Clock>,
    quarantine: Option<Cut>,
    /// Whether it can be put back: `yes`, or `no: ` and why.
    rejoin: String,
    events: Vec<Told>,
}

/// An Event of the pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    last: Timestamp,
    count: i32,
    r#type: String,
    reason: String,
    message: String,
}

pub async fn run(
    cluster: &Cluster,
    options: &ShowArgs,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let names = options.names()?;
    let about = format!("pod/{}", names.join(", pod/"));
    let again = format!("kubectl isolate show {}{}", names.join(" "), connection.flags());
    let need = Need { enforcement: true, ..Need::default() };
    let states = observe::first(cluster, &names, &need).await;
    let mut shown = Vec::new();
    for state in states.map_err(|problem| problem.into_failure(&about, &again))? {
        let Some(pod) = &state.subject.pod else {
            let target = state.target();
            return Err(does_not_exist(&target, &cluster.close_names(&target).await));
        };
        let Some(record) = isolate::readable_record(&state, pod)? else {
            let hint = format!("see what is:  kubectl isolate list{}", connection.flags());
            return Err(Failure::new(format!("{} is not isolated", state.target())).hint(hint));
        };
        let events = observe::events(cluster, pod).await.ok();
        let one = Shown::new(&cluster.context, &state, pod, &record, events.as_deref().unwrap_or_default());
        match options.output {
            None => {
                if !shown.is_empty() {
                    writeln!(streams.out)?;
                }
                one.print(&state, events.is_some(), streams)?;
                suggest(&state, pod, &record, &connection.flags(), streams)?;
            }
            Some(OutputFormat::Name) => writeln!(streams.out, "pod/{}", one.pod)?,
            Some(_) => {}
        }
        shown.push(one);
    }
    streams.structured(options.output, "IsolatedPodDetailList", &shown)?;
    Ok(())
}

impl Shown {
    fn new(context: &str, state: &State, pod: &Pod, record: &Record, events: &[Event]) -> Self {
        let now = own_labels(pod);
        let gone = record.labels.iter().filter(|(key, _)| !now.contains_key(*key));
        let replacement = match replacement::look(state, record) {
            _ if record.traffic_only => None,
            Replacement::Whole { words, .. } => Some(words),
            Replacement::Missing(missing) => Some(format!("missing: {missing}")),
        };
        let last = events.iter().skip(events.len().saturating_sub(EVENTS_SHOWN));
        Self {
            pod: pod.metadata.name.clone(),
            namespace: state.survey.namespace.clone(),
            context: context.to_owned(),
            state: record.state(pod),
            owner: record.owner.clone(),
            workload: record.workload.clone(),
            by: record.by.clone(),
            at: record.at,
            reason: record.reason.clone(),
            until: record.until,
            traffic_only: record.traffic_only,
            services: state.services_of(&record.labels).into_iter().map(str::to_owned).collect(),
            sending: state.slices_sending_to(pod),
            dropped_labels: gone.map(|(key, value)| (key.clone(), value.clone())).collect(),
            replacement,
            ready: pod.is_ready(),
            node: pod.node().map(str::to_owned),
            addresses: pod.addresses(),
            restarts: pod.restarts(),
            restarts_before: record.restarts,
            containers: clocks_of(state, events),
            quarantine: Cut::of(state, record),
            rejoin: undo::harm(state, record).map_or("yes".to_owned(), |harm| format!("no: {harm}")),
            events: last.map(Told::from).collect(),
        }
    }

    fn print(&self, state: &State, events_are_known: bool, streams: &mut Streams) -> Result<(), Failure> {
        let now = state.survey.now;
        let since = age(now.duration_since(self.at).as_secs());
        let place = format!("{}/{}", self.context, self.namespace);
        streams.tell(&format!("pod/{} in {place}, isolated {since} ago by {}", self.pod, self.by), 2)?;
        let mut row = |heading: &str, text: &str| {
            streams.tell(&format!("{heading:<width$}{text}", width = HEADING), HEADING)
        };
        row("reason", self.reason.as_deref().unwrap_or("none was given"))?;
        row("state", &self.state_in_words())?;
        row("traffic", &self.traffic(state))?;
        row("labels", &self.labels())?;
        if let Some(replacement) = &self.replacement {
            row("replacement", replacement)?;
        }
        row("pod", &self.scene())?;
        for clock in &self.containers {
            row(&clock.container, &container(clock, now))?;
        }
        if let Some(until) = self.until {
            let over = expiry(until, now);
            row("time", &format!("over {over} ({until}): `cleanup --expired` deletes it from then on"))?;
        }
        if let Some(cut) = &self.quarantine {
            row("quarantine", &cut.in_words())?;
        }
        row("put back", &self.rejoin)?;
        if !events_are_known {
            row("events", "you may not list them")?;
        }
        for (index, event) in self.events.iter().enumerate() {
            let heading = if index == 0 { "events" } else { "" };
            let ago = age(now.duration_since(event.last).as_secs());
            let times = if event.count > 1 { format!(" x{}", event.count) } else { String::new() };
            row(heading, &format!("{ago} ago  {}{times}: {}", event.reason, event.message))?;
        }
        Ok(())
    }

    fn state_in_words(&self) -> String {
        let owner = match &self.workload {
            Some(workload) => format!("{workload} ({})", self.owner),
            None => self.owner.to_string(),
        };
        match self.state {
            "half" => format!("half: out of {owner}, and still in traffic"),
            "whole" => format!("whole: out of {owner} and of all traffic"),
            "traffic-only" => format!("traffic-only: out of traffic; {owner} keeps it"),
            "rejoining" => format!("rejoining: on its way back to {owner}"),
            "terminating" => "terminating: it is being deleted".to_owned(),
            other => format!("{other}: {owner} has it again, and our marks are still there"),
        }
    }

    fn traffic(&self, state: &State) -> String {
        let services = match self.services.as_slice() {
            [] => "no Service".to_owned(),
            some => format!("Service {}", some.join(", ")),
        };
        format!("{}; it was in {services}", silence(state, &self.sending))
    }

    fn labels(&self) -> String {
        let pairs: Vec<_> = self.dropped_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if pairs.is_empty() { "as they were".to_owned() } else { format!("without {}", pairs.join(", ")) }
    }

    fn scene(&self) -> String {
        let ready = if self.ready { "Ready" } else { "not Ready" };
        let node = self.node.as_deref().unwrap_or("no node");
        let since = match self.restarts_before {
            Some(before) if before < self.restarts => {
                format!(", {} since it was isolated", self.restarts - before)
            }
            Some(_) if self.restarts > 0 => ", none since it was isolated".to_owned(),
            _ => String::new(),
        };
        let restarts = counted(usize::try_from(self.restarts).unwrap_or_default(), "restart");
        format!("{ready}, on {node}, {}; {restarts}{since}", self.addresses.join(", "))
    }
}

fn container(clock: &Clock, now: Timestamp) -> String {
    let running = clock.running_since.map(|since| age(now.duration_since(since).as_secs()));
    let state = match running {
        Some(time) => format!("running for {time}"),
        None => clock.state.clone(),
    };
    let probe = clock.in_words(now).unwrap_or_else(|| "no probe restarts it".to_owned());
    format!("{}, {state}, {}; {probe}", clock.image, clock.restarts_in_words())
}

impl From<&Event> for Told {
    fn from(event: &Event) -> Self {
        Self {
            last: event.last,
            count: event.count,
            r#type: event.r#type.clone(),
            reason: event.reason.clone(),
            message: event.message.clone(),
        }
    }
}

fn suggest(
    state: &State,
    pod: &Pod,
    record: &Record,
    flags: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let Some(spec) = &state.subject.spec else { return Ok(()) };
    writeln!(streams.out)?;
    for line in next_steps(pod, spec, record, flags, undo::harm(state, record).is_none()) {
        writeln!(streams.out, "{line}")?;
    }
    Ok(())
}
