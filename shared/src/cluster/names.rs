//! Names that there are: those that a person may have meant, or may want to type.

use serde::Deserialize;

use super::kubeconfig::read_files;
use super::{Cluster, ClusterError, Connection, Query};
use crate::model::name::close_to;
use crate::model::object::{Metadata, ObjectRef};

/// A part of a kubeconfig whose entries have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KubeconfigPart {
    /// `contexts`
    Contexts,
    /// `clusters`
    Clusters,
    /// `users`
    Users,
}

impl Connection {
    /// The names in a part of the kubeconfig; none where it can't be read.
    #[must_use]
    pub fn names_of(&self, part: KubeconfigPart) -> Vec<String> {
        let Ok(Some(kubeconfig)) = read_files(self) else { return Vec::new() };
        match part {
            KubeconfigPart::Contexts => kubeconfig.contexts.into_iter().map(|named| named.name).collect(),
            KubeconfigPart::Clusters => kubeconfig.clusters.into_iter().map(|named| named.name).collect(),
            KubeconfigPart::Users => kubeconfig.auth_infos.into_iter().map(|named| named.name).collect(),
        }
    }
}

impl Cluster {
    /// What `narrow` makes of the metadata of all objects that a query means.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn list_metadata<N: IntoIterator>(
        &self,
        query: Query,
        narrow: impl Fn(Metadata) -> N,
    ) -> Result<Vec<N::Item>, ClusterError> {
        #[derive(Deserialize)]
        struct Named {
            metadata: Metadata,
        }
        let listing =
            self.list_narrowed(&query.metadata_only(), |found: Named| narrow(found.metadata)).await?;
        Ok(listing.items)
    }

    /// Up to three names of objects of the same kind and namespace that look like one that does not exist,
    /// the closest first. A suggestion is a courtesy: where it can't be had, there is none.
    pub async fn close_names(&self, object: &ObjectRef) -> Vec<String> {
        let namespace = object.namespace.as_deref().unwrap_or(&self.namespace);
        let names =
            self.list_metadata(Query::all(object.resource, namespace), |found| Some(found.name)).await;
        close_to(&object.name, names.unwrap_or_default())
    }
}
