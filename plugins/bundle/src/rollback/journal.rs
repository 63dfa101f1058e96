//! What a rollback under way leaves behind for whoever has to finish it: in the bundle's own ConfigMap,
//! before the first write to a member.

use drover::model::object::ObjectRef;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Options;
use crate::store::objects;

/// The key in the ConfigMap's data.
pub const JOURNAL: &str = "rollback";

/// A rollback that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journal {
    /// The version that is brought back.
    pub to: String,
    /// The version in which all is as it was before.
    pub undo: String,
    pub options: Options,
    /// What is written: all else was left as it is.
    #[serde(with = "objects")]
    pub objects: Vec<ObjectRef>,
    /// What of it is restarted, at the time `at`.
    #[serde(default, with = "objects")]
    pub restarts: Vec<ObjectRef>,
    pub at: Timestamp,
    pub by: String,
}

impl Journal {
    /// Of a bundle's ConfigMap; none where no rollback is under way.
    pub fn read(config_map: &Value) -> Option<Self> {
        serde_json::from_str(config_map["data"][JOURNAL].as_str()?).ok()
    }

    /// As it stands in the ConfigMap's data.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_read_again() {
        let journal = Journal {
            to: "7".to_owned(),
            undo: "8".to_owned(),
            options: Options { secrets: true, ..Options::default() },
            objects: vec![ObjectRef::namespaced(CONFIG_MAPS, "shop", "files")],
            restarts: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
            by: "jane".to_owned(),
        };
        let config_map = json!({"data": {JOURNAL: journal.text(), "bundle": "{}"}});
        assert_eq!(Journal::read(&config_map), Some(journal));
        assert_eq!(Journal::read(&json!({"data": {}})), None);
    }
}
