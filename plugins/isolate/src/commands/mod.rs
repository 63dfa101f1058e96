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

use crate::args::{Args, IsolateArgs, Verb};

/// Runs the whole command. Options are checked before the first request.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let Some(args) = parse::<Args>(&mut streams).await? else { return Ok(()) };
    let connection = Connection::from(args.connection);
    let done = match args.verb {
        None => take_out(args.isolate, &connection, &mut streams).await,
        Some(typed) => verb(typed, &connection, &mut streams).await,
    };
    done.map_err(|failure| failure.in_the_same_place(&connection))
}

async fn take_out(
    arguments: IsolateArgs,
    connection: &Connection,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let options = arguments.validate()?;
    isolate::run(&Cluster::connect(connection).await?, &options, connection, streams).await
}

async fn verb(verb: Verb, connection: &Connection, streams: &mut Streams) -> Result<(), Failure> {
    match verb {
        Verb::Restore(Deferred(arguments)) => {
            let options = arguments.validate()?;
            restore::run(&Cluster::connect(connection).await?, &options, connection, streams).await
        }
        Verb::Cleanup(Deferred(arguments)) => {
            let options = arguments.validate()?;
            cleanup::run(&Cluster::connect(connection).await?, &options, connection, streams).await
        }
        Verb::List(Deferred(options)) => {
            list::run(&Cluster::connect(connection).await?, &options, streams).await
        }
        Verb::Show(Deferred(options)) => {
            show::run(&Cluster::connect(connection).await?, &options, connection, streams).await
        }
        Verb::Common(verb) => verb.run::<Args>(connection, streams).await,
    }
}
