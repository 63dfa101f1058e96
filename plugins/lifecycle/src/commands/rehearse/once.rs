//! One run: a clone from its creation until it is gone.

use std::time::Duration;

use crate::args::RehearseOptions;
use crate::commands::cleanup::{AGAIN, remove};
use crate::commands::follow::{Ending, OnePod, Subject, from_now_on};
use crate::observe;
use crate::rehearsal::Run;
use crate::rehearsal::clone::{ANNOTATION, Clone, Record, delete, in_the_way};
use drover::change::{Applied, apply};
use drover::cli::{Cancel, Failure, Streams};
use drover::cluster::Cluster;
use drover::model::object::Metadata;
use serde::Deserialize;
use serde_json::Value;

/// What a pod may take to go beside its grace period: the kubelet's floor, and its reports.
const SPARE: Duration = Duration::from_secs(60);

/// How often the name may have been taken meanwhile, and be free again.
const TRIES: u32 = 3;

pub struct Once<'a> {
    pub cluster: &'a Cluster,
    pub clone: &'a Clone,
    pub options: &'a RehearseOptions,
    pub manager: &'a str,
    pub cancel: &'a Cancel,
}

/// A run that did not come to its end: what is known of it, and why.
pub struct Unfinished {
    pub run: Option<Box<Run>>,
    pub failure: Failure,
}

impl From<Failure> for Unfinished {
    fn from(failure: Failure) -> Self {
        Self { run: None, failure }
    }
}

impl Once<'_> {
    /// Makes the clone, waits until it is ready, deletes it and waits until it is gone. Whatever happens on the way,
    /// it is deleted.
    pub async fn run(&self, streams: &mut Streams) -> Result<Run, Unfinished> {
        let uid = self.create(streams).await?;
        let mut pod = OnePod::rehearsed(self.clone.target.clone());
        let started = self.start(&mut pod, streams).await;
        let ready = pod.seen().cloned();
        let gone = match &started {
            Ok(_) => self.shut_down(&mut pod, &uid, streams).await,
            Err(_) => Err(Failure::new("it was not followed")),
        };
        // What could not be followed is deleted all the same.
        let removed = match &gone {
            Ok(()) => Ok(()),
            Err(_) => self.remove(streams).await,
        };
        pod.conclude(self.cluster).await;
        let run = pod.into_record().map(|record| Box::new(Run::of(record, ready)));
        let target = &self.clone.target;
        let failure = match (started, gone) {
            (Err(failure), _) | (Ok(Ending::Over), Err(failure)) => failure.about(&target.to_string()),
            (Ok(ending), _) => match self.why(ending) {
                Some(failure) => failure,
                None => {
                    return run
                        .map(|run| *run)
                        .ok_or_else(|| Failure::new(format!("{target}: nothing is known of it")).into());
                }
            },
        };
        Err(Unfinished { run, failure: self.with_what_is_left(failure, removed) })
    }

    async fn create(&self, streams: &mut Streams) -> Result<String, Failure> {
        let target = &self.clone.target;
        for _ in 0..TRIES {
            match apply(self.cluster, &self.clone.create(), self.manager, None).await {
                Ok(Applied::Done(made)) => {
                    let made = made.unwrap_or_default();
                    return Ok(made["metadata"]["uid"].as_str().unwrap_or_default().to_owned());
                }
                // What was in the way may be gone since.
                Ok(Applied::Overtaken) => {
                    if let Some(found) = self.cluster.get_optional::<Value>(target).await? {
                        return Err(self.taken(&found));
                    }
                }
                // It may be there all the same.
                Err(error) => {
                    let removed = self.remove(streams).await;
                    return Err(
                        self.with_what_is_left(Failure::from(error).about(&target.to_string()), removed)
                    );
                }
            }
        }
        Err(Failure::new(format!("{target}: others keep making a pod of that name")))
    }

    /// Another pod has the name: who made it is said where it is a clone.
    fn taken(&self, found: &Value) -> Failure {
        let target = &self.clone.target;
        let record =
            Metadata::deserialize(&found["metadata"]).ok().and_then(|metadata| Record::of(&metadata));
        match record {
            Some(record) => in_the_way(target, &record),
            None => Failure::new(format!("{target} is there already, and no clone"))
                .hint("give it another name, or delete it yourself"),
        }
    }

    async fn start(&self, pod: &mut OnePod, streams: &mut Streams) -> Result<Ending, Failure> {
        from_now_on(self.cluster, pod, self.options.timeout, self.cancel, streams).await
    }

    async fn shut_down(&self, pod: &mut OnePod, uid: &str, streams: &mut Streams) -> Result<(), Failure> {
        pod.shuts_down();
        apply(self.cluster, &delete(&self.clone.target, uid), self.manager, None).await?;
        let timeout = Duration::from_secs(self.clone.grace_seconds()) + SPARE;
        // A person who wants to stop wants no clone to remain.
        match from_now_on(self.cluster, pod, timeout, &Cancel::never(), streams).await? {
            Ending::Over => Ok(()),
            _ => Err(Failure::new("it was not gone in time")),
        }
    }

    /// Deletes the clone of this very run, if it is there, and waits until it is gone.
    async fn remove(&self, streams: &mut Streams) -> Result<(), Failure> {
        let target = &self.clone.target;
        let mut clones =
            observe::clones(self.cluster, target.namespace.as_deref(), Some(&target.name)).await?;
        clones.pods.retain(|(_, record)| record.as_ref() == self.mark().as_ref());
        let timeout = Duration::from_secs(self.clone.grace_seconds()) + SPARE;
        remove(self.cluster, clones, timeout, self.manager, &Cancel::never(), streams).await
    }

    /// Why a start did not come to its end; nothing where it did.
    fn why(&self, ending: Ending) -> Option<Failure> {
        let target = &self.clone.target;
        let options = self.options;
        match ending {
            Ending::Over => None,
            Ending::Failed(why) => Some(Failure::new(format!("{target} did not become ready: {why}"))),
            Ending::TimedOut => Some(
                Failure::new(format!("{target} was not ready within {:?}", options.timeout))
                    .hint("if it takes longer:  the same command with a longer --timeout"),
            ),
            Ending::Cancelled => Some(Failure::new(format!("{target}: stopped before it was ready"))),
        }
    }

    fn mark(&self) -> Option<Record> {
        let text = self.clone.body["metadata"]["annotations"][ANNOTATION].as_str()?;
        serde_json::from_str(text).ok()
    }

    fn with_what_is_left(&self, failure: Failure, removed: Result<(), Failure>) -> Failure {
        match removed {
            Ok(()) => failure,
            Err(left) => failure
                .hint(format!("{} may be there still: {}", self.clone.target, left.message))
                .hint(format!("delete it:  {AGAIN} -n {}", self.cluster.namespace)),
        }
    }
}
