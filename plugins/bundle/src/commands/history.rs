//! `kubectl bundle history`: the versions of a bundle, from their metadata alone.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Cluster;
use drover::print::{age, table};
use jiff::Timestamp;

use super::session::does_not_exist;
use crate::args::HistoryArgs;
use crate::store::{BundleName, Origin, Summary, stored};

pub async fn run(cluster: &Cluster, options: &HistoryArgs, streams: &mut Streams) -> Result<(), Failure> {
    show(cluster, &options.name, options.output, streams).await
}

pub async fn show(
    cluster: &Cluster,
    name: &BundleName,
    output: Option<OutputFormat>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let stored = stored(cluster, name).await?;
    if stored.definition.is_none() && stored.versions.is_empty() {
        return Err(does_not_exist(cluster, name).await);
    }
    for part in stored.unreadable() {
        streams.say(&format!("warning: secret/{}: its summary can't be read", part.metadata.name), 9)?;
    }
    let summaries = stored.summaries();
    for summary in &summaries {
        if let Some(chunk) = stored.missing(name, &cluster.namespace, summary).first() {
            let version = &summary.version;
            streams.say(&format!("warning: version {version} can't be read: {chunk} is gone"), 9)?;
        }
    }
    match output {
        Some(OutputFormat::Json | OutputFormat::Yaml) => {
            streams.structured(output, "BundleVersionList", &summaries)?;
        }
        Some(OutputFormat::Name) => {
            for summary in &summaries {
                writeln!(streams.out, "{}", summary.version)?;
            }
        }
        form => {
            write!(streams.out, "{}", rows(&summaries, cluster.now(), form == Some(OutputFormat::Wide)))?;
        }
    }
    Ok(())
}

fn rows(summaries: &[&Summary], now: Timestamp, wide: bool) -> String {
    let mut headings = vec!["VERSION", "AGE", "OBJECTS", "ORIGIN", "BY", "MESSAGE"];
    if wide {
        headings.insert(1, "RECORDED");
    }
    let row = |summary: &&Summary| {
        let objects = match summary.unread {
            0 => summary.objects.to_string(),
            unread => format!("{} ({unread} not read)", summary.objects),
        };
        let mut row = vec![
            summary.version.clone(),
            age(now.duration_since(summary.at).as_secs()),
            objects,
            origin(summary.origin).to_owned(),
            summary.by.clone().unwrap_or_default(),
            summary.message.clone().unwrap_or_default(),
        ];
        if wide {
            row.insert(1, summary.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
        }
        row
    };
    table(&headings, &summaries.iter().map(row).collect::<Vec<_>>())
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Recorded => "recorded",
        Origin::Automatic => "automatic",
        Origin::Partial => "partial",
    }
}
