//! Reads the versions themselves, and says what became of one that can't be read.

use std::collections::BTreeMap;

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError};
use drover::model::object::ObjectRef;
use futures::future::{join, try_join_all};
use k8s_openapi::ByteString;
use serde::Deserialize;

use super::name::BundleName;
use super::pack::{Damage, Kept, unpack};
use super::version::{CHUNK_KEY, INDEX_KEY, Index, IndexError, Summary};

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
    complete(cluster, name, version, index(cluster, name, version).await?).await
}

/// A version of which the summary is known, in one wave: the summary names the chunks.
///
/// # Errors
/// As [`load`].
pub async fn load_known(
    cluster: &Cluster,
    name: &BundleName,
    summary: &Summary,
) -> Result<Loaded, LoadError> {
    let version = &summary.version;
    let named: Vec<_> = summary.chunks.iter().collect();
    let (index, found) = join(index(cluster, name, version), chunks(cluster, name, named)).await;
    let (index, mut found) = (index?, found?);
    // What an index says counts: anybody may have changed an annotation.
    let more = hashes(&index).into_iter().filter(|hash| !found.contains_key(*hash)).collect();
    found.extend(chunks(cluster, name, more).await?);
    unpacked(cluster, name, version, index, &found)
}

/// A version of which the index is known.
///
/// # Errors
/// When a chunk is gone or was changed.
pub async fn complete(
    cluster: &Cluster,
    name: &BundleName,
    version: &str,
    index: Index,
) -> Result<Loaded, LoadError> {
    let found = chunks(cluster, name, hashes(&index)).await?;
    unpacked(cluster, name, version, index, &found)
}

fn hashes(index: &Index) -> Vec<&String> {
    let mut hashes: Vec<_> = index.packs.iter().flatten().collect();
    hashes.sort();
    hashes.dedup();
    hashes
}

/// Those that are there, by their hash.
async fn chunks(
    cluster: &Cluster,
    name: &BundleName,
    hashes: Vec<&String>,
) -> Result<BTreeMap<String, Vec<u8>>, ClusterError> {
    let found = try_join_all(hashes.into_iter().map(async |hash| {
        let chunk = name.chunk(&cluster.namespace, hash);
        Ok::<_, ClusterError>(data(cluster, &chunk, CHUNK_KEY).await?.map(|bytes| (hash.clone(), bytes)))
    }));
    Ok(found.await?.into_iter().flatten().collect())
}

fn unpacked(
    cluster: &Cluster,
    name: &BundleName,
    version: &str,
    index: Index,
    chunks: &BTreeMap<String, Vec<u8>>,
) -> Result<Loaded, LoadError> {
    let objects = unpack(&index.entries, &index.packs, chunks).map_err(|damage| {
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
