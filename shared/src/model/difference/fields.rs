//! What objects are taken apart into: their fields, and the items of lists that have a key.

use serde_json::{Map, Value};

/// What tells a field or a list's item from its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A field of an object, by its name.
    Field(String),
    /// An item of a list: by its key, or by its place where the items have none.
    Item(String),
}

impl Key {
    /// The name of a field; none for an item.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Field(name) => Some(name),
            Self::Item(_) => None,
        }
    }
}

/// By what Kubernetes tells the items of its lists apart (the `x-kubernetes-list-map-keys` and
/// `patchMergeKey`s of the core types). The first that all items of a list have, each its own, is taken.
const ITEM_KEYS: [fn(&Value) -> Option<String>; 7] = [
    |item| text(item.get("name")),
    |item| text(item.pointer("/metadata/name")),
    |item| text(item.get("conditionType")),
    |item| text(item.get("mountPath")),
    // TCP where no protocol is given, as the server fills it in.
    |item| numbered(item.get("containerPort"), item.get("protocol").or(Some(&Value::Null))),
    |item| numbered(item.get("port"), item.get("protocol")),
    |item| text(item.get("devicePath")),
];

fn text(value: Option<&Value>) -> Option<String> {
    let value = value.filter(|value| !value.is_null())?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// `53/UDP`: a number may be used once for each protocol.
fn numbered(port: Option<&Value>, protocol: Option<&Value>) -> Option<String> {
    let (port, protocol) = (text(port)?, protocol?.as_str().unwrap_or("TCP"));
    Some(format!("{port}/{protocol}"))
}

/// One field or item.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub key: Key,
    /// Its step in a JSON pointer.
    pub token: String,
    pub value: &'a Value,
}

/// An object's fields, or the items of a list that have a key, in order.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    is_list: bool,
    pub entries: Vec<Entry<'a>>,
}

impl<'a> Fields<'a> {
    fn of_object(object: &'a Map<String, Value>) -> Self {
        let entry = |(name, value): (&String, &'a Value)| Entry {
            key: Key::Field(name.clone()),
            token: name.replace('~', "~0").replace('/', "~1"),
            value,
        };
        Self { is_list: false, entries: object.iter().map(entry).collect() }
    }

    /// None where an item has no such key, or shares it.
    fn of_list(items: &'a [Value], key: fn(&Value) -> Option<String>) -> Option<Self> {
        let mut entries: Vec<Entry> = Vec::with_capacity(items.len());
        for (index, value) in items.iter().enumerate() {
            let key = Key::Item(key(value)?);
            if entries.iter().any(|earlier| earlier.key == key) {
                return None;
            }
            entries.push(Entry { key, token: index.to_string(), value });
        }
        Some(Self { is_list: true, entries })
    }

    pub fn entry(&self, key: &Key) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == *key)
    }

    pub fn get(&self, key: &Key) -> Option<&'a Value> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The keys that the other has as well, in order.
    pub fn shared_with(&self, other: &Self) -> Vec<&Key> {
        self.entries.iter().map(|entry| &entry.key).filter(|key| other.entry(key).is_some()).collect()
    }

    /// The keys of both, its own before what only the other has.
    pub fn union(&self, other: &Self) -> Vec<Key> {
        let more = other.entries.iter().filter(|entry| self.entry(&entry.key).is_none());
        self.entries.iter().chain(more).map(|entry| entry.key.clone()).collect()
    }

    /// A value of the same kind, of these fields or items.
    pub fn join(&self, fields: impl Iterator<Item = (Key, Value)>) -> Value {
        if self.is_list {
            return Value::Array(fields.map(|(_, value)| value).collect());
        }
        let named = fields.filter_map(|(key, value)| Some((key.field()?.to_owned(), value)));
        Value::Object(named.collect())
    }
}

/// All sides taken apart in the same way; none where they are not all objects, or lists whose items one
/// key tells apart on every side.
pub(super) fn fields<'a>(sides: &[&'a Value]) -> Option<Vec<Fields<'a>>> {
    let objects: Option<Vec<_>> = sides.iter().map(|side| side.as_object()).collect();
    if let Some(objects) = objects {
        return Some(objects.into_iter().map(Fields::of_object).collect());
    }
    let lists: Vec<_> = sides.iter().map(|side| side.as_array()).collect::<Option<_>>()?;
    ITEM_KEYS.iter().find_map(|key| lists.iter().map(|items| Fields::of_list(items, *key)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(sides: &[&Value]) -> Option<Vec<String>> {
        let all = fields(sides)?;
        let key = |entry: &Entry| match &entry.key {
            Key::Field(key) | Key::Item(key) => key.clone(),
        };
        Some(all.iter().flat_map(|fields| fields.entries.iter().map(key)).collect())
    }

    #[test]
    fn ports_of_one_number_are_told_apart_by_their_protocol() {
        let ports = json!([{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]);
        assert_eq!(keys(&[&ports]).unwrap(), ["53/TCP", "53/UDP"]);
        let ports = json!([{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]);
        assert_eq!(keys(&[&ports]).unwrap(), ["53/TCP", "53/UDP"]);
        assert!(
            keys(&[&json!([{"port": 80, "weight": 1}])]).is_none(),
            "no list of ports as Kubernetes has them"
        );
    }

    #[test]
    fn one_key_serves_all_sides() {
        let one = json!([{"name": "data", "mountPath": "/a"}]);
        let two = json!([{"name": "data", "mountPath": "/a"}, {"name": "data", "mountPath": "/b"}]);
        assert_eq!(keys(&[&one, &one]).unwrap(), ["data", "data"]);
        assert_eq!(keys(&[&one, &two]).unwrap(), ["/a", "/a", "/b"]);
    }

    #[test]
    fn what_has_no_keys_is_not_taken_apart() {
        assert!(keys(&[&json!([1, 2])]).is_none());
        assert!(keys(&[&json!([{"name": "a"}]), &json!([1])]).is_none());
        assert!(keys(&[&json!([]), &json!({})]).is_none());
    }
}
