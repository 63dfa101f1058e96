//! One verb from options to report.

mod cleanup;
mod follow;
mod lint;
mod margin;
mod missing;
mod rehearse;
mod show;
mod trace;
mod trigger;

use drover::cli::{Deferred, Failure, Streams, parse, typed_verb};
use drover::cluster::{Cluster, Connection};

use crate::args::{Args, Verb};

/// The name under which the API server records our changes.
const FIELD_MANAGER: &str = "kubectl-lifecycle";

/// Runs the whole command. Options are checked before the first request.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let args = match parse::<Args>(&mut streams).await {
        Ok(Some(args)) => args,
        Ok(None) => return Ok(()),
        // Of a command that looks for something, 1 means that it is there.
        Err(failure) if typed_verb::<Args>().is_some_and(|verb| verb == "lint") => {
            return Err(failure.of_comparison());
        }
        Err(failure) => return Err(failure),
    };
    let connection = Connection::from(args.connection);
    let done = verb(args.verb, &connection, &mut streams).await;
    done.map_err(|failure| failure.in_the_same_place(&connection))
}

async fn verb(verb: Verb, connection: &Connection, streams: &mut Streams) -> Result<(), Failure> {
    match verb {
        Verb::Show(Deferred(arguments)) => {
            let target = arguments.target()?;
            let cluster = Cluster::connect(connection).await?;
            show::run(&cluster, &target, arguments.output, streams).await
        }
        Verb::Trace(Deferred(arguments)) => {
            let target = arguments.target()?;
            let cluster = Cluster::connect(connection).await?;
            trace::run(&cluster, &target, &arguments, streams).await
        }
        Verb::Lint(Deferred(arguments)) => {
            lint::run(connection, &arguments, streams).await.map_err(Failure::of_comparison)
        }
        Verb::Rehearse(Deferred(arguments)) => {
            let options = arguments.validate()?;
            let cluster = Cluster::connect(connection).await?;
            rehearse::run(&cluster, &options, &connection.flags(), streams).await
        }
        Verb::Cleanup(Deferred(arguments)) => {
            cleanup::run(&Cluster::connect(connection).await?, &arguments, streams).await
        }
        Verb::Common(verb) => verb.run::<Args>(connection, streams).await,
    }
}
