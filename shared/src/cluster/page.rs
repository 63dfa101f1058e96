//! One page of a LIST, each object narrowed while it is parsed: a page never lies in memory twice.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What a page says of the list it is part of.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageMetadata {
    pub resource_version: String,
    /// The token of the next page; empty for the last one.
    pub r#continue: String,
}

/// What `narrow` makes of the objects of a page.
pub(super) fn narrow_items<T, N>(
    page: &[u8],
    narrow: impl Fn(T) -> N,
) -> Result<(Vec<N::Item>, PageMetadata), serde_json::Error>
where
    T: DeserializeOwned,
    N: IntoIterator,
{
    let mut items = Vec::new();
    let fold = |object| items.extend(narrow(object));
    let mut deserializer = serde_json::Deserializer::from_slice(page);
    let metadata = deserializer.deserialize_map(Page { fold, object: PhantomData })?;
    deserializer.end()?;
    Ok((items, metadata))
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Metadata,
    Items,
    #[serde(other)]
    Other,
}

struct Page<T, F> {
    fold: F,
    object: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> Visitor<'de> for Page<T, F> {
    type Value = PageMetadata;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut page: A) -> Result<PageMetadata, A::Error> {
        let mut metadata = PageMetadata::default();
        while let Some(field) = page.next_key()? {
            match field {
                Field::Metadata => metadata = page.next_value()?,
                Field::Items => page.next_value_seed(Items { fold: &mut self.fold, object: PhantomData })?,
                Field::Other => {
                    page.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(metadata)
    }
}

struct Items<'f, T, F> {
    fold: &'f mut F,
    object: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> DeserializeSeed<'de> for Items<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> Visitor<'de> for Items<'_, T, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut objects: A) -> Result<(), A::Error> {
        while let Some(object) = objects.next_element()? {
            (self.fold)(object);
        }
        Ok(())
    }

    /// Some servers write no objects as `null`.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> (Vec<u32>, PageMetadata) {
        narrow_items(page.as_bytes(), |item: u32| Some(item)).unwrap()
    }

    #[test]
    fn objects_and_metadata_come_in_any_order() {
        let (items, metadata) = read(r#"{"kind":"List","items":[1,2],"metadata":{"continue":"c"}}"#);
        assert_eq!((items.as_slice(), metadata.r#continue.as_str()), ([1, 2].as_slice(), "c"));
        let (items, metadata) = read(r#"{"metadata":{"resourceVersion":"7"},"items":null}"#);
        assert_eq!((items.as_slice(), metadata.resource_version.as_str()), ([].as_slice(), "7"));
    }
}
