//! Where in a document something stands.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A line and a column, from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    pub line: u64,
    pub column: u64,
}

/// A document as far as its places matter.
#[derive(Debug)]
pub struct Places(Node);

#[derive(Debug)]
enum Node {
    /// Fields are found at their names, whose line is theirs however they are written.
    Fields(Vec<(Spanned<String>, Node)>),
    Items(Vec<Spanned<Node>>),
    Other,
}

impl Places {
    /// None where it is no YAML.
    pub fn of(text: &str) -> Option<Self> {
        serde_saphyr::from_str_with_options(text, super::read::options()).ok().map(Self)
    }

    /// Where the value of a JSON pointer stands, or the last on the way to it that is there.
    pub fn find(&self, pointer: &str) -> Place {
        let mut found = (&self.0, Place { line: 1, column: 1 });
        for name in pointer.split('/').skip(1) {
            match found.0.child(name) {
                Some(next) => found = next,
                None => break,
            }
        }
        found.1
    }
}

impl Node {
    fn child(&self, name: &str) -> Option<(&Self, Place)> {
        let (node, location) = match self {
            Self::Fields(fields) => {
                let (field, value) = fields.iter().find(|(field, _)| field.value == name)?;
                (value, field.referenced)
            }
            Self::Items(items) => {
                let item = items.get(name.parse::<usize>().ok()?)?;
                (&item.value, item.referenced)
            }
            Self::Other => return None,
        };
        Some((node, Place { line: location.line(), column: location.column() }))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Fields(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::Items(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_else_what_holds_it() {
        let text =
            "spec:\n  replicas: 1\n  containers:\n  - name: a\n  - name: b\n    lifecycle: {preStop: {}}\n";
        let places = Places::of(text).unwrap();
        let find = |pointer: &str| {
            let Place { line, column } = places.find(pointer);
            (line, column)
        };
        assert_eq!(find("/spec/containers/1/lifecycle/preStop"), (6, 17));
        assert_eq!(find("/spec/containers/1/readinessProbe"), (5, 5), "the container it is missing in");
        assert_eq!(find("/spec/replicas"), (2, 3));
        assert_eq!(find(""), (1, 1));
    }
}
