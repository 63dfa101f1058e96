//! An object as a version names it: with all that is needed to find it again.

use drover::model::object::{ObjectRef, Resource};
use serde::{Deserialize, Serialize};

/// The names of a kind and of an object of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    api_version: String,
    /// The plural, as it stands in paths.
    resource: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
}

impl From<&ObjectRef> for Reference {
    fn from(object: &ObjectRef) -> Self {
        Self {
            api_version: object.resource.api_version(),
            resource: object.resource.plural.to_owned(),
            kind: object.resource.kind.to_owned(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        }
    }
}

impl From<&Reference> for ObjectRef {
    fn from(reference: &Reference) -> Self {
        let (group, version) = reference.api_version.split_once('/').unwrap_or(("", &reference.api_version));
        Self {
            resource: Resource::found(group, version, &reference.resource, &reference.kind),
            namespace: reference.namespace.clone(),
            name: reference.name.clone(),
        }
    }
}

/// For fields that hold objects.
pub mod objects {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub fn serialize<S: Serializer>(objects: &[ObjectRef], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(objects.iter().map(Reference::from))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ObjectRef>, D::Error> {
        Ok(Vec::<Reference>::deserialize(deserializer)?.iter().map(ObjectRef::from).collect())
    }
}

/// For a field that holds one object.
pub mod object {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub fn serialize<S: Serializer>(object: &ObjectRef, serializer: S) -> Result<S::Ok, S::Error> {
        Reference::from(object).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectRef, D::Error> {
        Ok(ObjectRef::from(&Reference::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, DEPLOYMENTS};

    use super::*;

    #[test]
    fn an_object_is_found_again() {
        for resource in [DEPLOYMENTS, CONFIG_MAPS] {
            let object = ObjectRef::namespaced(resource, "shop", "web");
            assert_eq!(ObjectRef::from(&Reference::from(&object)), object);
        }
    }
}
