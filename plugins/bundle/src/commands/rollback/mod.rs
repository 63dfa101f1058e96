//! `kubectl bundle rollback`: the whole of a version, proven, all or nothing.

mod answer;
mod back;
mod begin;
mod carry;
mod go_on;
mod keep;
pub mod ledger;
mod scene;
mod underway;

use drover::cli::{Failure, Streams};

use super::history;
use super::session::Session;
use crate::args::RollbackArgs;

pub async fn run(
    session: &Session<'_>,
    arguments: &RollbackArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    match (&arguments.version, arguments.go_on, arguments.abort) {
        (Some(version), false, false) => begin::begin(session, arguments, version, streams).await,
        (None, true, false) => go_on::go_on(session, arguments, streams).await,
        (None, false, true) => back::abort(session, arguments, streams).await,
        (None, false, false) => {
            history::show(session.cluster, &arguments.name, None, streams).await?;
            // After a rollback the last version is what was wrong: which one is meant is for a person to say.
            Err(Failure::new("give the version to roll back to")
                .hint(format!("see what differs from one:  kubectl bundle diff {} VERSION", arguments.name)))
        }
        _ => Err(Failure::new("give a version, --continue or --abort: only one of them")),
    }
}
