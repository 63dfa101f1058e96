//! `kubectl bundle events`: what happened to the members, in one timeline with the versions.

use std::pin::pin;
use std::time::Duration;

use drover::cli::{Cancel, Failure, OutputFormat, Streams};
use drover::cluster::{Change, Cluster, ClusterError, ErrorKind, Followed};
use drover::model::event::FetchedEvent;
use drover::model::object::CRON_JOBS;
use drover::print::{Structured, write_structured};
use futures::future::{Either, select};
use futures::{StreamExt, join};
use serde::Deserialize;
use serde_json::Value;

use super::session::{does_not_exist, read_definition};
use crate::args::EventsArgs;
use crate::observe::{self, Depth, all_events, cron_jobs_jobs, events, unless_forbidden};
use crate::store::{BundleName, Summary, summaries};
use crate::timeline::{Columns, CronJobsJob, Entry, Family, Seen, Told, timeline};

/// The pause after a watch broke, so that a server that refuses every watch is not flooded.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

pub async fn run(cluster: &Cluster, arguments: &EventsArgs, streams: &mut Streams) -> Result<(), Failure> {
    if !arguments.watch {
        return list(cluster, arguments, streams).await;
    }
    // Nothing is written to the cluster, so that it may stop anywhere.
    let cancel = Cancel::on_signal();
    match select(pin!(cancel.requested()), pin!(watch(cluster, arguments, streams))).await {
        Either::Left(((), _)) => Ok(()),
        Either::Right((result, _)) => result,
    }
}

async fn list(cluster: &Cluster, arguments: &EventsArgs, streams: &mut Streams) -> Result<(), Failure> {
    let (family, versions) = observe(cluster, &arguments.name, streams).await?;
    let events = events(cluster, &family).await.map_err(may_not)?.items;
    if arguments.output.is_none() && events.is_empty() {
        return say_none(&arguments.name, streams);
    }
    let entries = timeline(events, versions);
    if arguments.output.is_some() {
        let told: Vec<_> = entries.iter().map(Told::from).collect();
        streams.structured(arguments.output, "BundleTimeline", &told)?;
        return Ok(());
    }
    let now = cluster.now();
    let columns = Columns::of(&entries, now);
    write!(streams.out, "{}", columns.heading())?;
    for entry in &entries {
        write!(streams.out, "{}", columns.row(entry, now))?;
    }
    Ok(())
}

/// Tells the same, and all that follows, without an end.
async fn watch(cluster: &Cluster, arguments: &EventsArgs, streams: &mut Streams) -> Result<(), Failure> {
    let (family, versions) = observe(cluster, &arguments.name, streams).await?;
    let listing = events(cluster, &family).await.map_err(may_not)?;
    let mut seen = Seen::default();
    let events = seen.news(listing.items);
    if events.is_empty() {
        say_none(&arguments.name, streams)?;
    }
    let entries = timeline(events, versions);
    let columns = Columns::of(&entries, cluster.now());
    let mut teller = Teller { cluster, form: arguments.output, columns, streams };
    teller.begin(&entries)?;
    let mut from = listing.resource_version;
    loop {
        follow(&family, from, &mut seen, &mut teller).await?;
        from = read_anew(&family, &mut seen, &mut teller).await?;
    }
}

/// Follows the events until the watch breaks, which it does from time to time.
async fn follow(
    family: &Family,
    resource_version: String,
    seen: &mut Seen,
    teller: &mut Teller<'_>,
) -> Result<(), Failure> {
    let query = all_events(teller.cluster);
    let mut changes = teller.cluster.follow(&[Followed { query, resource_version }]);
    while let Some(change) = changes.next().await {
        match change {
            Ok(Change { gone: true, object, .. }) => {
                seen.forget(object["metadata"]["uid"].as_str().unwrap_or_default());
            }
            Ok(Change { object, .. }) => {
                let event = FetchedEvent::deserialize(object).ok().and_then(FetchedEvent::read);
                if let Some(event) = event.filter(|event| family.has(&event.object) && seen.note(event)) {
                    teller.tell(&[Entry::Event(event)])?;
                }
            }
            Err(error) if may_pass(&error) => return Ok(()),
            Err(error) => return Err(may_not(error)),
        }
    }
    Ok(())
}

/// Lists all once more, for as long as that takes, and tells what is news.
async fn read_anew(family: &Family, seen: &mut Seen, teller: &mut Teller<'_>) -> Result<String, Failure> {
    loop {
        tokio::time::sleep(PAUSE_AFTER_ERROR).await;
        match events(teller.cluster, family).await {
            Ok(listing) => {
                teller.tell(&timeline(seen.news(listing.items), Vec::new()))?;
                return Ok(listing.resource_version);
            }
            Err(error) if may_pass(&error) => {
                teller.streams.say(&format!("warning: {error}; trying again"), 9)?;
            }
            Err(error) => return Err(may_not(error)),
        }
    }
}

fn may_pass(error: &ClusterError) -> bool {
    error.is_transient() || error.kind == ErrorKind::Expired
}

fn may_not(error: ClusterError) -> Failure {
    let is_forbidden = error.kind == ErrorKind::Forbidden;
    let failure = Failure::from(error);
    if is_forbidden {
        failure.hint("the README of kubectl bundle has a ClusterRole with all that it reads")
    } else {
        failure
    }
}

fn say_none(name: &BundleName, streams: &mut Streams) -> Result<(), Failure> {
    Ok(streams.say(&format!("No events found of bundle/{name}."), 0)?)
}

/// Whose events are asked for, and what stands between them.
async fn observe(
    cluster: &Cluster,
    name: &BundleName,
    streams: &mut Streams,
) -> Result<(Family, Vec<Summary>), Failure> {
    let config_map = name.definition(&cluster.namespace);
    let (survey, config_map, versions) = join!(
        observe::survey(cluster, &[]),
        cluster.get_optional::<Value>(&config_map),
        summaries(cluster, name)
    );
    let (survey, versions) = (survey?, unless_forbidden(versions)?);
    let Some(config_map) = config_map? else { return Err(does_not_exist(cluster, name).await) };
    let definition = read_definition(name, &cluster.namespace, &config_map)?;
    let pins = definition.pins();
    let has_cron_jobs = survey.has_any(CRON_JOBS);
    let (observed, jobs) = join!(
        survey.members(cluster, &definition.roots, &pins, Depth::Metadata),
        jobs(cluster, has_cron_jobs)
    );
    let (observed, jobs) = (observed?, unless_forbidden(jobs)?);
    let mut warnings = observed.warnings;
    if versions.is_none() {
        warnings.push("you may not list secrets: the versions are not shown".to_owned());
    }
    if jobs.is_none() {
        warnings.push("you may not list jobs.batch: those are told that their CronJob named".to_owned());
    }
    streams.warnings(&warnings)?;
    let family = Family::new(&observed.members, &observed.known, &jobs.unwrap_or_default());
    Ok((family, versions.unwrap_or_default()))
}

/// Those of CronJobs: a person who starts one gives it any name.
async fn jobs(cluster: &Cluster, has_cron_jobs: bool) -> Result<Vec<CronJobsJob>, ClusterError> {
    if has_cron_jobs { cron_jobs_jobs(cluster).await } else { Ok(Vec::new()) }
}

/// Tells one entry after the other.
struct Teller<'a> {
    cluster: &'a Cluster,
    form: Option<OutputFormat>,
    columns: Columns,
    streams: &'a mut Streams,
}

impl Teller<'_> {
    fn begin(&mut self, entries: &[Entry]) -> Result<(), Failure> {
        if self.form.is_none() {
            write!(self.streams.out, "{}", self.columns.heading())?;
        }
        self.tell(entries)
    }

    /// For programs as one document each, since no list of them would ever end.
    fn tell(&mut self, entries: &[Entry]) -> Result<(), Failure> {
        let (now, out) = (self.cluster.now(), &mut self.streams.out);
        for entry in entries {
            match self.form.and_then(OutputFormat::structured) {
                None => write!(out, "{}", self.columns.row(entry, now))?,
                Some(form) => {
                    if form == Structured::Yaml {
                        writeln!(out, "---")?;
                    }
                    write_structured(form, &Told::from(entry), &mut **out)?;
                }
            }
        }
        Ok(out.flush()?)
    }
}
