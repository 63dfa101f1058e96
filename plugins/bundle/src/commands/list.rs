//! `kubectl bundle list`: which bundles there are.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::print::{age, table};
use jiff::Timestamp;
use serde::Serialize;

use crate::args::ListArgs;
use crate::store::{Summary, bundles};

/// One bundle. This is the schema of `-o json`, described in the README.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    namespace: String,
    bundle: String,
    /// Such as `service/web`; none where only versions are left.
    roots: Vec<String>,
    /// How many versions there are, without those rebuilt from the past.
    versions: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Summary>,
}

pub async fn run(cluster: &Cluster, options: &ListArgs, streams: &mut Streams) -> Result<(), Failure> {
    let namespace = (!options.all_namespaces).then_some(cluster.namespace.as_str());
    let bundles = bundles(cluster, namespace).await?;
    let listed: Vec<_> = bundles
        .0
        .into_iter()
        .map(|((namespace, name), (definition, summaries))| Listed {
            namespace,
            bundle: name.to_string(),
            roots: definition.iter().flat_map(|one| &one.roots).map(ToString::to_string).collect(),
            versions: summaries.iter().filter(|summary| summary.number().is_some()).count(),
            last: summaries.into_iter().max_by_key(Summary::number).filter(|last| last.number().is_some()),
        })
        .collect();
    match options.output {
        Some(OutputFormat::Json | OutputFormat::Yaml) => {
            streams.structured(options.output, "BundleList", &listed)?;
        }
        Some(OutputFormat::Name) => {
            for one in &listed {
                writeln!(streams.out, "bundle.drover.dev/{}", one.bundle)?;
            }
        }
        _ if listed.is_empty() => {
            let place = namespace.map_or("any namespace".to_owned(), |name| format!("{name} namespace"));
            streams.say(&format!("No bundles found in {place}."), 0)?;
        }
        form => {
            let rows = rows(&listed, cluster.now(), options.all_namespaces, form == Some(OutputFormat::Wide));
            write!(streams.out, "{rows}")?;
        }
    }
    Ok(())
}

fn rows(listed: &[Listed], now: Timestamp, with_namespace: bool, wide: bool) -> String {
    let mut headings = vec!["NAME", "STARTS FROM", "VERSIONS", "LAST", "AGE"];
    if with_namespace {
        headings.insert(0, "NAMESPACE");
    }
    if wide {
        headings.extend(["BY", "MESSAGE"]);
    }
    let row = |one: &Listed| {
        let last = one.last.as_ref();
        let text = |of: fn(&Summary) -> Option<String>| last.and_then(of).unwrap_or_default();
        let mut row = vec![one.bundle.clone(), one.roots.join(", "), one.versions.to_string()];
        row.push(text(|last| Some(last.version.clone())));
        row.push(last.map(|last| age(now.duration_since(last.at).as_secs())).unwrap_or_default());
        if with_namespace {
            row.insert(0, one.namespace.clone());
        }
        if wide {
            row.extend([text(|last| last.by.clone()), text(|last| last.message.clone())]);
        }
        row
    };
    table(&headings, &listed.iter().map(row).collect::<Vec<_>>())
}
