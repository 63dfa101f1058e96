//! Follows what is under way to its end.

mod again;
mod pod;
mod workload;

use std::collections::BTreeSet;
use std::time::Duration;

use drover::cli::{Cancel, Failure, Region, Streams};
use drover::cluster::{Change, Cluster, ClusterError, ErrorKind, Followed};
use futures::StreamExt;
use jiff::Timestamp;
use tokio::time::{Instant, interval, sleep_until};

use crate::report::{self, Screen};
use crate::trace::Trace;

use again::{Reading, read_again};
pub use pod::OnePod;
pub use workload::OneWorkload;

/// What is under way is drawn again so often, though nothing happens.
const FRAME: Duration = Duration::from_millis(250);

/// What is followed, and what is known of it.
pub trait Subject {
    /// Reads all of it, once more where it was read before; gives what follows it from there on.
    async fn read(&mut self, cluster: &Cluster) -> Result<Vec<Followed>, Failure>;
    /// Causes what is to be followed, once all is known of how it was before; whether it did.
    async fn cause(&mut self, cluster: &Cluster) -> Result<bool, Failure>;
    fn learn(&mut self, change: Change);
    /// Time goes by.
    fn pass(&mut self, now: Timestamp);
    /// What is known; nothing as long as nothing happens.
    fn trace(&self) -> Option<Trace>;
    /// Whether nothing more is to come.
    fn is_over(&self) -> bool;
    /// Why it can't succeed any more by itself.
    fn hopeless(&self) -> Option<String>;
    /// What may have been missed.
    fn note(&mut self, gap: String);
    /// Reads what others wrote down of it meanwhile.
    async fn conclude(&mut self, cluster: &Cluster);
}

/// How it ended.
pub enum Ending {
    /// Nothing more is to come.
    Over,
    Failed(String),
    TimedOut,
    Cancelled,
}

/// Follows it to its end, and shows it meanwhile. `again` is the command that follows what was caused already.
pub async fn follow(
    cluster: &Cluster,
    subject: &mut impl Subject,
    timeout: Duration,
    again: &str,
    streams: &mut Streams,
) -> Result<Ending, Failure> {
    let followed = subject.read(cluster).await?;
    let is_caused = subject.cause(cluster).await?;
    let cancel = Cancel::on_signal();
    let ending = to_its_end(cluster, subject, followed, timeout, &cancel, streams).await;
    ending.map_err(|failure| match is_caused {
        true => failure.hint(format!("it goes on all the same; follow it:  {again}")),
        false => failure,
    })
}

/// Reads it, as often as it takes, and follows it from there on to its end, or until the person wants to stop.
pub async fn from_now_on(
    cluster: &Cluster,
    subject: &mut impl Subject,
    timeout: Duration,
    cancel: &Cancel,
    streams: &mut Streams,
) -> Result<Ending, Failure> {
    let followed = match subject.read(cluster).await {
        Err(failure) if failure.is_transient() => {
            match read_again(cluster, subject, Instant::now() + timeout, cancel).await? {
                Reading::Done(followed) => followed,
                Reading::GivenUp(ending) => return Ok(ending),
            }
        }
        followed => followed?,
    };
    to_its_end(cluster, subject, followed, timeout, cancel, streams).await
}

async fn to_its_end(
    cluster: &Cluster,
    subject: &mut impl Subject,
    mut followed: Vec<Followed>,
    timeout: Duration,
    cancel: &Cancel,
    streams: &mut Streams,
) -> Result<Ending, Failure> {
    let deadline = Instant::now() + timeout;
    let mut view = View {
        place: format!("{}/{}", cluster.context, cluster.namespace),
        region: Region::default(),
        told: BTreeSet::new(),
        streams,
    };
    loop {
        let ending = match until_broken(cluster, &followed, subject, &mut view, deadline, cancel).await {
            Ok(None) => match read_again(cluster, subject, deadline, cancel).await {
                Ok(Reading::Done(read)) => {
                    followed = read;
                    continue;
                }
                Ok(Reading::GivenUp(ending)) => Ok(ending),
                Err(failure) => Err(failure),
            },
            Ok(Some(ending)) => Ok(ending),
            Err(failure) => Err(failure),
        };
        // Nothing may have happened for a while.
        subject.pass(cluster.now());
        view.clear()?;
        return ending;
    }
}

/// Until it is over, or none where the watches broke.
async fn until_broken(
    cluster: &Cluster,
    followed: &[Followed],
    subject: &mut impl Subject,
    view: &mut View<'_>,
    deadline: Instant,
    cancel: &Cancel,
) -> Result<Option<Ending>, Failure> {
    let mut changes = cluster.follow(followed);
    let mut frames = interval(FRAME);
    loop {
        subject.pass(cluster.now());
        view.show(subject)?;
        if let Some(why) = subject.hopeless() {
            return Ok(Some(Ending::Failed(why)));
        }
        if subject.is_over() {
            return Ok(Some(Ending::Over));
        }
        tokio::select! {
            () = cancel.requested() => return Ok(Some(Ending::Cancelled)),
            () = sleep_until(deadline) => return Ok(Some(Ending::TimedOut)),
            change = changes.next() => match change {
                Some(Ok(change)) => subject.learn(change),
                Some(Err(error)) if may_pass(&error) => {
                    subject.note(gap(&error, cluster.now()));
                    return Ok(None);
                }
                Some(Err(error)) => return Err(error.into()),
                // Of what is gone nothing is followed.
                None => return Ok(Some(Ending::Over)),
            },
            _ = frames.tick(), if view.is_live() => {}
        }
    }
}

fn may_pass(error: &ClusterError) -> bool {
    error.is_transient() || error.kind == ErrorKind::Expired
}

fn gap(error: &ClusterError, now: Timestamp) -> String {
    let at = clock(now);
    format!("the watch broke at {at} ({error}): what was only to be seen then is missing")
}

fn clock(time: Timestamp) -> String {
    time.strftime("%H:%M:%S").to_string()
}

/// How it is shown meanwhile.
struct View<'a> {
    place: String,
    region: Region,
    /// What was said already, where nothing is drawn.
    told: BTreeSet<String>,
    streams: &'a mut Streams,
}

impl View<'_> {
    fn is_live(&self) -> bool {
        self.streams.err_is_terminal
    }

    fn show(&mut self, subject: &impl Subject) -> Result<(), Failure> {
        let Some(trace) = subject.trace() else { return Ok(()) };
        if self.is_live() {
            let (width, height) = Region::size();
            let screen = Screen { width: Some(width), height: Some(height), colour: self.streams.colour };
            let lines = report::waterfall_lines(&trace, &self.place, &screen);
            return Ok(self.region.draw(&lines, self.streams)?);
        }
        for step in &trace.steps {
            if self.told.insert(format!("{:?} {:?}", step.what, step.container)) {
                self.streams.say(&report::headline(step), 2)?;
            }
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Failure> {
        if self.is_live() {
            self.region.clear(self.streams)?;
        }
        Ok(())
    }
}
