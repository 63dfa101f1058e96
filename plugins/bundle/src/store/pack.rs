//! Objects in compressed chunks that are named by what is in them.
//!
//! Which objects lie together depends on their names alone, so that a change of one object changes one
//! chunk, and the same objects give the same chunks whoever writes them: what a run that was cut off left
//! behind is what the next one needs.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};

use drover::model::object::ObjectRef;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reference;

/// A Secret holds 1 MiB of data (core/v1: `MaxSecretSize`); compressed bytes per chunk.
const CHUNK: usize = 900 << 10;

/// Objects are spread over so many packs that one holds about this many bytes before compression.
const PACK: usize = 512 << 10;

/// An object as a version keeps it.
#[derive(Clone, PartialEq)]
pub struct Kept {
    pub object: ObjectRef,
    pub body: Value,
}

/// Without the body, which may be a Secret's.
impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kept({})", self.object)
    }
}

/// Where an object of a version lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    #[serde(with = "reference::object")]
    object: ObjectRef,
    /// Which pack, and where in it.
    pack: usize,
    position: usize,
}

/// All objects of a version, ready to be written. Not for `Debug`: the chunks hold Secrets.
pub struct Packed {
    pub entries: Vec<Entry>,
    /// Of each pack the hashes of its chunks, in order.
    pub packs: Vec<Vec<String>>,
    /// By the hash.
    pub chunks: BTreeMap<String, Vec<u8>>,
}

/// Why a version can't be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Damage {
    /// The chunk of that hash is gone.
    Missing(String),
    /// The chunk of that hash holds something else.
    Changed(String),
    /// The objects are not where the index says.
    Unreadable,
}

/// Spreads objects over packs, and cuts these into chunks.
pub fn pack(objects: &[Kept]) -> io::Result<Packed> {
    let bodies: Vec<_> = objects.iter().map(|kept| kept.body.to_string()).collect();
    let size: usize = bodies.iter().map(String::len).sum();
    let count = (size / PACK).next_power_of_two().max(1);
    let mut contents: Vec<Vec<&str>> = vec![Vec::new(); count];
    let mut entries = Vec::new();
    for (kept, body) in objects.iter().zip(&bodies) {
        let pack = place(&kept.object, count);
        entries.push(Entry { object: kept.object.clone(), pack, position: contents[pack].len() });
        contents[pack].push(body);
    }
    let (mut packs, mut chunks) = (Vec::new(), BTreeMap::new());
    for content in contents {
        let compressed = compress(format!("[{}]", content.join(",")).as_bytes())?;
        let cut: Vec<_> = compressed.chunks(CHUNK).map(|chunk| (hash(chunk), chunk.to_vec())).collect();
        packs.push(cut.iter().map(|(hash, _)| hash.clone()).collect());
        chunks.extend(cut);
    }
    Ok(Packed { entries, packs, chunks })
}

/// The objects of a version, from its chunks.
pub fn unpack(
    entries: &[Entry],
    packs: &[Vec<String>],
    chunks: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<Kept>, Damage> {
    let mut contents = Vec::new();
    for pack in packs {
        let mut compressed = Vec::new();
        for name in pack {
            let chunk = chunks.get(name).ok_or_else(|| Damage::Missing(name.clone()))?;
            if hash(chunk) != *name {
                return Err(Damage::Changed(name.clone()));
            }
            compressed.extend_from_slice(chunk);
        }
        let content = decompress(&compressed).map_err(|_| Damage::Unreadable)?;
        contents.push(serde_json::from_slice::<Vec<Value>>(&content).map_err(|_| Damage::Unreadable)?);
    }
    let kept = entries.iter().map(|entry| {
        let body = contents.get_mut(entry.pack).and_then(|pack| pack.get_mut(entry.position));
        Some(Kept { object: entry.object.clone(), body: body?.take() })
    });
    kept.collect::<Option<_>>().ok_or(Damage::Unreadable)
}

/// Which of so many packs an object belongs to.
fn place(object: &ObjectRef, packs: usize) -> usize {
    let name = digest(&SHA256, object.path().as_bytes());
    let number = name.as_ref().iter().take(4).fold(0, |number, byte| number << 8 | usize::from(*byte));
    number % packs
}

/// The first half of a SHA-256, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

pub fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use drover::model::object::CONFIG_MAPS;
    use serde_json::json;

    use super::*;

    fn kept(number: usize, body: &str) -> Kept {
        let object = ObjectRef::namespaced(CONFIG_MAPS, "shop", format!("c{number}"));
        Kept { object, body: json!({"data": {"a": body}}) }
    }

    /// Text that does not compress, as encrypted values are.
    fn noise(seed: usize, bytes: usize) -> String {
        let blocks = (0..bytes / 32).map(|block| hash(format!("{seed} {block}").as_bytes()));
        blocks.collect()
    }

    fn read(packed: &Packed) -> Result<Vec<Kept>, Damage> {
        unpack(&packed.entries, &packed.packs, &packed.chunks)
    }

    #[test]
    fn what_was_packed_is_read_again_whatever_its_size() {
        for objects in [
            Vec::new(),
            vec![kept(1, "x")],
            (0..500).map(|number| kept(number, &noise(number, 4_000))).collect(),
            vec![kept(1, &noise(1, 2_400_000)), kept(2, "small")],
        ] {
            let packed = pack(&objects).unwrap();
            assert!(packed.chunks.values().all(|chunk| chunk.len() <= CHUNK));
            assert_eq!(read(&packed), Ok(objects));
        }
    }

    #[test]
    fn a_change_of_one_object_changes_one_chunk_of_many() {
        let mut objects: Vec<_> = (0..500).map(|number| kept(number, &noise(number, 4_000))).collect();
        let before = pack(&objects).unwrap();
        objects[7] = kept(7, &noise(9_999, 4_000));
        let after = pack(&objects).unwrap();
        let new = after.chunks.keys().filter(|hash| !before.chunks.contains_key(*hash)).count();
        assert_eq!((new, before.chunks.len() > 2), (1, true));
    }

    #[test]
    fn damage_is_seen() {
        let mut packed = pack(&[kept(1, "x")]).unwrap();
        let chunk = packed.chunks.keys().next().unwrap().clone();
        packed.chunks.values_mut().next().unwrap()[20] ^= 1;
        assert_eq!(read(&packed), Err(Damage::Changed(chunk.clone())));
        packed.chunks.clear();
        assert_eq!(read(&packed), Err(Damage::Missing(chunk)));
    }
}
