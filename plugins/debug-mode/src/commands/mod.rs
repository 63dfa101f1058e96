//! One verb from options to report.

mod command;
mod copy;
mod list;
mod off;
mod on;
mod status;

use drover::cli::{Deferred, Failure, Streams, parse};
use drover::cluster::{Cluster, Connection};

use crate::args::{Args, Verb};
use crate::options::Mode;

/// Runs the whole command. Options are checked before the first request.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let Some(args) = parse::<Args>(&mut streams).await? else { return Ok(()) };
    let connection = Connection::from(args.connection);
    let done = verb(args.verb, &connection, &mut streams).await;
    done.map_err(|failure| failure.in_the_same_place(&connection))
}

async fn verb(verb: Verb, connection: &Connection, streams: &mut Streams) -> Result<(), Failure> {
    match verb {
        Verb::On(Deferred(arguments)) => {
            let options = arguments.validate()?;
            let cluster = Cluster::connect(connection).await?;
            match options.mode {
                Some(Mode::Copy) => copy::run(&cluster, &options, &connection.flags(), streams).await,
                _ => on::run(&cluster, &options, &connection.flags(), streams).await,
            }
        }
        Verb::Off(Deferred(arguments)) => {
            let options = arguments.validate()?;
            let cluster = Cluster::connect(connection).await?;
            off::run(&cluster, &options, &connection.flags(), streams).await
        }
        Verb::Status(Deferred(options)) => {
            let target = options.target()?;
            status::run(&Cluster::connect(connection).await?, &target, options.output, streams).await
        }
        Verb::List(Deferred(options)) => {
            list::run(&Cluster::connect(connection).await?, &options, streams).await
        }
        Verb::Common(verb) => verb.run::<Args>(connection, streams).await,
    }
}
