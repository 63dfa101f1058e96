//! Names that are in the cluster or the kubeconfig now, in time or not at all.

use std::time::Duration;

use clap::{Args, Command, FromArgMatches};
use futures::future::join_all;

use super::candidate::{Candidate, Names, Offer};
use super::place::{Place, Walk};
use crate::cli::ConnectionArgs;
use crate::cluster::{Cluster, Connection, Query};
use crate::model::object::Metadata;

/// A person is to wait about 300 ms, of which the start of kubectl, the shim and the plugin take a part.
const PATIENCE: Duration = Duration::from_millis(210);

/// The names that an offer asks for. None where they can't be read, or not in time.
pub(super) async fn names(offer: &Offer, walk: &Walk<'_, '_>, place: &Place<'_>) -> Vec<Candidate> {
    let Some(connection) = connection(walk) else { return Vec::new() };
    if let Some(part) = offer.kubeconfig {
        return connection.names_of(part).into_iter().map(Candidate::new).collect();
    }
    if offer.names.is_empty() {
        return Vec::new();
    }
    let read = async {
        let cluster = Cluster::connect(&connection).await.ok()?;
        let lists = join_all(offer.names.iter().map(|names| list(&cluster, names, place))).await;
        Some(lists.into_iter().flatten().collect())
    };
    tokio::time::timeout(PATIENCE, read).await.ok().flatten().unwrap_or_default()
}

/// One kind's names; none where the person may not list them.
async fn list(cluster: &Cluster, names: &Names, place: &Place<'_>) -> Vec<Candidate> {
    let mut query = Query::all(names.resource, &cluster.namespace).labelled(&names.selector);
    if !names.is_namespaced {
        query.namespace = None;
    }
    let candidate = |metadata: Metadata| {
        let found = (names.candidate)(&metadata)?;
        let candidate = Candidate { word: format!("{}{}", names.prefix, found.word), ..found };
        Some(candidate).filter(|candidate| candidate.continues(place))
    };
    cluster.list_metadata(query, candidate).await.unwrap_or_default()
}

/// What the connection flags among the words say.
fn connection(walk: &Walk<'_, '_>) -> Option<Connection> {
    let command = ConnectionArgs::augment_args(Command::new("connection").no_binary_name(true));
    let flags = walk.given.iter().filter_map(|(flag, value)| {
        let known = command.get_arguments().find(|known| known.get_id() == flag.get_id())?;
        let long = known.get_long()?;
        Some(value.map_or_else(|| format!("--{long}"), |value| format!("--{long}={value}")))
    });
    let flags: Vec<_> = flags.collect();
    let matches = command.try_get_matches_from(flags).ok()?;
    ConnectionArgs::from_arg_matches(&matches).ok().map(Connection::from)
}
