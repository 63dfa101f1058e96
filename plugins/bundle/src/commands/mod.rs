//! One verb from options to report.

mod create;
mod delete;
mod diff;
mod events;
mod export;
mod external;
mod history;
mod list;
mod live;
mod pin;
mod prune;
mod record;
mod rollback;
mod session;
mod show;
mod snapshot;
mod used_by;

use drover::cli::{Deferred, Failure, Streams, parse, typed_verb};
use drover::cluster::{Cluster, Connection};

use crate::args::{Args, Verb};
use pin::Pin;
use session::Session;

/// Runs the whole command. Options are checked before the first request.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let args = match parse::<Args>(&mut streams).await {
        Ok(Some(args)) => args,
        Ok(None) => return Ok(()),
        // Of a command that compares, 1 means that there are differences.
        Err(failure) if typed_verb::<Args>().is_some_and(|verb| verb == "diff") => {
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
            let subject = arguments.subject()?;
            let cluster = Cluster::connect(connection).await?;
            show::run(&cluster, &subject, arguments.output, streams).await
        }
        Verb::Create(Deferred(arguments)) => {
            let (name, roots) = arguments.check()?;
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            create::run(&session, &name, &roots, &arguments, streams).await
        }
        Verb::Snapshot(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            snapshot::run(&session, &arguments, streams).await
        }
        Verb::List(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            list::run(&cluster, &arguments, streams).await
        }
        Verb::History(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            history::run(&cluster, &arguments, streams).await
        }
        Verb::Diff(Deferred(arguments)) => {
            let difference = async {
                let cluster = Cluster::connect(connection).await?;
                diff::run(&cluster, &arguments, streams).await
            };
            difference.await.map_err(Failure::of_comparison)
        }
        Verb::Export(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            export::run(&cluster, &arguments, streams).await
        }
        Verb::Add(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            pin::run(&session, &arguments, Pin::Add, streams).await
        }
        Verb::Remove(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            pin::run(&session, &arguments, Pin::Remove, streams).await
        }
        Verb::Rollback(Deferred(arguments)) => {
            arguments.check()?;
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            rollback::run(&session, &arguments, streams).await
        }
        Verb::Prune(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            prune::run(&session, &arguments, streams).await
        }
        Verb::Delete(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            let session = Session::new(&cluster, &arguments.change, connection);
            delete::run(&session, &arguments, streams).await
        }
        Verb::Events(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            events::run(&cluster, &arguments, streams).await
        }
        Verb::UsedBy(Deferred(arguments)) => {
            let cluster = Cluster::connect(connection).await?;
            used_by::run(&cluster, &arguments, streams).await
        }
        Verb::Common(verb) => verb.run::<Args>(connection, streams).await,
    }
}
