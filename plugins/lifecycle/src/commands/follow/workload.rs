//! One workload, as its rollout goes on.

use drover::cli::Failure;
use drover::cluster::{Change, Cluster, Followed};
use drover::model::object::{ObjectRef, PODS};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde::Deserialize;

use super::Subject;
use crate::commands::trigger::{need, restart};
use crate::observe;
use crate::trace::{Rollout, Trace, learned};

/// What is known of a workload and its pods.
pub struct OneWorkload {
    workload: ObjectRef,
    rollout: Option<Rollout>,
    /// Whether its pods are to be restarted first.
    restart: bool,
}

impl OneWorkload {
    pub fn new(workload: ObjectRef, restart: bool) -> Self {
        Self { workload, rollout: None, restart }
    }
}

impl Subject for OneWorkload {
    async fn read(&mut self, cluster: &Cluster) -> Result<Vec<Followed>, Failure> {
        let found = observe::workload(cluster, &self.workload).await?;
        let rollout = self.rollout.get_or_insert_with(|| Rollout::new(self.workload.clone()));
        observe::pods(cluster, found, rollout).await
    }

    /// A watch of the pods may have been silent while that of the workload told of its end.
    async fn conclude(&mut self, cluster: &Cluster) {
        if self.is_over()
            && let Err(failure) = self.read(cluster).await
        {
            self.note(format!("it could not be read once more: {}", failure.message));
        }
    }

    async fn cause(&mut self, cluster: &Cluster) -> Result<bool, Failure> {
        if self.restart {
            let kind = self.workload.resource;
            need(cluster, &[("patch", kind), ("watch", kind), ("watch", PODS)]).await?;
            let at = cluster.now();
            let restarted = restart(cluster, &self.workload).await?;
            self.rollout.iter_mut().for_each(|rollout| rollout.learn_restart(restarted.clone(), at));
        }
        Ok(self.restart)
    }

    fn learn(&mut self, change: Change) {
        let Some(rollout) = &mut self.rollout else { return };
        let Change { resource, gone, object, at, unheard_since } = change;
        rollout.heard = Some(at);
        if resource != PODS {
            rollout.learn_workload(object);
        } else if let Ok(pod) = Pod::deserialize(&object) {
            match gone {
                true => rollout.learn_end(&pod, learned(at, unheard_since)),
                false => rollout.learn_pod(&pod),
            }
        }
    }

    fn pass(&mut self, _now: Timestamp) {}

    fn trace(&self) -> Option<Trace> {
        self.rollout.as_ref()?.trace()
    }

    fn is_over(&self) -> bool {
        self.rollout.as_ref().is_some_and(Rollout::is_over)
    }

    fn hopeless(&self) -> Option<String> {
        self.rollout.as_ref()?.hopeless()
    }

    fn note(&mut self, gap: String) {
        if let Some(rollout) = &mut self.rollout {
            rollout.gaps.push(gap);
        }
    }
}
