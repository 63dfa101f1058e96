//! A saved bundle as it is now: what is stored of it, and its members.

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;
use futures::try_join;

use super::session::{does_not_exist, read_definition};
use crate::observe::{self, Depth};
use crate::state::Current;
use crate::store::{BundleName, Definition, Stored, stored};

pub struct Live {
    pub stored: Stored,
    pub definition: Definition,
    pub current: Current,
}

/// Reads all of it, and warns of what is not seen.
pub async fn read(cluster: &Cluster, name: &BundleName, streams: &mut Streams) -> Result<Live, Failure> {
    let (survey, stored) = try_join!(observe::survey(cluster, &[]), stored(cluster, name))?;
    let Some(config_map) = &stored.definition else { return Err(does_not_exist(cluster, name).await) };
    let definition = read_definition(name, &cluster.namespace, config_map)?;
    let observed = survey.members(cluster, &definition.roots, &definition.pins(), Depth::Whole).await?;
    let current = Current::of(observed);
    warn(name, &definition, &current, streams)?;
    Ok(Live { stored, definition, current })
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
