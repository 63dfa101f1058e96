//! Reading objects: one by name, or many page by page.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::page::{PageMetadata, narrow_items};
use super::request::{Call, JSON};
use super::{Cluster, ClusterError, ErrorKind};
use crate::model::object::{ObjectRef, Resource};

/// Objects per page of a LIST: kubectl's own chunk size.
const PAGE_SIZE: u32 = 500;

const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Which objects of a kind are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// Their kind.
    pub resource: Resource,
    /// Their namespace; none for all.
    pub namespace: Option<String>,
    /// A label selector in the server's form; empty for all.
    pub label_selector: String,
    /// A field selector in the server's form; empty for all.
    pub field_selector: String,
    #[serde(skip)]
    metadata_only: bool,
    #[serde(skip)]
    page_size: u32,
}

impl Query {
    /// All objects of a kind in a namespace.
    pub fn all(resource: Resource, namespace: impl Into<String>) -> Self {
        Self {
            resource,
            namespace: Some(namespace.into()),
            label_selector: String::new(),
            field_selector: String::new(),
            metadata_only: false,
            page_size: PAGE_SIZE,
        }
    }

    /// Those with this value in a field that the server selects by.
    #[must_use]
    pub fn where_field(mut self, field: &str, value: &str) -> Self {
        self.field_selector = format!("{field}={value}");
        self
    }

    /// Those whose labels match.
    #[must_use]
    pub fn labelled(mut self, selector: impl Into<String>) -> Self {
        self.label_selector = selector.into();
        self
    }

    /// Just the object of that name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.field_selector = format!("metadata.name={name}");
        self
    }

    /// Only what is in the objects' metadata, in a list that is much shorter for it.
    #[must_use]
    pub fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }

    /// In larger or smaller pages than usual: each costs a round trip, and lies in memory while it is read.
    #[must_use]
    pub fn in_pages_of(mut self, objects: u32) -> Self {
        self.page_size = objects;
        self
    }

    pub(super) fn call(&self, target: String) -> Call {
        let accept = if self.metadata_only { METADATA_LIST } else { JSON };
        Call { accept, ..Call::get(target, self.resource.qualified_plural()) }
    }

    pub(super) fn target(&self, parameters: &[(&str, &str)]) -> String {
        let mut target = self.resource.path(self.namespace.as_deref(), None);
        let selectors =
            [("labelSelector", self.label_selector.as_str()), ("fieldSelector", &self.field_selector)];
        let mut separator = '?';
        for (name, value) in selectors.iter().chain(parameters).filter(|(_, value)| !value.is_empty()) {
            target.push(separator);
            target.push_str(name);
            target.push('=');
            percent_encode(value, &mut target);
            separator = '&';
        }
        target
    }
}

/// Escapes all but RFC 3986's unreserved characters.
fn percent_encode(value: &str, target: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            target.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// What a LIST gave.
#[derive(Debug, Clone)]
pub struct Listing<T> {
    /// The objects, or what was kept of them.
    pub items: Vec<T>,
    /// The state of the cluster that the list shows; a watch goes on from here.
    pub resource_version: String,
}

impl Cluster {
    /// Reads one object.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it does not exist, and whatever the server says.
    pub async fn get<T: DeserializeOwned>(&self, object: &ObjectRef) -> Result<T, ClusterError> {
        self.read(&Call::get(object.path(), object.to_string())).await
    }

    /// Reads one object, or none where it does not exist.
    ///
    /// # Errors
    /// Whatever the server says, except that the object does not exist.
    pub async fn get_optional<T: DeserializeOwned>(
        &self,
        object: &ObjectRef,
    ) -> Result<Option<T>, ClusterError> {
        unless_absent(self.get(object).await)
    }

    /// Reads what is in one object's metadata, or none where it does not exist: what the object holds
    /// stays where it is. The annotation of `kubectl apply` repeats it, though, of a Secret too.
    ///
    /// # Errors
    /// Whatever the server says, except that the object does not exist.
    pub async fn get_metadata<T: DeserializeOwned>(
        &self,
        object: &ObjectRef,
    ) -> Result<Option<T>, ClusterError> {
        let call = Call { accept: METADATA, ..Call::get(object.path(), object.to_string()) };
        unless_absent(self.read(&call).await)
    }

    /// Reads all objects that a query means.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn list<T: DeserializeOwned>(&self, query: &Query) -> Result<Listing<T>, ClusterError> {
        self.list_narrowed(query, Some).await
    }

    /// Reads all objects that a query means, page by page, keeping of each only what `narrow` makes of it.
    ///
    /// # Errors
    /// Whatever the server says; a list that expired between two pages starts anew once.
    pub async fn list_narrowed<T, N>(
        &self,
        query: &Query,
        narrow: impl Fn(T) -> N,
    ) -> Result<Listing<N::Item>, ClusterError>
    where
        T: DeserializeOwned,
        N: IntoIterator,
    {
        match self.pages(query, &narrow).await {
            Err(error) if error.kind == ErrorKind::Expired => self.pages(query, &narrow).await,
            result => result,
        }
    }

    async fn pages<T, N>(
        &self,
        query: &Query,
        narrow: &impl Fn(T) -> N,
    ) -> Result<Listing<N::Item>, ClusterError>
    where
        T: DeserializeOwned,
        N: IntoIterator,
    {
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let (page, metadata) = self.page(query, &next, narrow).await?;
            items.extend(page);
            if metadata.r#continue.is_empty() {
                return Ok(Listing { items, resource_version: metadata.resource_version });
            }
            next = metadata.r#continue;
        }
    }

    async fn page<T, N>(
        &self,
        query: &Query,
        token: &str,
        narrow: &impl Fn(T) -> N,
    ) -> Result<(Vec<N::Item>, PageMetadata), ClusterError>
    where
        T: DeserializeOwned,
        N: IntoIterator,
    {
        let limit = query.page_size.to_string();
        let target = query.target(&[("limit", &limit), ("continue", token)]);
        self.read_with(&query.call(target), |body| narrow_items(body, narrow)).await
    }
}

fn unless_absent<T>(found: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::PODS;

    #[test]
    fn selectors_are_escaped() {
        let query = Query::all(PODS, "shop").labelled("app in (web,api),!x");
        assert_eq!(
            query.target(&[("limit", "500"), ("continue", "")]),
            "/api/v1/namespaces/shop/pods?labelSelector=app%20in%20%28web%2Capi%29%2C%21x&limit=500"
        );
    }
}
