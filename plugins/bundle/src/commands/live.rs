//! The members of a saved bundle as they are now.

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;
use futures::channel::oneshot::Sender;
use serde_json::Value;

use super::session::{does_not_exist, read_definition};
use crate::membership::Start;
use crate::observe::{self, Depth};
use crate::state::Current;
use crate::store::{BundleName, Definition};

/// Reads all members, and warns of what is not seen.
pub async fn read(cluster: &Cluster, name: &BundleName, streams: &mut Streams) -> Result<Current, Failure> {
    let read = async |begin: Sender<Start>| {
        let config_map: Option<Value> = cluster.get_optional(&name.definition(&cluster.namespace)).await?;
        let Some(config_map) = &config_map else { return Err(does_not_exist(cluster, name).await) };
        let definition = read_definition(name, &cluster.namespace, config_map)?;
        let _ = begin.send(definition.start());
        Ok(definition)
    };
    let (observed, definition) = observe::members_while(cluster, Depth::Whole, read).await?;
    let current = Current::of(observed);
    warn(name, &definition, &current, streams)?;
    Ok(current)
}

/// What was not seen, and which roots are gone.
pub fn warn(
    name: &BundleName,
    definition: &Definition,
    current: &Current,
    streams: &mut Streams,
) -> Result<(), Failure> {
    streams.warnings(&current.warnings)?;
    for root in current.missing(&definition.roots) {
        streams.say(&format!("warning: {root}, which bundle/{name} starts from, does not exist"), 9)?;
    }
    Ok(())
}
