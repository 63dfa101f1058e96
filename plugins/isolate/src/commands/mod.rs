//! One verb from options to report.

mod cleanup;
mod isolate;
mod list;
mod restore;
mod session;

use clap::Parser;
use clap::error::ErrorKind;
use drover::cli::{Failure, Streams};
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
        None => {
            let options = args.isolate.validate()?;
            isolate::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::Restore(arguments)) => {
            let options = arguments.validate()?;
            restore::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::Cleanup(arguments)) => {
            let options = arguments.validate()?;
            cleanup::run(&Cluster::connect(&connection).await?, &options, &connection, streams).await
        }
        Some(Verb::List(options)) => {
            list::run(&Cluster::connect(&connection).await?, &options, streams).await
        }
    }
}

/// `--help` and `--version` go to stdout; everything else is a failure, in clap's words.
fn usage(streams: &mut Streams, error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write!(streams.out, "{}", error.render())?;
            Ok(())
        }
        _ => {
            let text = error.render().to_string();
            let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
            let message = message.strip_prefix("error: ").unwrap_or(message);
            let lines = rest.lines().map(str::trim).filter(|line| !line.is_empty());
            Err(lines.fold(Failure::new(message), Failure::hint))
        }
    }
}
