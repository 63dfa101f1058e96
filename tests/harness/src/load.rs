//! Requests to a Service for the whole of a test, with a report of every one that failed.
//!
//! They are sent by a program of their own (`src/bin/load`), as Services are reachable only from inside the cluster's
//! network namespace. It prints [`Message`]s and ends when its standard input is closed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::binaries;
use crate::cluster::Cluster;
use crate::command::Invocation;
use crate::namespace::Namespace;
use crate::stream::JsonStream;

/// kube-proxy programs a new Service up to a second late; this leaves room for pods that are not ready yet.
const STEADY: Duration = Duration::from_secs(30);

/// More than the two seconds that the last request may take.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// What the load generator prints, one JSON line each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Message {
    /// From here on every request counts.
    Steady,
    /// Requests sent so far.
    Progress { sent: u64 },
    /// A request failed.
    Failure(Failure),
    /// Every request has been answered or has failed.
    Summary { sent: u64, succeeded: u64, failed: u64, answers: BTreeMap<String, u64> },
}

/// A request that was not answered with a whole 200 in time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// When the request was sent, since the load was steady.
    pub at: Duration,
    pub error: String,
}

/// A load that runs.
pub struct Load {
    messages: JsonStream<Message>,
    rate: u32,
    sent: u64,
    failures: Vec<Failure>,
}

/// What came of all requests.
#[derive(Debug)]
pub struct LoadReport {
    pub sent: u64,
    pub failures: Vec<Failure>,
    /// How often each answer (with [`workloads`](crate::workloads): the pod's name) was given.
    pub answers: BTreeMap<String, u64>,
}

impl Load {
    /// Sends `rate` requests a second to the Service's first port. Returns when 20 in a row were answered well, and
    /// counts from there.
    pub fn start(namespace: &Namespace, service: &str, rate: u32) -> Self {
        let object = namespace.get(&format!("service/{service}"));
        let (Some(address), Some(port)) =
            (object["spec"]["clusterIP"].as_str(), object["spec"]["ports"][0]["port"].as_u64())
        else {
            panic!("Service {service} has no address or no port: {object}");
        };
        let mut command = Cluster::get().exec_command(binaries::folder().join("load"));
        command.args([format!("--address={address}:{port}"), format!("--rate={rate}")]);
        let mut load =
            Self { messages: Invocation::new(command).stream(), rate, sent: 0, failures: Vec::new() };
        match load.next(Instant::now() + STEADY) {
            Message::Steady => load,
            other => panic!("expected a steady load, got {other:?}"),
        }
    }

    /// Waits until this many requests have been sent.
    pub fn sent_at_least(&mut self, requests: u64) {
        let missing = requests.saturating_sub(self.sent);
        let deadline = Instant::now() + STEADY + Duration::from_secs(missing / u64::from(self.rate));
        while self.sent < requests {
            match self.next(deadline) {
                Message::Progress { sent } => self.sent = sent,
                Message::Failure(failure) => self.failures.push(failure),
                other => panic!("expected the load to go on, got {other:?}"),
            }
        }
    }

    /// Stops sending, and returns when every request has been answered or has failed.
    pub fn finish(mut self) -> LoadReport {
        self.messages.close_input();
        let deadline = Instant::now() + LAST_ANSWERS;
        loop {
            match self.next(deadline) {
                Message::Progress { .. } => {}
                Message::Failure(failure) => self.failures.push(failure),
                Message::Summary { sent, succeeded, failed, answers } => {
                    assert_eq!(succeeded + failed, sent, "every request is accounted for");
                    assert_eq!(failed, self.failures.len() as u64, "every failure is reported");
                    return LoadReport { sent, failures: self.failures, answers };
                }
                Message::Steady => panic!("the load was steady before"),
            }
        }
    }

    fn next(&mut self, deadline: Instant) -> Message {
        let (_, message) = self.messages.next(deadline).unwrap_or_else(|| {
            panic!("no word from the load generator in time, after {} requests", self.sent)
        });
        message
    }
}

impl LoadReport {
    /// Panics with the failures when there are any.
    pub fn expect_no_failures(&self) {
        let listed: Vec<String> =
            self.failures.iter().map(|Failure { at, error }| format!("{at:>8.3?} {error}")).collect();
        assert!(
            listed.is_empty(),
            "{} of {} requests failed:\n{}",
            listed.len(),
            self.sent,
            listed.join("\n")
        );
    }
}
