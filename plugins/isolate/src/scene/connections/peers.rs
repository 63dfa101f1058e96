//! Who is at the other end of a connection.

use std::collections::BTreeMap;
use std::net::IpAddr;

use drover::cluster::{Cluster, Query};
use drover::model::object::PODS;
use futures::StreamExt;
use futures::stream;
use serde::Deserialize;

/// How many addresses are looked up at once, and at all: each is a request that the server answers from memory.
const AT_ONCE: usize = 8;
const MOST: usize = 64;

/// A pod by one of its addresses.
#[derive(Debug, Clone, Deserialize)]
struct Named {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    name: String,
    namespace: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    node_name: Option<String>,
    #[serde(default)]
    host_network: bool,
}

/// Names of those addresses that are pods, or nodes. Of pods in other namespaces only where the user may list them.
pub async fn names(cluster: &Cluster, addresses: impl Iterator<Item = IpAddr>) -> BTreeMap<IpAddr, String> {
    let looked_up = stream::iter(addresses.take(MOST)).map(|address| async move {
        let here = Query::all(PODS, &cluster.namespace);
        let mut everywhere = here.clone();
        everywhere.namespace = None;
        let found = match at(cluster, everywhere, address).await {
            Some(found) => found,
            None => at(cluster, here, address).await.unwrap_or_default(),
        };
        Some((address, name(&found)?))
    });
    looked_up.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

async fn at(cluster: &Cluster, query: Query, address: IpAddr) -> Option<Vec<Named>> {
    let query = query.where_field("status.podIP", &address.to_string());
    // Only a name for people: without it they see the address.
    cluster.list(&query).await.ok().map(|listing| listing.items)
}

/// Pods on their node's network share its address: then it is the node.
fn name(found: &[Named]) -> Option<String> {
    let own = found.iter().find(|pod| !pod.spec.host_network);
    match (own, found.first()) {
        (Some(pod), _) => Some(format!("pod/{} in {}", pod.metadata.name, pod.metadata.namespace)),
        (None, Some(pod)) => Some(format!("node/{}", pod.spec.node_name.as_deref()?)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shared_address_is_the_nodes() {
        let pod = |name: &str, on_host: bool| -> Named {
            serde_json::from_value(json!({
                "metadata": {"name": name, "namespace": "shop"},
                "spec": {"nodeName": "n1", "hostNetwork": on_host},
            }))
            .unwrap()
        };
        assert_eq!(name(&[pod("web", false)]).as_deref(), Some("pod/web in shop"));
        assert_eq!(name(&[pod("a", true), pod("b", true)]).as_deref(), Some("node/n1"));
        assert_eq!(name(&[]), None);
    }
}
