//! One verb from options to report.

mod follow;
mod margin;
mod show;
mod trace;
mod trigger;

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
    match args.verb {
        Verb::Show(arguments) => {
            let target = arguments.target()?;
            let cluster = Cluster::connect(&connection).await?;
            show::run(&cluster, &target, arguments.output, &mut streams).await
        }
        Verb::Trace(arguments) => {
            let target = arguments.target()?;
            let cluster = Cluster::connect(&connection).await?;
            trace::run(&cluster, &target, &arguments, &mut streams).await
        }
    }
}
