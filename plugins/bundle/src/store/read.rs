//! Reads what is stored: of Secrets the metadata, and the data only of those that a version needs.

use std::collections::{BTreeMap, BTreeSet};

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
use super::version::{Index, IndexError, Mark, Summary};
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
    pub chunks: BTreeMap<String, Part<Vec<Mark>>>,
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

    /// The versions whose summary can't be read.
    pub fn unreadable(&self) -> impl Iterator<Item = &Part<Summary>> {
        self.versions.values().filter(|part| part.says.is_none())
    }

    /// The number of the next version: also above those whose summary can't be read.
    pub fn next_number(&self) -> u32 {
        let named = self.versions.keys().filter_map(|name| name.rsplit_once("-v")?.1.parse::<u32>().ok());
        named.max().unwrap_or(0).saturating_add(1)
    }

    /// The runs that are over, since their version is there. What was rebuilt from a workload's past is
    /// written before the version itself, and says nothing of it.
    pub fn committed(&self) -> BTreeSet<&str> {
        let summaries = self.versions.values().filter_map(|part| part.says.as_ref());
        let numbered = summaries.filter(|summary| summary.number().is_some());
        numbered.map(|summary| summary.attempt.as_str()).collect()
    }

    /// The chunks that a version needs and that are not there.
    pub fn missing(&self, name: &BundleName, namespace: &str, summary: &Summary) -> Vec<ObjectRef> {
        let chunks = summary.chunks.iter().map(|hash| name.chunk(namespace, hash));
        chunks.filter(|chunk| !self.chunks.contains_key(&chunk.name)).collect()
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

/// A version with all its objects.
#[derive(Debug)]
pub struct Loaded {
    pub index: Index,
    pub objects: Vec<Kept>,
}

/// Why a version can't be had.
#[derive(Debug)]
pub enum LoadError {
    /// Parts of it are lost; to record another is a way on.
    Lost(Failure),
    /// Anything else, which has a way on of its own.
    Refused(Failure),
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let (LoadError::Lost(failure) | LoadError::Refused(failure)) = error;
        failure
    }
}

impl From<ClusterError> for LoadError {
    fn from(error: ClusterError) -> Self {
        Self::Refused(error.into())
    }
}

/// The index of a version.
///
/// # Errors
/// When it is gone, or is not what this program writes.
pub async fn index(cluster: &Cluster, name: &BundleName, version: &str) -> Result<Index, LoadError> {
    let object = name.index(&cluster.namespace, version);
    let Some(bytes) = data(cluster, &object, INDEX_KEY).await? else {
        return Err(lost(name, version, &format!("{object} is gone")));
    };
    Index::decode(&bytes).map_err(|error| match error {
        IndexError::Unreadable => lost(name, version, &format!("{object}: {error}")),
        IndexError::Newer => LoadError::Refused(
            unreadable(name, version, &format!("{object}: {error}"))
                .hint("install the newest:  kubectl krew upgrade bundle"),
        ),
    })
}

/// A version, in two waves: its index, and all its chunks.
///
/// # Errors
/// As [`index`], and when a chunk is gone or was changed.
pub async fn load(cluster: &Cluster, name: &BundleName, version: &str) -> Result<Loaded, LoadError> {
    let index = index(cluster, name, version).await?;
    let mut hashes: Vec<_> = index.packs.iter().flatten().collect();
    hashes.sort();
    hashes.dedup();
    let chunks = try_join_all(hashes.into_iter().map(async |hash| {
        let chunk = name.chunk(&cluster.namespace, hash);
        Ok::<_, ClusterError>(data(cluster, &chunk, CHUNK_KEY).await?.map(|bytes| (hash.clone(), bytes)))
    }))
    .await?;
    let chunks: BTreeMap<_, _> = chunks.into_iter().flatten().collect();
    let objects = unpack(&index.entries, &index.packs, &chunks).map_err(|damage| {
        let chunk = |hash: &str| name.chunk(&cluster.namespace, hash);
        match damage {
            Damage::Missing(hash) => lost(name, version, &format!("{} is gone", chunk(&hash))),
            Damage::Unreadable => lost(name, version, "its objects are not where its index says"),
            // As long as it is there, no version could be recorded that needs it.
            Damage::Changed(hash) => LoadError::Refused(changed(name, version, &chunk(&hash))),
        }
    })?;
    Ok(Loaded { index, objects })
}

fn unreadable(name: &BundleName, version: &str, cause: &str) -> Failure {
    Failure::new(format!("version {version} of bundle/{name} can't be read: {cause}"))
}

fn lost(name: &BundleName, version: &str, cause: &str) -> LoadError {
    LoadError::Lost(
        unreadable(name, version, cause)
            .hint(format!("see the other versions:  kubectl bundle history {name}"))
            .hint(format!("record a new one:  kubectl bundle snapshot {name}")),
    )
}

fn changed(name: &BundleName, version: &str, chunk: &ObjectRef) -> Failure {
    let namespace = chunk.namespace.as_deref().unwrap_or_default();
    unreadable(name, version, &format!("{chunk} does not hold what its name says"))
        .hint(format!("delete it, it is of no use:  kubectl delete {chunk} -n {namespace}"))
        .hint(format!("then record a new version:  kubectl bundle snapshot {name}"))
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
