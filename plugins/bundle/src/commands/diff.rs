//! `kubectl bundle diff`: what changed since a version, or between two.

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::{Cluster, ClusterError, ErrorKind};
use drover::model::object::ObjectRef;
use drover::print::age;
use futures::channel::oneshot::Sender;
use futures::future::join_all;
use futures::try_join;
use serde_json::Value;

use super::external;
use super::live;
use super::session::{does_not_exist, read_definition};
use crate::args::DiffArgs;
use crate::capture::capture;
use crate::compare::Masking;
use crate::comparison::{Comparison, Side};
use crate::membership::Start;
use crate::observe::{self, Depth};
use crate::report::{Screen, State, render};
use crate::state::Current;
use crate::store::{Kept, Loaded, Stored, Summary, Unread, load_known, stored};

pub async fn run(cluster: &Cluster, arguments: &DiffArgs, streams: &mut Streams) -> Result<(), Failure> {
    // Before anything is read: without it no value may be shown.
    let masking = Masking::new(arguments.reveal)?;
    match &arguments.after {
        Some(after) => between(cluster, arguments, after, &masking, streams).await,
        None => with_live(cluster, arguments, &masking, streams).await,
    }
}

/// Two versions, from what they keep alone.
async fn between(
    cluster: &Cluster,
    arguments: &DiffArgs,
    after: &str,
    masking: &Masking,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let name = &arguments.name;
    let stored = stored(cluster, name).await?;
    let (before, after) = (version(cluster, arguments, &stored).await?, stored.named(name, after)?);
    let (one, other) = try_join!(load_known(cluster, name, before), load_known(cluster, name, after))?;
    let heading = format!("{} → {}", words(before, cluster), words(after, cluster));
    let comparison = Comparison::new(side(&one), side(&other), &[], masking);
    report(&comparison, &heading, cluster, arguments, streams)
}

/// A version and what is there now.
async fn with_live(
    cluster: &Cluster,
    arguments: &DiffArgs,
    masking: &Masking,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let name = &arguments.name;
    let read = async |begin: Sender<Start>| {
        let stored = stored(cluster, name).await?;
        let Some(config_map) = &stored.definition else { return Err(does_not_exist(cluster, name).await) };
        let definition = read_definition(name, &cluster.namespace, config_map)?;
        let _ = begin.send(definition.start());
        let before = version(cluster, arguments, &stored).await?.clone();
        let loaded = load_known(cluster, name, &before).await?;
        Ok::<_, Failure>((definition, before, loaded))
    };
    let (observed, (definition, before, loaded)) =
        observe::members_while(cluster, Depth::Whole, read).await?;
    let mut current = Current::of(observed);
    live::warn(name, &definition, &current, streams)?;
    let not_served = look_again(cluster, &loaded.objects, &mut current).await?;
    let heading = format!("{} → live", words(&before, cluster));
    // What a workload was says nothing about the rest.
    if before.number().is_none() {
        current.objects.retain(|kept| loaded.objects.iter().any(|old| old.object == kept.object));
    }
    let after = Side { objects: &current.objects, unread: &current.unread };
    let comparison = Comparison::new(side(&loaded), after, &not_served, masking);
    report(&comparison, &heading, cluster, arguments, streams)
}

/// Objects of the version that are no members any more: some are there all the same. Gives those whose
/// kind the cluster does not serve any more.
async fn look_again(
    cluster: &Cluster,
    before: &[Kept],
    current: &mut Current,
) -> Result<Vec<ObjectRef>, ClusterError> {
    let is_known = |object: &ObjectRef| {
        current.objects.iter().any(|kept| kept.object == *object)
            || current.unread.iter().any(|unread| unread.object == *object)
    };
    let unknown: Vec<_> = before.iter().map(|kept| &kept.object).filter(|object| !is_known(object)).collect();
    let found = join_all(unknown.iter().map(|object| cluster.get::<Value>(object))).await;
    let mut not_served = Vec::new();
    for (object, found) in unknown.into_iter().zip(found) {
        let object = object.clone();
        match found {
            Ok(body) => current.objects.push(Kept { body: capture(object.resource, body), object }),
            Err(error) if error.is_not_served() => not_served.push(object),
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) if error.kind == ErrorKind::Forbidden => {
                current.unread.push(Unread { object, why: "forbidden".to_owned() });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(not_served)
}

/// The earlier version: the one that was asked for, or the last that a person meant to be kept.
async fn version<'a>(
    cluster: &Cluster,
    arguments: &DiffArgs,
    stored: &'a Stored,
) -> Result<&'a Summary, Failure> {
    let name = &arguments.name;
    if stored.definition.is_none() && stored.versions.is_empty() {
        return Err(does_not_exist(cluster, name).await);
    }
    match &arguments.before {
        Some(version) => stored.named(name, version),
        None => stored.last_meant().ok_or_else(|| {
            Failure::new(format!("bundle/{name} has no version that a person recorded"))
                .hint(format!("record one:  kubectl bundle snapshot {name}"))
        }),
    }
}

fn side(loaded: &Loaded) -> Side<'_> {
    Side { objects: &loaded.objects, unread: &loaded.index.unread }
}

/// `version 7 ("before 1.5", 3h ago)`.
fn words(summary: &Summary, cluster: &Cluster) -> String {
    let ago = age(cluster.now().duration_since(summary.at).as_secs());
    match &summary.message {
        Some(message) => format!("version {} ({message:?}, {ago} ago)", summary.version),
        None => format!("version {} ({ago} ago)", summary.version),
    }
}

fn report(
    comparison: &Comparison<'_>,
    heading: &str,
    cluster: &Cluster,
    arguments: &DiffArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let differences = comparison.differences();
    match arguments.output {
        Some(OutputFormat::Json | OutputFormat::Yaml) => {
            streams.structured(arguments.output, "BundleDifferenceList", &differences)?;
        }
        Some(_) => {
            for difference in differences.iter().filter(|difference| difference.state.is_different()) {
                writeln!(streams.out, "{}", difference.object)?;
            }
        }
        None if external::is_wanted() => external::show(&comparison.files(), streams)?,
        None if differences.is_empty() => {}
        None => {
            let screen = Screen { width: streams.out_width, colour: streams.colour, now: cluster.now() };
            write!(streams.out, "{}", render(heading, &differences, comparison.len(), &screen))?;
        }
    }
    streams.out.flush()?;
    let is_different = |state: State| state.is_different();
    if differences.iter().any(|difference| is_different(difference.state)) {
        return Err(Failure::differences());
    }
    Ok(())
}
