//! What `kubectl bundle` stored, read with other eyes than its own.

use std::collections::BTreeMap;
use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::namespace::Namespace;

/// All Secrets of a bundle.
#[derive(Clone)]
pub struct StoredBundle {
    /// Those with an index, by name.
    indexes: BTreeMap<String, Value>,
    /// What the others hold, by name.
    pub chunks: BTreeMap<String, Vec<u8>>,
    name: String,
}

/// A version that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredVersion {
    /// What history shows of it.
    pub summary: Value,
    /// By `RESOURCE/NAME`, such as `configmaps/settings`.
    pub objects: BTreeMap<String, Value>,
    /// The images that ran.
    pub images: Vec<Value>,
}

impl StoredBundle {
    pub fn read(namespace: &Namespace, name: &str) -> Self {
        let selector = format!("--selector=drover.dev/bundle={name}");
        let list = namespace.kubectl(["get", "secrets", &selector, "--output=json"]).success().stdout;
        let mut list: Value = serde_json::from_str(&list).expect("`kubectl get --output=json` prints JSON");
        let secrets = list["items"].as_array_mut().expect("a list has items").drain(..);
        let (mut indexes, mut chunks) = (BTreeMap::new(), BTreeMap::new());
        for secret in secrets {
            let name = text(&secret["metadata"]["name"]);
            match text(&secret["metadata"]["labels"]["drover.dev/bundle-part"]).as_str() {
                "version" => drop(indexes.insert(name, secret)),
                "chunk" => drop(chunks.insert(name, bytes(&secret["data"]["chunk"]))),
                other => panic!("secret/{name} is a {other}"),
            }
        }
        Self { indexes, chunks, name: name.to_owned() }
    }

    /// How many Secrets it has.
    pub fn secrets(&self) -> usize {
        self.indexes.len() + self.chunks.len()
    }

    /// The names of the versions, of which each must be whole.
    pub fn names(&self) -> Vec<String> {
        self.versions().into_keys().collect()
    }

    /// All versions by their names. Panics unless each is whole.
    pub fn versions(&self) -> BTreeMap<String, StoredVersion> {
        self.try_versions().unwrap_or_else(|damage| panic!("{damage}"))
    }

    /// All versions by their names; the error says of which what is wrong.
    pub fn try_versions(&self) -> Result<BTreeMap<String, StoredVersion>, String> {
        let read = self.indexes.iter().map(|(name, index)| {
            let version = self.version(index).map_err(|damage| format!("secret/{name}: {damage}"))?;
            Ok((text(&version.summary["version"]), version))
        });
        read.collect()
    }

    /// The chunks that no version needs.
    pub fn unneeded(&self) -> Vec<String> {
        let versions = self.versions();
        let needed: Vec<String> = versions
            .values()
            .flat_map(|version| version.summary["chunks"].as_array().expect("a list"))
            .map(|hash| self.chunk_name(hash))
            .collect();
        self.chunks.keys().filter(|name| !needed.contains(name)).cloned().collect()
    }

    fn chunk_name(&self, hash: &Value) -> String {
        format!("drover-bundle-{}-{}", self.name, text(hash))
    }

    fn version(&self, index: &Value) -> Result<StoredVersion, String> {
        let summary = json(text(&index["metadata"]["annotations"]["drover.dev/bundle-version"]).as_bytes())?;
        let content = json(&unzipped(&bytes(&index["data"]["index"]))?)?;
        let mut packs = Vec::new();
        for pack in content["packs"].as_array().ok_or("no packs")? {
            let mut zipped = Vec::new();
            for hash in pack.as_array().ok_or("a pack without chunks")? {
                let name = self.chunk_name(hash);
                let chunk = self.chunks.get(&name).ok_or(format!("secret/{name} is gone"))?;
                let sum: String =
                    digest(&SHA256, chunk).as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
                if sum != text(hash) {
                    return Err(format!("secret/{name} holds something else"));
                }
                zipped.extend_from_slice(chunk);
            }
            packs.push(json(&unzipped(&zipped)?)?);
        }
        let mut objects = BTreeMap::new();
        for entry in content["entries"].as_array().ok_or("no entries")? {
            let number = |key: &str| entry[key].as_u64().and_then(|number| usize::try_from(number).ok());
            let body = number("pack").zip(number("position")).map(|(pack, position)| &packs[pack][position]);
            let body = body.filter(|body| body.is_object()).ok_or(format!("nothing at {entry}"))?;
            let object = &entry["object"];
            if body["metadata"]["name"] != object["name"] || body["kind"] != object["kind"] {
                return Err(format!("another object at {entry}"));
            }
            objects.insert(format!("{}/{}", text(&object["resource"]), text(&object["name"])), body.clone());
        }
        let counted = summary["objects"].as_u64().and_then(|count| usize::try_from(count).ok());
        if counted != Some(objects.len()) {
            return Err(format!("{} objects, not {}", objects.len(), summary["objects"]));
        }
        let images = content["images"].as_array().cloned().unwrap_or_default();
        Ok(StoredVersion { summary, objects, images })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(text(value)).expect("a Secret holds base64")
}

fn json(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|error| format!("no JSON: {error}"))
}

fn unzipped(zipped: &[u8]) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    GzDecoder::new(zipped).read_to_end(&mut content).map_err(|error| format!("no gzip: {error}"))?;
    Ok(content)
}
