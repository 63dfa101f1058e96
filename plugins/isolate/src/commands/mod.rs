//! One verb from options to report.

mod amend;
mod announce;
mod cleanup;
mod isolate;
mod list;
mod restore;
mod session;
mod show;

use drover::cli::{Deferred, Failure, Streams, parse};
use drover::cluster::{Cluster, Connection};

use crate::args::{Args, Verb};

/// Runs the whole command. Options are checked before the first request.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let Some(args) = parse::<Args>(&mut streams).await? else { return Ok(()) };
    let connection = Connection::from(args.connection);
    let streams = &mut streams;
    match args.verb {
        None => {
            let options = args.isolate.validate()?;
            isolate::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::Restore(Deferred(arguments))) => {
            let options = arguments.validate()?;
            restore::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::Cleanup(Deferred(arguments))) => {
            let options = arguments.validate()?;
            cleanup::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::List(Deferred(options))) => {
            list::run(&Cluster::connect(&connection).await?, &options, streams).await
        }
        Some(Verb::Show(Deferred(options))) => {
            show::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::Common(verb)) => verb.run::<Args>(&connection, streams).await,
    }
}
