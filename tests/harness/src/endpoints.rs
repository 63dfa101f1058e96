//! How many ready endpoints a Service had, at every moment of a test.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::namespace::Namespace;
use crate::watch::{Objects, Watch};

/// How long an event may take from the API server to here.
const CATCH_UP: Duration = Duration::from_secs(30);

/// Records every change of a Service's ready endpoints, from [`start`](Self::start) to [`finish`](Self::finish).
pub struct EndpointsMonitor<'namespace> {
    namespace: &'namespace Namespace,
    service: String,
    watch: Watch,
    started: Instant,
}

/// What an [`EndpointsMonitor`] saw.
#[derive(Debug)]
pub struct EndpointsHistory {
    /// The fewest ready endpoints there ever were.
    pub minimum_ready: usize,
    /// The number of ready endpoints at the start and after each change of it, with the time since the start.
    pub history: Vec<(Duration, usize)>,
    /// The uids of all pods that were a ready endpoint at any moment.
    pub ever_ready: BTreeSet<String>,
}

impl<'namespace> EndpointsMonitor<'namespace> {
    /// Starts recording; the present state is known when this returns.
    pub fn start(namespace: &'namespace Namespace, service: &str) -> Self {
        let watch = Watch::start(namespace, "discovery.k8s.io/v1/endpointslices");
        Self { namespace, service: service.to_owned(), watch, started: Instant::now() }
    }

    /// Stops recording.
    ///
    /// Events arrive in order, so a marker written now and awaited proves that nothing before it was missed.
    pub fn finish(mut self) -> EndpointsHistory {
        let marker = create_marker(self.namespace);
        let mut history = vec![(Duration::ZERO, ready_endpoints(self.watch.objects(), &self.service))];
        let mut ever_ready = ready_pods(self.watch.objects(), &self.service);
        while !self.watch.objects().values().any(|slice| slice["metadata"]["name"] == marker) {
            let arrived = self
                .watch
                .next(Instant::now() + CATCH_UP)
                .unwrap_or_else(|| panic!("the watch of EndpointSlices fell {CATCH_UP:?} behind"));
            ever_ready.append(&mut ready_pods(self.watch.objects(), &self.service));
            let ready = ready_endpoints(self.watch.objects(), &self.service);
            if history.last().is_none_or(|(_, before)| *before != ready) {
                history.push((arrived.duration_since(self.started), ready));
            }
        }
        self.namespace.kubectl(["delete", "endpointslice", &marker, "--wait=false"]).success();
        let minimum_ready = history.iter().map(|(_, ready)| *ready).min().unwrap_or_default();
        EndpointsHistory { minimum_ready, history, ever_ready }
    }
}

/// Creates an EndpointSlice that belongs to no Service and that kube-proxy leaves alone; returns its name.
fn create_marker(namespace: &Namespace) -> String {
    let manifest = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"generateName": "marker-", "labels": {"service.kubernetes.io/service-proxy-name": "none"}},
        "addressType": "IPv4",
        "endpoints": [],
    });
    namespace
        .command(["create", "--filename=-", "--output=jsonpath={.metadata.name}"])
        .input(manifest.to_string())
        .run()
        .success()
        .stdout
}

/// Counts addresses, as one that moves between two slices is in both for a moment.
fn ready_endpoints(slices: &Objects, service: &str) -> usize {
    let addresses: BTreeSet<&str> =
        ready(slices, service).filter_map(|endpoint| endpoint["addresses"][0].as_str()).collect();
    addresses.len()
}

fn ready_pods(slices: &Objects, service: &str) -> BTreeSet<String> {
    let uids = ready(slices, service).filter_map(|endpoint| endpoint["targetRef"]["uid"].as_str());
    uids.map(str::to_owned).collect()
}

fn ready<'slices>(slices: &'slices Objects, service: &str) -> impl Iterator<Item = &'slices Value> {
    slices
        .values()
        .filter(move |slice| slice["metadata"]["labels"]["kubernetes.io/service-name"] == service)
        .filter_map(|slice| slice["endpoints"].as_array())
        .flatten()
        // A missing condition means ready.
        .filter(|endpoint| endpoint["conditions"]["ready"] != Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(service: &str, endpoints: Value) -> Value {
        json!({"metadata": {"labels": {"kubernetes.io/service-name": service}}, "endpoints": endpoints})
    }

    #[test]
    fn ready_endpoints_are_counted_once_over_all_slices_of_the_service() {
        let slices = Objects::from([
            (
                "1".to_owned(),
                slice(
                    "web",
                    json!([
                        {"addresses": ["10.0.0.1"], "conditions": {"ready": true}},
                        {"addresses": ["10.0.0.2"], "conditions": {"ready": false}},
                    ]),
                ),
            ),
            ("2".to_owned(), slice("web", json!([{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.3"]}]))),
            ("3".to_owned(), slice("other", json!([{"addresses": ["10.0.0.4"]}]))),
            ("4".to_owned(), slice("web", Value::Null)),
        ]);
        assert_eq!(ready_endpoints(&slices, "web"), 2);
    }
}
