//! Those who may use a member and belong to no survey: Jobs that are not done, and other bundles.

use std::collections::BTreeMap;

use drover::cluster::{Cluster, ClusterError, Query};
use drover::model::object::{CONFIG_MAPS, JOBS, Resource};
use futures::join;
use serde_json::Value;

use super::unless_forbidden;
use crate::relations::Related;
use crate::store::{BundleName, Definition, definitions};

/// What was found, and what may not be listed.
#[derive(Default)]
pub struct Users {
    pub jobs: Vec<Related>,
    pub bundles: BTreeMap<BundleName, Definition>,
    pub warnings: Vec<String>,
}

pub async fn users(cluster: &Cluster) -> Result<Users, ClusterError> {
    let mut users = Users::default();
    let (jobs, bundles) = join!(jobs(cluster), definitions(cluster));
    match unless_forbidden(jobs)? {
        Some(jobs) => users.jobs = jobs,
        None => users.warn(JOBS, "those that use a member are not shown"),
    }
    match unless_forbidden(bundles)? {
        Some(bundles) => users.bundles = bundles,
        None => users.warn(CONFIG_MAPS, "other bundles are not shown"),
    }
    Ok(users)
}

impl Users {
    fn warn(&mut self, resource: Resource, what: &str) {
        self.warnings.push(format!("you may not list {}: {what}", resource.qualified_plural()));
    }
}

async fn jobs(cluster: &Cluster) -> Result<Vec<Related>, ClusterError> {
    let narrow = |object: Value| Related::of(JOBS, &object).filter(|_| !is_done(&object));
    Ok(cluster.list_narrowed(&Query::all(JOBS, &cluster.namespace), narrow).await?.items)
}

/// A Job that has come to its end starts no pod any more (k8s.io/api/batch/v1: `JobConditionType`).
fn is_done(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| {
        condition["status"] == "True" && (condition["type"] == "Complete" || condition["type"] == "Failed")
    })
}
