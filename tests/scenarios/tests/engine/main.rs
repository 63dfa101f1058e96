//! What the plugins' engine promises to the plugins, on a real cluster.

mod lock;
mod owners;
mod replace;

use std::path::Path;

use drover::change::{Applied, Step, Write, apply};
use drover::cluster::{Cluster, ClusterError, Connection};
use drover::model::object::Metadata;
use serde_json::Value;

const FIELD_MANAGER: &str = "kubectl-test";

async fn connect(kubeconfig: &Path) -> Cluster {
    let connection = Connection { kubeconfig: Some(kubeconfig.to_owned()), ..Connection::default() };
    Cluster::connect(&connection).await.expect("the kubeconfig of a test can be used")
}

async fn write(cluster: &Cluster, write: Write) -> Result<Applied, ClusterError> {
    apply(cluster, &Step { title: String::new(), write }, FIELD_MANAGER, None).await
}

fn metadata(object: &Value) -> Metadata {
    serde_json::from_value(object["metadata"].clone()).expect("an object has metadata")
}
