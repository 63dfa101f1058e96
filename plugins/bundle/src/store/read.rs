//! Reads what is stored of bundles: of Secrets the metadata alone.

use std::collections::{BTreeMap, BTreeSet};

use drover::cli::Failure;
use drover::cluster::{Cluster, ClusterError, Query};
use drover::model::object::{CONFIG_MAPS, Metadata, ObjectRef};
use futures::future::try_join;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::definition::RolledBack;
use super::name::BundleName;
use super::version::{MARK, Mark, SUMMARY, Summary};
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

    /// The last version that a person recorded, or rolled back to.
    pub fn last_meant(&self) -> Option<&Summary> {
        let recorded = self.summaries().into_iter().rfind(|summary| summary.is_meant());
        let rolled_back = self.definition.as_ref().and_then(RolledBack::read);
        let is_later = |at| recorded.is_none_or(|recorded| recorded.at < at);
        rolled_back
            .filter(|rolled_back| is_later(rolled_back.at))
            .and_then(|rolled_back| {
                self.summaries().into_iter().find(|summary| summary.version == rolled_back.version)
            })
            .or(recorded)
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
    let (definition, listing) =
        try_join(cluster.get_optional(&definition), cluster.list::<Listed>(&query)).await?;
    let mut stored = Stored { definition, ..Stored::default() };
    listing.items.into_iter().for_each(|listed| stored.note(listed.metadata));
    Ok(stored)
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

/// The labels of a bundle's versions.
pub fn versions_of(name: &BundleName) -> String {
    format!("{BUNDLE_LABEL}={name},{PART_LABEL}=version")
}

/// What a version says of itself, from its index's metadata; none where that can't be understood.
pub fn summary(index: Metadata) -> Option<Summary> {
    Part::new(index, SUMMARY).says
}

/// What all versions of a bundle say of themselves.
pub async fn summaries(cluster: &Cluster, name: &BundleName) -> Result<Vec<Summary>, ClusterError> {
    let query = Query::all(SECRETS, &cluster.namespace).labelled(versions_of(name));
    cluster.list_metadata(query, summary).await
}

/// What each bundle of the namespace starts from.
pub async fn definitions(cluster: &Cluster) -> Result<BTreeMap<BundleName, Definition>, ClusterError> {
    let query = Query::all(CONFIG_MAPS, &cluster.namespace).labelled(BUNDLE_LABEL);
    let narrow = |config_map: Value| {
        let metadata = Metadata::deserialize(&config_map["metadata"]).unwrap_or_default();
        Definition::name_in(&metadata).zip(Definition::read(&config_map))
    };
    Ok(cluster.list_narrowed(&query, narrow).await?.items.into_iter().collect())
}
