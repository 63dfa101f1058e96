//! One pod, as it starts or shuts down.

use drover::cli::Failure;
use drover::cluster::{Change, Cluster, Followed};
use drover::model::event::FetchedEvent;
use drover::model::object::{ENDPOINT_SLICES, EVENTS, ObjectRef, PODS};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde::Deserialize;
use serde_json::Value;

use super::Subject;
use crate::commands::trigger::{evict, need};
use crate::observe;
use crate::trace::{Moment, Phase, Record, Trace, hopeless, is_over, learned, trace, under_way};

/// What is known of a pod, and which phase of it is meant.
pub struct OnePod {
    pod: ObjectRef,
    /// What was asked for.
    asked: Option<Phase>,
    /// None until something happens.
    phase: Option<Phase>,
    record: Option<Record>,
    cause: Cause,
}

/// What becomes of it first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Nothing of ours.
    None,
    Evicted,
    /// It is ours, and was made or deleted already.
    Rehearsed,
}

impl OnePod {
    pub fn new(pod: ObjectRef, asked: Option<Phase>) -> Self {
        // A start may be over already; a shutdown is waited for.
        let phase = asked.filter(|asked| *asked == Phase::Start);
        Self { pod, asked, phase, record: None, cause: Cause::None }
    }

    /// One that is evicted.
    pub fn evicted(pod: ObjectRef) -> Self {
        Self { cause: Cause::Evicted, ..Self::new(pod, Some(Phase::Shutdown)) }
    }

    /// A clone that was made just now: its start is followed, then its shutdown.
    pub fn rehearsed(pod: ObjectRef) -> Self {
        Self { cause: Cause::Rehearsed, ..Self::new(pod, Some(Phase::Start)) }
    }

    /// Its deletion was asked for.
    pub fn shuts_down(&mut self) {
        (self.asked, self.phase) = (Some(Phase::Shutdown), Some(Phase::Shutdown));
    }

    /// It as it was last seen.
    pub fn seen(&self) -> Option<&Pod> {
        self.record.as_ref()?.pod.as_ref()
    }

    /// All that is known of it.
    pub fn into_record(self) -> Option<Record> {
        self.record
    }
}

impl Subject for OnePod {
    async fn read(&mut self, cluster: &Cluster) -> Result<Vec<Followed>, Failure> {
        let (read, followed) = observe::begin(cluster, &self.pod).await?;
        match &mut self.record {
            None => self.record = Some(read),
            Some(record) => record.learn_again(read, cluster.now()),
        }
        Ok(followed)
    }

    async fn conclude(&mut self, cluster: &Cluster) {
        if let Some(record) = &mut self.record {
            observe::learn_last_events(cluster, record).await;
            observe::learn_cause(cluster, record).await;
            observe::learn_logs(cluster, record).await;
        }
    }

    async fn cause(&mut self, cluster: &Cluster) -> Result<bool, Failure> {
        let is_evicted = self.cause == Cause::Evicted;
        if is_evicted {
            need(cluster, &[PODS, EVENTS, ENDPOINT_SLICES].map(|resource| ("watch", resource))).await?;
            evict(cluster, &self.pod).await?;
        }
        Ok(is_evicted)
    }

    fn learn(&mut self, change: Change) {
        let Some(record) = &mut self.record else { return };
        let Change { resource, gone, object, at, unheard_since } = change;
        let learned = learned(at, unheard_since);
        match resource {
            EVENTS if gone => {}
            EVENTS => learn_event(record, &object),
            ENDPOINT_SLICES => {
                record.heard_of_slices = at;
                learn_slice(record, &object, gone, learned);
            }
            _ => {
                record.heard_of_pod = at;
                learn_pod(record, &object, gone, learned);
            }
        }
    }

    fn pass(&mut self, now: Timestamp) {
        if let Some(record) = &mut self.record {
            record.pass(now);
            self.phase = self
                .phase
                .or_else(|| under_way(record).filter(|phase| self.asked.is_none_or(|asked| asked == *phase)));
        }
    }

    fn trace(&self) -> Option<Trace> {
        trace(self.record.as_ref()?, Some(self.phase?))
    }

    fn is_over(&self) -> bool {
        let known = self.record.as_ref().zip(self.phase);
        known.is_some_and(|(record, phase)| {
            is_over(record, phase)
                && (self.cause == Cause::None || phase == Phase::Start || record.is_going())
        })
    }

    fn hopeless(&self) -> Option<String> {
        let record = self.record.as_ref().filter(|_| self.phase == Some(Phase::Start))?;
        // What others made may be meant to end.
        let ended = || record.ended_early().filter(|_| self.cause == Cause::Rehearsed);
        hopeless(record).or_else(ended)
    }

    fn note(&mut self, gap: String) {
        if let Some(record) = &mut self.record {
            record.gaps.push(gap);
        }
    }
}

fn learn_event(record: &mut Record, object: &Value) {
    let event = FetchedEvent::deserialize(object).ok().and_then(FetchedEvent::read);
    // Another pod may have had the same name.
    if let Some(event) = event.filter(|event| event.object_uid == record.uid()) {
        record.learn_event(event);
    }
}

fn learn_slice(record: &mut Record, object: &Value, gone: bool, learned: Moment) {
    if let Ok(slice) = EndpointSlice::deserialize(object) {
        let uid = record.uid().to_owned();
        record.sightings.see_slice(&slice, gone, &uid, learned);
    }
}

fn learn_pod(record: &mut Record, object: &Value, gone: bool, learned: Moment) {
    let pod = Pod::deserialize(object).ok();
    let Some(pod) = pod.filter(|pod| pod.metadata.uid.as_deref() == Some(record.uid())) else { return };
    record.learn_pod(pod, learned);
    if gone {
        record.sightings.see_end(learned);
    }
}
