//! One object of a list, without what the server keeps in it for itself: more than half of most.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// An object without its status and its managed fields: they are skipped while it is read.
pub struct Listed(pub Value);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Without("status").deserialize(deserializer).map(Self)
    }
}

/// The fields of an object but one.
struct Without(&'static str);

impl<'de> DeserializeSeed<'de> for Without {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Without {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if name == self.0 {
                fields.next_value::<IgnoredAny>()?;
            } else if name == "metadata" {
                kept.insert(name, fields.next_value_seed(Without("managedFields"))?);
            } else {
                kept.insert(name, fields.next_value()?);
            }
        }
        Ok(Value::Object(kept))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_else_is_kept() {
        let object = json!({
            "metadata": {"name": "web", "managedFields": [{"manager": "kubectl"}]},
            "spec": {"status": 1, "managedFields": 2, "template": {"metadata": {"labels": {"app": "web"}}}},
            "status": {"replicas": 1},
            "roleRef": null,
        });
        let Listed(kept) = serde_json::from_value(object).unwrap();
        assert_eq!(
            kept,
            json!({
                "metadata": {"name": "web"},
                "spec": {"status": 1, "managedFields": 2, "template": {"metadata": {"labels": {"app": "web"}}}},
                "roleRef": null,
            })
        );
    }
}
