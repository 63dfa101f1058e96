//! Reads once more what is followed, after a watch broke.

use std::time::Duration;

use drover::cli::{Cancel, Failure};
use drover::cluster::{Cluster, Followed};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Ending, Subject, clock};

/// The pause before each try, so that a server that refuses every watch is not flooded.
const PAUSE: Duration = Duration::from_millis(500);

/// What came of it.
pub enum Reading {
    Done(Vec<Followed>),
    GivenUp(Ending),
}

/// As often as it takes until the server answers.
pub async fn read_again(
    cluster: &Cluster,
    subject: &mut impl Subject,
    deadline: Instant,
    cancel: &Cancel,
) -> Result<Reading, Failure> {
    let mut unanswered = None;
    loop {
        let read = async {
            sleep(PAUSE).await;
            subject.read(cluster).await
        };
        let given_up = tokio::select! {
            () = cancel.requested() => Ending::Cancelled,
            () = sleep_until(deadline) => Ending::TimedOut,
            read = read => match read {
                Err(failure) if failure.is_transient() => {
                    unanswered = Some(failure.message);
                    continue;
                }
                read => {
                    let read = read?;
                    let at = clock(cluster.now());
                    unanswered.iter().for_each(|why| subject.note(format!("nothing could be read until {at}: {why}")));
                    return Ok(Reading::Done(read));
                }
            },
        };
        unanswered.iter().for_each(|why| subject.note(format!("nothing could be read any more: {why}")));
        return Ok(Reading::GivenUp(given_up));
    }
}
