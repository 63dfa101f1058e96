//! The members of a saved bundle as they are now.

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;
use futures::try_join;
use serde_json::Value;

use super::session::{does_not_exist, read_definition};
use crate::observe::{self, Depth};
use crate::state::Current;
use crate::store::{BundleName, Definition};

/// Reads all members, and warns of what is not seen.
pub async fn read(cluster: &Cluster, name: &BundleName, streams: &mut Streams) -> Result<Current, Failure> {
    let config_map = name.definition(&cluster.namespace);
    let (survey, config_map) =
        try_join!(observe::survey(cluster, &[]), cluster.get_optional::<Value>(&config_map))?;
    let Some(config_map) = &config_map else { return Err(does_not_exist(cluster, name).await) };
    let definition = read_definition(name, &cluster.namespace, config_map)?;
    let observed = survey.members(cluster, &definition.roots, &definition.pins(), Depth::Whole).await?;
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
