//! A plan carried out before a person's eyes.

use super::reach::{Ending, Run, reach};
use super::{Plan, Problem};
use crate::cli::{Failure, FinishedStage, Progress, Streams};
use crate::cluster::{Change, ClusterError};
use crate::print::escape;

/// Runs until the plan is empty, as [`reach`] does, with progress and the server's warnings on stderr.
///
/// # Errors
/// As [`reach`].
pub async fn carry_out<S>(
    run: &Run<'_>,
    state: S,
    observe: impl AsyncFn(&S) -> Result<S, ClusterError>,
    update: impl Fn(&mut S, &Change),
    decide: impl Fn(&S) -> Result<Plan, Failure>,
    streams: &mut Streams,
) -> Result<(Ending<S>, Vec<FinishedStage>), Problem> {
    let mut progress = Progress::new(streams);
    let ending = reach(run, state, observe, update, |state| Ok(decide(state)?), &mut progress).await;
    progress.clear();
    let stages = progress.into_finished();
    for warning in run.cluster.take_warnings() {
        // stderr that is closed must not stop the work.
        let _ = writeln!(streams.err, "Warning: {}", escape(&warning));
    }
    ending.map(|ending| (ending, stages))
}
