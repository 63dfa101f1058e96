//! What a bundle starts from, and what was added to it or removed by hand.

use drover::model::object::{Metadata, ObjectRef};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::name::BundleName;
use super::{BUNDLE_LABEL, reference};
use crate::membership::{Pins, Start};

/// The key in the ConfigMap's data.
pub const DEFINITION: &str = "bundle";

/// The key with the version that was rolled back to last.
pub const ROLLED_BACK: &str = "rolledBack";

/// The version that a bundle was rolled back to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RolledBack {
    pub version: String,
    pub at: Timestamp,
}

impl RolledBack {
    /// Of a bundle's ConfigMap; none where it never was.
    pub fn read(config_map: &Value) -> Option<Self> {
        serde_json::from_str(config_map["data"][ROLLED_BACK].as_str()?).ok()
    }
}

/// The content of a bundle's ConfigMap. Its members are found anew at every use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    #[serde(with = "reference::objects")]
    pub roots: Vec<ObjectRef>,
    /// Members although nothing refers to them.
    #[serde(default, with = "reference::objects", skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<ObjectRef>,
    /// No members although something refers to them.
    #[serde(default, with = "reference::objects", skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<ObjectRef>,
}

impl Definition {
    /// Reads it from the ConfigMap; none when that holds no bundle.
    pub fn read(config_map: &Value) -> Option<Self> {
        serde_json::from_str(config_map["data"][DEFINITION].as_str()?).ok()
    }

    /// The bundle's name, from the ConfigMap's labels.
    pub fn name_in(metadata: &Metadata) -> Option<BundleName> {
        BundleName::parse(metadata.labels.get(BUNDLE_LABEL)?).ok()
    }

    /// Where its members are found from.
    pub fn start(&self) -> Start {
        Start { roots: self.roots.clone(), pins: self.pins() }
    }

    /// What a person decided against what can be seen.
    pub fn pins(&self) -> Pins {
        Pins { added: self.added.clone(), removed: self.removed.clone() }
    }

    /// As it stands in the ConfigMap's data.
    pub fn text(&self) -> String {
        json!(self).to_string()
    }

    /// The ConfigMap.
    pub fn config_map(&self, name: &BundleName, namespace: &str) -> Value {
        let object = name.definition(namespace);
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": object.name, "namespace": namespace, "labels": {BUNDLE_LABEL: name.as_str()}},
            "data": {DEFINITION: self.text()},
        })
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::{CONFIG_MAPS, SERVICES};

    use super::*;

    #[test]
    fn a_definition_is_read_again() {
        let object = |resource, name: &str| ObjectRef::namespaced(resource, "shop", name);
        let definition = Definition {
            roots: vec![object(SERVICES, "web")],
            added: vec![object(CONFIG_MAPS, "more")],
            removed: Vec::new(),
        };
        let config_map = definition.config_map(&BundleName::parse("web").unwrap(), "shop");
        assert_eq!(Definition::read(&config_map), Some(definition));
        assert_eq!(Definition::read(&json!({"data": {"bundle": "{"}})), None);
    }
}
