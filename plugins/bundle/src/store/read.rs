//! Reads what is stored: of Secrets the metadata, and the data only of those that a version needs.

use std::collections::BTreeMap;

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, Query};
use drover::model::object::{CONFIG_MAPS, Metadata, ObjectRef};
use futures::future::{try_join, try_join_all};
use k8s_openapi::ByteString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::name::BundleName;
use super::pack::{Damage, Kept, unpack};
use super::version::{Index, Mark, Summary};
use super::write::{CHUNK_KEY, INDEX_KEY, MARK, SUMMARY};
use super::{BUNDLE_LABEL, Definition, PART_LABEL};
use crate::kinds::SECRETS;

/// All that is stored of one bundle, without what the Secrets hold.
#[derive(Debug, Default)]
pub struct Stored {
    pub definition: Option<Value>,
    /// By the name of the index Secret.
    pub versions: BTreeMap<String, Part<Summary>>,
    /// By the name of the chunk Secret.
    pub chunks: BTreeMap<String, Part<Mark>>,
}

/// One Secret of a bundle.
#[derive(Debug)]
pub struct Part<T> {
    pub metadata: Metadata,
    /// What its annotation says; none where that can't be understood.
    pub says: Option<T>,
}

impl<T: DeserializeOwned> Part<T> {
    fn new(metadata: Metadata, annotation: &str) -> Self {
        let says = metadata.annotation(annotation).and_then(|text| serde_json::from_str(text).ok());
        Self { metadata, says }
    }
}

#[derive(Deserialize)]
struct Listed {
    metadata: Metadata,
}

impl Stored {
    /// Takes note of one Secret.
    pub fn note(&mut self, metadata: Metadata) {
        let name = metadata.name.clone();
        match metadata.labels.get(PART_LABEL).map(String::as_str) {
            Some("version") => {
                self.versions.insert(name, Part::new(metadata, SUMMARY));
            }
            Some("chunk") => {
                self.chunks.insert(name, Part::new(metadata, MARK));
            }
            _ => {}
        }
    }

    /// What the versions say of themselves: those rebuilt from a workload's past first, then by number.
    pub fn summaries(&self) -> Vec<&Summary> {
        let mut summaries: Vec<_> = self.versions.values().filter_map(|part| part.says.as_ref()).collect();
        summaries.sort_by_key(|summary| (summary.number(), summary.at));
        summaries
    }

    /// The version with the highest number.
    pub fn last(&self) -> Option<&Summary> {
        self.summaries().into_iter().rfind(|summary| summary.number().is_some())
    }

    /// The last version that a person meant to be kept.
    pub fn last_meant(&self) -> Option<&Summary> {
        self.summaries().into_iter().rfind(|summary| summary.is_meant())
    }

    /// The version of that name.
    ///
    /// # Errors
    /// When there is none: with those that there are.
    pub fn named(&self, name: &BundleName, version: &str) -> Result<&Summary, Failure> {
        let summaries = self.summaries();
        if let Some(summary) = summaries.iter().find(|summary| summary.version == version) {
            return Ok(summary);
        }
        let names: Vec<_> = summaries.iter().map(|summary| summary.version.as_str()).collect();
        let there_are = if names.is_empty() {
            format!("it has none yet; record one:  kubectl bundle snapshot {name}")
        } else {
            format!("there are: {}", names.join(", "))
        };
        Err(Failure::new(format!("bundle/{name} has no version {version:?}")).hint(there_are))
    }
}

/// Everything that is stored of a bundle, in one wave.
pub async fn stored(cluster: &Cluster, name: &BundleName) -> Result<Stored, ClusterError> {
    let definition = name.definition(&cluster.namespace);
    let query =
        Query::all(SECRETS, &cluster.namespace).labelled(format!("{BUNDLE_LABEL}={name}")).metadata_only();
    let (definition, listing) = try_join(
        cluster.get_optional(&definition),
        cluster.fold(&query, |stored: &mut Stored, listed: Listed| stored.note(listed.metadata)),
    )
    .await?;
    Ok(Stored { definition, ..listing.items })
}

/// One bundle of a list.
#[derive(Debug, Default)]
pub struct Bundles(pub BTreeMap<(String, BundleName), (Option<Definition>, Vec<Summary>)>);

/// All bundles of a namespace, or of all, with the summaries of their versions, in one wave.
pub async fn bundles(cluster: &Cluster, namespace: Option<&str>) -> Result<Bundles, ClusterError> {
    let of = |resource, selector: &str| {
        let mut query = Query::all(resource, "").labelled(selector);
        query.namespace = namespace.map(str::to_owned);
        query
    };
    let definitions = of(CONFIG_MAPS, BUNDLE_LABEL);
    let versions = of(SECRETS, &format!("{BUNDLE_LABEL},{PART_LABEL}=version")).metadata_only();
    let (definitions, versions) =
        try_join(cluster.list::<Value>(&definitions), cluster.list::<Listed>(&versions)).await?;
    let mut all = Bundles::default();
    for config_map in definitions.items {
        let metadata = Metadata::deserialize(&config_map["metadata"]).unwrap_or_default();
        if let Some(name) = Definition::name_in(&metadata) {
            all.0.entry((metadata.namespace, name)).or_default().0 = Definition::read(&config_map);
        }
    }
    for Listed { metadata } in versions.items {
        let Some(name) = Definition::name_in(&metadata) else { continue };
        let part = Part::<Summary>::new(metadata, SUMMARY);
        all.0.entry((part.metadata.namespace, name)).or_default().1.extend(part.says);
    }
    Ok(all)
}

/// What all versions of a bundle say of themselves.
pub async fn summaries(cluster: &Cluster, name: &BundleName) -> Result<Vec<Summary>, ClusterError> {
    let selector = format!("{BUNDLE_LABEL}={name},{PART_LABEL}=version");
    let query = Query::all(SECRETS, &cluster.namespace).labelled(selector).metadata_only();
    let keep = |summaries: &mut Vec<Summary>, listed: Listed| {
        summaries.extend(Part::new(listed.metadata, SUMMARY).says);
    };
    Ok(cluster.fold(&query, keep).await?.items)
}

/// What each bundle of the namespace starts from.
pub async fn definitions(cluster: &Cluster) -> Result<BTreeMap<BundleName, Definition>, ClusterError> {
    let query = Query::all(CONFIG_MAPS, &cluster.namespace).labelled(BUNDLE_LABEL);
    let keep = |definitions: &mut BTreeMap<_, _>, config_map: Value| {
        let metadata = Metadata::deserialize(&config_map["metadata"]).unwrap_or_default();
        definitions.extend(Definition::name_in(&metadata).zip(Definition::read(&config_map)));
    };
    Ok(cluster.fold(&query, keep).await?.items)
}

/// A version with all its objects.
#[derive(Debug)]
pub struct Loaded {
    pub index: Index,
    pub objects: Vec<Kept>,
}

/// The index of a version.
///
/// # Errors
/// When it is gone, or is not what this program writes.
pub async fn index(cluster: &Cluster, name: &BundleName, version: &str) -> Result<Index, Failure> {
    let object = name.index(&cluster.namespace, version);
    let Some(bytes) = data(cluster, &object, INDEX_KEY).await? else {
        return Err(unreadable(name, version, &object, &Damage::Missing));
    };
    Index::decode(&bytes).map_err(|error| unreadable(name, version, &object, &error))
}

/// A version, in two waves: its index, and all its chunks.
///
/// # Errors
/// As [`index`], and when a chunk is gone or was changed.
pub async fn load(cluster: &Cluster, name: &BundleName, version: &str) -> Result<Loaded, Failure> {
    let index = index(cluster, name, version).await?;
    let objects = objects(cluster, name, version, &index).await?;
    Ok(Loaded { index, objects })
}

async fn objects(
    cluster: &Cluster,
    name: &BundleName,
    version: &str,
    index: &Index,
) -> Result<Vec<Kept>, Failure> {
    let mut hashes: Vec<_> = index.packs.iter().flatten().collect();
    hashes.sort();
    hashes.dedup();
    let chunks = try_join_all(hashes.into_iter().map(async |hash| {
        let chunk = name.chunk(&cluster.namespace, hash);
        Ok::<_, ClusterError>(data(cluster, &chunk, CHUNK_KEY).await?.map(|bytes| (hash.clone(), bytes)))
    }))
    .await?;
    let chunks: BTreeMap<_, _> = chunks.into_iter().flatten().collect();
    unpack(&index.entries, &index.packs, &chunks)
        .map_err(|damage| unreadable(name, version, &name.index(&cluster.namespace, version), &damage))
}

fn unreadable(
    name: &BundleName,
    version: &str,
    object: &ObjectRef,
    cause: &dyn std::error::Error,
) -> Failure {
    Failure::new(format!("version {version} of bundle/{name} ({object}) can't be read: {cause}"))
        .hint(format!("see the other versions:  kubectl bundle history {name}"))
}

/// What a Secret holds under a key; none where there is no such Secret.
async fn data(cluster: &Cluster, object: &ObjectRef, key: &str) -> Result<Option<Vec<u8>>, ClusterError> {
    #[derive(Deserialize)]
    struct Secret {
        #[serde(default)]
        data: BTreeMap<String, ByteString>,
    }
    let secret: Option<Secret> = cluster.get_optional(object).await?;
    Ok(secret.and_then(|mut secret| secret.data.remove(key)).map(|bytes| bytes.0))
}
