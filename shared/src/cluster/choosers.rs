//! Reads what chooses pods by their labels, each reduced to its selectors as its page arrives.

use futures::join;
use serde::de::DeserializeOwned;

use super::{Cluster, ClusterError, ErrorKind, Query};
use crate::model::controller::{Claimant, ListedReplicationController, ReplicaSet};
use crate::model::object::{
    DAEMON_SETS, DEPLOYMENTS, NETWORK_POLICIES, POD_DISRUPTION_BUDGETS, REPLICA_SETS,
    REPLICATION_CONTROLLERS, Resource, SERVICES, STATEFUL_SETS,
};
use crate::model::policy::{ListedNetworkPolicy, NetworkPolicy, PodDisruptionBudget};
use crate::model::selector::Selector;
use crate::model::service::Service;

impl Cluster {
    /// By what the controllers of the namespace claim pods.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn claims(&self) -> Result<Vec<Selector>, ClusterError> {
        let by_selector = |resource: Resource| {
            self.all(resource, move |item| Some(Claimant::from_listed(resource.kind, item).selector))
        };
        let (deployments, sets, stateful, daemons, controllers) = join!(
            by_selector(DEPLOYMENTS),
            by_selector(REPLICA_SETS),
            by_selector(STATEFUL_SETS),
            by_selector(DAEMON_SETS),
            self.all(REPLICATION_CONTROLLERS, |item: ListedReplicationController| {
                Some(ReplicaSet::from(item).selector)
            }),
        );
        let lists = [deployments?, sets?, stateful?, daemons?, controllers?];
        Ok(lists.into_iter().flatten().collect())
    }

    /// The Services of the namespace that choose their endpoints by label.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn selecting_services(&self) -> Result<Vec<Service>, ClusterError> {
        self.all(SERVICES, Service::from_listed).await
    }

    /// The budgets of the namespace; none where they may not be listed.
    ///
    /// # Errors
    /// Whatever else the server says.
    pub async fn budgets(&self) -> Result<Option<Vec<PodDisruptionBudget>>, ClusterError> {
        unless_out_of_sight(self.all(POD_DISRUPTION_BUDGETS, PodDisruptionBudget::from_listed).await)
    }

    /// The `NetworkPolicies` of the namespace; none where they may not be listed.
    ///
    /// # Errors
    /// Whatever else the server says.
    pub async fn network_policies(&self) -> Result<Option<Vec<NetworkPolicy>>, ClusterError> {
        let read = |item: ListedNetworkPolicy| Some(NetworkPolicy::from(item));
        unless_out_of_sight(self.all(NETWORK_POLICIES, read).await)
    }

    async fn all<T: DeserializeOwned, N>(
        &self,
        resource: Resource,
        narrow: impl Fn(T) -> Option<N>,
    ) -> Result<Vec<N>, ClusterError> {
        Ok(self.list_narrowed(&Query::all(resource, &self.namespace), narrow).await?.items)
    }
}

/// What only refines the answer may be forbidden, or not served at all.
fn unless_out_of_sight<T>(found: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
