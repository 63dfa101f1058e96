//! Single objects, read by name.

use drover::cluster::{Cluster, ClusterError, ErrorKind};
use drover::model::object::{CONFIG_MAPS, ObjectRef, Resource};
use futures::future::try_join_all;
use serde_json::Value;

use super::Depth;
use crate::kinds::SECRETS;
use crate::membership::Sight;
use crate::relations::Related;

/// One object that was asked for.
pub struct Looked {
    pub object: ObjectRef,
    pub sight: Sight,
    /// All of it, where that was read.
    pub body: Option<Value>,
}

pub async fn look_up(
    cluster: &Cluster,
    objects: Vec<ObjectRef>,
    depth: Depth,
) -> Result<Vec<Looked>, ClusterError> {
    try_join_all(objects.into_iter().map(|object| one(cluster, object, depth))).await
}

pub async fn one(cluster: &Cluster, object: ObjectRef, depth: Depth) -> Result<Looked, ClusterError> {
    let is_whole = depth == Depth::Whole || !holds_values(object.resource);
    let found = if is_whole {
        cluster.get_optional::<Value>(&object).await
    } else {
        cluster.get_metadata::<Value>(&object).await
    };
    let (sight, body) = match found {
        Ok(found) => {
            let related = found.as_ref().and_then(|found| Related::of(object.resource, found));
            (related.map_or(Sight::Absent, |related| Sight::Seen(Box::new(related))), found)
        }
        Err(error) if error.kind == ErrorKind::Forbidden => (Sight::Forbidden, None),
        Err(error) => return Err(error),
    };
    Ok(Looked { object, sight, body: body.filter(|_| is_whole) })
}

/// Nothing of what they hold refers to another object: their metadata says enough.
fn holds_values(resource: Resource) -> bool {
    [CONFIG_MAPS, SECRETS].contains(&resource)
}
