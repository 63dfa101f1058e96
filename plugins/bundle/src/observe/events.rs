//! The events of a namespace, of which only a bundle's are kept, however many there are.

use drover::cluster::{Cluster, ClusterError, Listing, Query};
use drover::model::object::{CRON_JOBS, JOBS, Metadata};
use serde::Deserialize;

use crate::kinds::EVENTS;
use crate::timeline::{CronJobsJob, Event, Family, FetchedEvent};

/// What is listed, and followed from there.
pub fn all_events(cluster: &Cluster) -> Query {
    Query::all(EVENTS, &cluster.namespace)
}

pub async fn events(cluster: &Cluster, family: &Family) -> Result<Listing<Vec<Event>>, ClusterError> {
    let keep = |events: &mut Vec<Event>, event: FetchedEvent| {
        if event.subject().is_some_and(|subject| family.has(&subject)) {
            events.extend(event.read());
        }
    };
    cluster.fold(&all_events(cluster), keep).await
}

/// The Jobs that CronJobs control.
pub async fn cron_jobs_jobs(cluster: &Cluster) -> Result<Vec<CronJobsJob>, ClusterError> {
    #[derive(Deserialize)]
    struct Job {
        metadata: Metadata,
    }
    let keep = |jobs: &mut Vec<CronJobsJob>, Job { metadata }: Job| {
        let owner = metadata.controller().filter(|owner| owner.kind == CRON_JOBS.kind);
        jobs.extend(owner.map(|owner| CronJobsJob { name: metadata.name, cron_job: owner.name }));
    };
    Ok(cluster.fold(&Query::all(JOBS, &cluster.namespace).metadata_only(), keep).await?.items)
}
