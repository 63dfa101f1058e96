//! Follows a start or shutdown to its end.

use std::collections::BTreeSet;
use std::time::Duration;

use drover::cli::{Cancel, Failure, Region, Streams};
use drover::cluster::{Change, Cluster, ClusterError, ErrorKind, Followed};
use drover::model::event::FetchedEvent;
use drover::model::object::{ENDPOINT_SLICES, EVENTS, ObjectRef};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde::Deserialize;
use tokio::time::{Instant, interval, sleep, sleep_until};

use crate::args::TraceArgs;
use crate::observe;
use crate::report::{self, Screen};
use crate::trace::{BEHIND, Moment, Phase, Record, hopeless, is_over, trace, under_way};

/// What is under way is drawn again so often, though nothing happens.
const FRAME: Duration = Duration::from_millis(250);

/// The pause after a watch broke, so that a server that refuses every watch is not flooded.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// How it ended.
pub enum Ending {
    /// Nothing more is to come.
    Over,
    Failed(String),
    TimedOut,
    Cancelled,
}

/// Follows the pod; what is known at the end, with the phase.
pub async fn follow(
    cluster: &Cluster,
    pod: &ObjectRef,
    arguments: &TraceArgs,
    streams: &mut Streams,
) -> Result<(Record, Phase, Ending), Failure> {
    let cancel = Cancel::on_signal();
    let deadline = Instant::now() + arguments.timeout;
    let (record, mut followed) = observe::begin(cluster, pod).await?;
    let mut view = View::new(cluster, record, arguments.phase(), streams);
    loop {
        match view.until_broken(cluster, &followed, deadline, &cancel).await? {
            Some(ending) => {
                view.clear()?;
                let phase = view.phase.or(view.asked).unwrap_or(Phase::Start);
                return Ok((view.record, phase, ending));
            }
            None => followed = view.read_anew(cluster, pod).await?,
        }
    }
}

/// What is known, and how it is shown meanwhile.
struct View<'a> {
    record: Record,
    /// What was asked for.
    asked: Option<Phase>,
    /// None until something happens.
    phase: Option<Phase>,
    place: String,
    region: Region,
    /// What was said already, where nothing is drawn.
    told: BTreeSet<String>,
    streams: &'a mut Streams,
}

impl<'a> View<'a> {
    fn new(cluster: &Cluster, record: Record, asked: Option<Phase>, streams: &'a mut Streams) -> Self {
        // A start may be over already; a shutdown is waited for.
        let phase = asked.filter(|asked| *asked == Phase::Start);
        let place = format!("{}/{}", cluster.context, cluster.namespace);
        Self { record, asked, phase, place, region: Region::default(), told: BTreeSet::new(), streams }
    }

    /// Until it is over, or none where the watches broke.
    async fn until_broken(
        &mut self,
        cluster: &Cluster,
        followed: &[Followed],
        deadline: Instant,
        cancel: &Cancel,
    ) -> Result<Option<Ending>, Failure> {
        let mut changes = cluster.follow(followed);
        let mut frames = interval(FRAME);
        loop {
            self.record.now = cluster.now();
            self.phase = self.phase.or_else(|| self.begun());
            self.show()?;
            if let Some(phase) = self.phase {
                if is_over(&self.record, phase) {
                    return Ok(Some(Ending::Over));
                }
                if let Some(why) = hopeless(&self.record).filter(|_| phase == Phase::Start) {
                    return Ok(Some(Ending::Failed(why)));
                }
            }
            tokio::select! {
                () = cancel.requested() => return Ok(Some(Ending::Cancelled)),
                () = sleep_until(deadline) => return Ok(Some(Ending::TimedOut)),
                change = changes.next() => match change {
                    Some(Ok(change)) => self.learn(change),
                    Some(Err(error)) if may_pass(&error) => {
                        self.note_gap(&error);
                        return Ok(None);
                    }
                    Some(Err(error)) => return Err(error.into()),
                    None => return Ok(Some(Ending::Over)),
                },
                _ = frames.tick(), if self.streams.err_is_terminal => {}
            }
        }
    }

    /// What is under way, as far as it was asked for.
    fn begun(&self) -> Option<Phase> {
        under_way(&self.record).filter(|phase| self.asked.is_none_or(|asked| asked == *phase))
    }

    fn learn(&mut self, change: Change) {
        let Change { resource, gone, object, at } = change;
        match resource {
            EVENTS if !gone => {
                let event = FetchedEvent::deserialize(object).ok().and_then(FetchedEvent::read);
                let ours = event.filter(|event| event.object_uid == self.record.uid());
                ours.into_iter().for_each(|event| self.record.learn_event(event));
            }
            ENDPOINT_SLICES => {
                if let Ok(slice) = EndpointSlice::deserialize(object) {
                    let uid = self.record.uid().to_owned();
                    self.record.sightings.see_slice(&slice, gone, &uid, at);
                }
            }
            EVENTS => {}
            _ => {
                let Ok(pod) = Pod::deserialize(object) else { return };
                // Another of the same name is none of ours.
                if pod.metadata.uid.as_deref() == Some(self.record.uid()) {
                    self.record.learn_pod(pod, at);
                    if gone {
                        self.record.sightings.see_end(at);
                    }
                }
            }
        }
    }

    fn note_gap(&mut self, error: &ClusterError) {
        let at = self.record.now.strftime("%H:%M:%S");
        self.record
            .gaps
            .push(format!("the watch broke at {at} ({error}): what was only to be seen then is missing"));
    }

    /// Reads all once more, for as long as that takes.
    async fn read_anew(&mut self, cluster: &Cluster, pod: &ObjectRef) -> Result<Vec<Followed>, Failure> {
        sleep(PAUSE_AFTER_ERROR).await;
        let (record, followed) = observe::begin(cluster, pod).await?;
        let at = cluster.now();
        match record.pod {
            Some(pod) if pod.metadata.uid.as_deref() == Some(self.record.uid()) => {
                self.record.learn_pod(pod, at)
            }
            _ => self.record.sightings.see_end(at),
        }
        let unseen = Moment::between(self.record.now - BEHIND, at + BEHIND);
        self.record.sightings.know_again(record.sightings, unseen);
        record.events.into_iter().for_each(|event| self.record.learn_event(event));
        Ok(followed)
    }

    fn show(&mut self) -> Result<(), Failure> {
        let Some(trace) = self.phase.and_then(|phase| trace(&self.record, Some(phase))) else {
            return Ok(());
        };
        if self.streams.err_is_terminal {
            let screen = Screen { width: Some(Region::width()), colour: self.streams.colour };
            let lines = report::waterfall_lines(&trace, &self.place, &screen);
            return Ok(self.region.draw(&lines, self.streams)?);
        }
        for step in &trace.steps {
            let key = format!("{:?}{:?}", step.what, step.container);
            if self.told.insert(key) {
                self.streams.say(&report::headline(step), 2)?;
            }
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Failure> {
        if self.streams.err_is_terminal {
            self.region.clear(self.streams)?;
        }
        Ok(())
    }
}

fn may_pass(error: &ClusterError) -> bool {
    error.is_transient() || error.kind == ErrorKind::Expired
}
