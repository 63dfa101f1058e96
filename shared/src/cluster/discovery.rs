//! Which kinds the server serves, where that is not known beforehand.

use serde::Deserialize;

use super::request::Call;
use super::{Cluster, ClusterError, ErrorKind};
use crate::model::object::Resource;

/// A kind that the server serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Its names.
    pub resource: Resource,
    /// Whether its objects live in namespaces.
    pub is_namespaced: bool,
}

impl Cluster {
    /// The kinds of one version of a group, in one request that everybody may make; none where the server
    /// does not serve that version. The core group is the empty one.
    ///
    /// # Errors
    /// Whatever else the server says.
    pub async fn kinds_of(&self, group: &str, version: &str) -> Result<Vec<Served>, ClusterError> {
        let target =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let about = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        match self.read::<ResourceList>(&Call::get(target, about)).await {
            Ok(list) => Ok(list.kinds(group, version)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Cluster {
    /// The names of all groups that the server serves, in one request that everybody may make.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn groups(&self) -> Result<Vec<String>, ClusterError> {
        let list: GroupList = self.read(&Call::get("/apis".to_owned(), "API groups".to_owned())).await?;
        Ok(list.groups.into_iter().map(|group| group.name).collect())
    }
}

/// An `APIGroupList`, as far as it is read.
#[derive(Deserialize)]
struct GroupList {
    groups: Vec<ListedGroup>,
}

#[derive(Deserialize)]
struct ListedGroup {
    name: String,
}

impl Cluster {
    /// The kind that a person means by `PLURAL.GROUP` or the like, of the version that the server prefers;
    /// none where it serves no such kind. In two requests, one after the other.
    ///
    /// # Errors
    /// Whatever the server says but that there is no such group.
    pub async fn kind_named(&self, name: &str) -> Result<Option<Served>, ClusterError> {
        let Some((_, group)) = name.split_once('.') else { return Ok(None) };
        let call = Call::get(format!("/apis/{group}"), group.to_owned());
        let version = match self.read::<Group>(&call).await {
            Ok(group) => group.preferred_version.version,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let kinds = self.kinds_of(group, &version).await?;
        Ok(kinds.into_iter().find(|served| served.resource.is_named(name)))
    }
}

/// An `APIGroup`, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    preferred_version: Version,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

/// An `APIResourceList`, as far as it is read.
#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    kind: String,
    namespaced: bool,
}

impl ResourceList {
    fn kinds(&self, group: &str, version: &str) -> Vec<Served> {
        // `deployments/scale` and the like are parts of objects.
        let whole = self.resources.iter().filter(|listed| !listed.name.contains('/'));
        whole
            .map(|listed| Served {
                resource: Resource::found(group, version, &listed.name, &listed.kind),
                is_namespaced: listed.namespaced,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::DEPLOYMENTS;

    #[test]
    fn parts_of_objects_are_no_kinds() {
        let list = r#"{"kind": "APIResourceList", "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get"]},
            {"name": "deployments/scale", "kind": "Scale", "group": "autoscaling", "namespaced": true}
        ]}"#;
        let kinds = serde_json::from_str::<ResourceList>(list).unwrap().kinds("apps", "v1");
        assert_eq!(kinds, [Served { resource: DEPLOYMENTS, is_namespaced: true }]);
    }
}
