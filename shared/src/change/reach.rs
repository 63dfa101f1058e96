//! The engine: observe, decide, write or wait, again, until there is nothing left to do.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::ready;
use std::pin::pin;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use super::Lock;
use super::apply::{Applied, apply};
use super::plan::{Plan, Step};
use crate::cli::{Cancel, Progress};
use crate::cluster::{Change, Cluster, ClusterError, ErrorKind};

/// While waiting, all is read anew this often, so that a watch that went silent costs seconds only.
const RESYNC: Duration = Duration::from_secs(20);

/// The pause after a watch failed, so that a server that refuses every watch is not flooded.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// How often the elapsed time on a terminal is redrawn.
const REDRAW: Duration = Duration::from_millis(100);

/// More writes of one object than any plan needs: reaching it means that somebody undoes what we do.
const MOST_WRITES: u32 = 20;

/// How many writes that do not depend on each other are under way at once.
const AT_ONCE: usize = 8;

/// What one run needs beside the plan.
pub struct Run<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// Who the fields belong to afterwards.
    pub field_manager: &'a str,
    /// Set when the person wants to stop.
    pub cancel: &'a Cancel,
    /// How long all waits together may take.
    pub timeout: Duration,
    /// What must be ours whenever something is written, where several could be at work.
    pub lock: Option<&'a Lock>,
}

/// How a run ended; in each case with the state last observed.
#[derive(Debug)]
pub enum Ending<S> {
    /// The plan is empty on a fresh observation: what it promises was read back.
    Reached(S),
    /// The time was up; the plan's wait says what was missing.
    TimedOut(S, Plan),
    /// The person stopped it between two steps.
    Cancelled(S, Plan),
}

/// What woke a wait.
enum Woken {
    Changed(Change),
    /// It is as late as the wait wants it to be.
    Late,
    ReadAnew,
    TimedOut,
    Cancelled,
}

/// Runs until the plan is empty.
///
/// `observe` reads all that `decide` needs (with the state before it, which tells names that need
/// not be looked up again), `update` puts one followed change, or the object that a write gave
/// back, into the state, and `decide` plans.
///
/// # Errors
/// Whatever `decide` says, reads that failed until the time was up, and writes that failed for good.
pub async fn reach<S, E>(
    run: &Run<'_>,
    first: S,
    observe: impl AsyncFn(&S) -> Result<S, ClusterError>,
    update: impl Fn(&mut S, &Change),
    decide: impl Fn(&S) -> Result<Plan, E>,
    progress: &mut Progress<'_>,
) -> Result<Ending<S>, E>
where
    E: From<ClusterError>,
{
    let deadline = Instant::now() + run.timeout;
    let mut state = first;
    // Only what was read as a whole may lead to a write or to success: changes that were followed
    // one by one can be partial.
    let mut fresh = true;
    let mut writes = Writes::default();
    let mut following = None;
    // When all is read anew, however many changes come in before.
    let mut look_again: Option<Instant> = None;
    loop {
        let plan = decide(&state)?;
        progress.show(&plan.stages);
        if !plan.now.is_empty() {
            if run.cancel.is_requested() {
                return Ok(Ending::Cancelled(state, plan));
            }
            if fresh || plan.followed_suffices {
                following = None;
                fresh = false;
                if write_all(run, &plan, &mut writes, |change| update(&mut state, change)).await? {
                    state = observe_patiently(run, &state, &observe, deadline).await?;
                    fresh = true;
                }
                continue;
            }
        } else if let Some(wait) = &plan.wait {
            let stream = following.get_or_insert_with(|| run.cluster.follow(&wait.followed));
            let late = wait.wake_after.map(|after| Instant::now() + after);
            let due = Instant::now() + RESYNC;
            let due = *look_again.insert(look_again.map_or(due, |earlier| earlier.min(due)));
            let woken = loop {
                tokio::select! {
                    change = stream.next() => break match change {
                        Some(Ok(change)) => Woken::Changed(change),
                        // Too old, or the connection broke: what is there now decides.
                        Some(Err(error)) if may_pass(&error) => {
                            tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                            Woken::ReadAnew
                        }
                        Some(Err(error)) => return Err(error.into()),
                        None => Woken::ReadAnew,
                    },
                    () = run.cancel.requested() => break Woken::Cancelled,
                    () = sleep_until(deadline) => break Woken::TimedOut,
                    () = sleep_until(due) => break Woken::ReadAnew,
                    () = sleep_until(late.unwrap_or(deadline)), if late.is_some() => break Woken::Late,
                    () = tokio::time::sleep(REDRAW), if progress.is_live() => progress.redraw(),
                }
            };
            match woken {
                Woken::Changed(change) => {
                    update(&mut state, &change);
                    fresh = false;
                    continue;
                }
                Woken::Late => {
                    update(&mut state, &Change::of_time(run.cluster.now()));
                    fresh = false;
                    continue;
                }
                Woken::ReadAnew => {}
                Woken::TimedOut => return Ok(Ending::TimedOut(state, plan)),
                Woken::Cancelled => return Ok(Ending::Cancelled(state, plan)),
            }
        } else if fresh || plan.followed_suffices {
            return Ok(Ending::Reached(state));
        }
        state = observe_patiently(run, &state, &observe, deadline).await?;
        fresh = true;
        following = None;
        look_again = None;
    }
}

/// How often each object was written, by its path.
#[derive(Default)]
struct Writes(BTreeMap<String, u32>);

impl Writes {
    fn count(&mut self, step: &Step) -> Result<(), ClusterError> {
        let count = self.0.entry(step.write.target.path()).or_default();
        *count += 1;
        if *count > MOST_WRITES { Err(ClusterError::overruled(&step.write.target)) } else { Ok(()) }
    }
}

/// Writes what the plan says is to be written now; whether some of it was overtaken. What does not
/// depend on each other goes at once, and none of it begins any more once the person wants to stop.
async fn write_all(
    run: &Run<'_>,
    plan: &Plan,
    writes: &mut Writes,
    mut update: impl FnMut(&Change),
) -> Result<bool, ClusterError> {
    for step in &plan.now {
        writes.count(step)?;
    }
    let at_once = if plan.together { AT_ONCE } else { 1 };
    // What is under way is never dropped: after a failure no more is begun.
    let stop = Cell::new(false);
    let begun = stream::iter(&plan.now)
        .take_while(|_| {
            let is_unwanted = plan.together && run.cancel.is_requested();
            ready(!stop.get() && !is_unwanted)
        })
        .map(async |step| (step, apply(run.cluster, step, run.field_manager, run.lock).await));
    let mut answers = pin!(begun.buffered(at_once));
    let (mut overtaken, mut failed) = (false, None);
    while let Some((step, applied)) = answers.next().await {
        match applied {
            Ok(Applied::Done(Some(object))) => {
                let (resource, at) = (step.write.target.resource, run.cluster.now());
                update(&Change { resource, gone: false, object, at, unheard_since: None });
            }
            Ok(Applied::Done(None)) => {}
            Ok(Applied::Overtaken) => overtaken = true,
            Err(error) => failed = failed.or(Some(error)),
        }
        stop.set(overtaken || failed.is_some());
    }
    failed.map_or(Ok(overtaken), Err)
}

/// Reads all anew; a server that does not answer for a while is asked until the time is up, since
/// what was begun is better finished than reported.
async fn observe_patiently<S>(
    run: &Run<'_>,
    state: &S,
    observe: &impl AsyncFn(&S) -> Result<S, ClusterError>,
    deadline: Instant,
) -> Result<S, ClusterError> {
    loop {
        match observe(state).await {
            Err(error) if may_pass(&error) && Instant::now() < deadline && !run.cancel.is_requested() => {
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            }
            result => return result,
        }
    }
}

fn may_pass(error: &ClusterError) -> bool {
    error.is_transient() || error.kind == ErrorKind::Expired
}
