//! Reads what containers said last before they crashed.

use drover::cluster::{Cluster, ErrorKind};
use drover::model::object::{ObjectRef, PODS};
use futures::future::join_all;

use crate::trace::Record;

const LINES: u32 = 10;

/// Takes note of the last lines of those containers that crashed, and of no others: logs may hold anything. They only
/// illustrate, so that what can't be read is noted instead.
pub async fn learn_logs(cluster: &Cluster, record: &mut Record) {
    let pod = &ObjectRef::namespaced(PODS, &record.namespace, &record.name);
    let containers = record.containers();
    let crashed = containers.iter().filter_map(|container| Some((container.name, container.crash()?)));
    let logs = crashed.map(|(name, crash)| async move {
        (name.to_owned(), cluster.log_tail(pod, name, LINES, crash.is_previous).await)
    });
    for (container, log) in join_all(logs).await {
        let gap = match log {
            Ok(lines) => {
                record.logs.insert(container, lines);
                continue;
            }
            Err(error) if error.kind == ErrorKind::Forbidden => "you may not get pods/log".to_owned(),
            Err(error) => error.to_string(),
        };
        record.gaps.push(format!("what {container} said last is not known: {gap}"));
    }
}
