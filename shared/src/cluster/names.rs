//! Names that a person may have meant.

use serde::Deserialize;

use super::{Cluster, Query};
use crate::model::name::close_to;
use crate::model::object::{Metadata, ObjectRef};

impl Cluster {
    /// Up to three names of objects of the same kind and namespace that look like one that does not exist,
    /// the closest first. A suggestion is a courtesy: where it can't be had, there is none.
    pub async fn close_names(&self, object: &ObjectRef) -> Vec<String> {
        #[derive(Deserialize)]
        struct Named {
            metadata: Metadata,
        }
        let namespace = object.namespace.as_deref().unwrap_or(&self.namespace);
        let query = Query::all(object.resource, namespace).metadata_only();
        match self.list_narrowed(&query, |found: Named| Some(found.metadata.name)).await {
            Ok(listing) => close_to(&object.name, listing.items),
            Err(_) => Vec::new(),
        }
    }
}
