//! The events of a namespace, of which only a bundle's are kept, however many there are.

use drover::cluster::{Cluster, ClusterError, Listing, Query};
use drover::model::event::{Event, FetchedEvent};
use drover::model::object::{CRON_JOBS, EVENTS, JOBS, Metadata};
use serde::Deserialize;

use crate::timeline::{CronJobsJob, Family};

/// What is listed, and followed from there.
pub fn all_events(cluster: &Cluster) -> Query {
    Query::all(EVENTS, &cluster.namespace)
}

pub async fn events(cluster: &Cluster, family: &Family) -> Result<Listing<Event>, ClusterError> {
    let narrow = |event: FetchedEvent| {
        let is_ours = event.subject().is_some_and(|subject| family.has(&subject));
        is_ours.then(|| event.read()).flatten()
    };
    cluster.list_narrowed(&all_events(cluster), narrow).await
}

/// The Jobs that CronJobs control.
pub async fn cron_jobs_jobs(cluster: &Cluster) -> Result<Vec<CronJobsJob>, ClusterError> {
    #[derive(Deserialize)]
    struct Job {
        metadata: Metadata,
    }
    let narrow = |Job { metadata }: Job| {
        let owner = metadata.controller().filter(|owner| owner.kind == CRON_JOBS.kind)?;
        Some(CronJobsJob { name: metadata.name, cron_job: owner.name })
    };
    Ok(cluster.list_narrowed(&Query::all(JOBS, &cluster.namespace).metadata_only(), narrow).await?.items)
}
