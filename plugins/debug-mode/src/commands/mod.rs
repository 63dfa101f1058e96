//! One verb from options to report.

mod off;
mod on;

use clap::Parser;
use drover::cli::{Failure, Streams, usage};
use drover::cluster::{Cluster, Connection};

use crate::args::{Args, Verb};

/// Runs the whole command. Options are checked before the first request.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&mut streams, &error),
    };
    let connection = Connection::from(args.connection);
    let streams = &mut streams;
    match args.verb {
        Verb::On(arguments) => {
            let options = arguments.validate()?;
            let cluster = Cluster::connect(&connection).await?;
            on::run(&cluster, &options, &connection.flags(), streams).await
        }
        Verb::Off(arguments) => {
            let options = arguments.validate()?;
            let cluster = Cluster::connect(&connection).await?;
            off::run(&cluster, &options, &connection.flags(), streams).await
        }
        Verb::Status(_) | Verb::List(_) => Err(Failure::new("not yet")),
    }
}
