//! Who is still connected to a pod that no new traffic reaches: Kubernetes closes no connection when an endpoint goes
//! (kubernetes#100698).

mod peers;
mod ports;
mod sockets;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use drover::cli::Cancel;
use drover::cluster::Cluster;
use drover::model::object::ObjectRef;
use drover::print::counted;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::command::{self, Bounded};
use crate::record::Record;
use crate::state::State;
use sockets::Socket;

/// Nothing tells when a socket closes: it is looked at that often.
const INTERVAL: Duration = Duration::from_secs(1);

/// How much of the table is read: about 50,000 sockets.
const MOST_OF_TABLE: usize = 8 << 20;

/// What was seen of the connections. A part of the schema of `-o json`, described in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    /// The pod's ports that its Services send traffic to.
    pub ports: Vec<u16>,
    /// Who is connected; none when it can't be known.
    pub established: Option<Vec<Peer>>,
    /// Why it can't be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// When that was looked at last.
    pub at: Timestamp,
}

/// The connections of one peer to one port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// The container whose port it is, where that is known.
    pub container: Option<String>,
    /// The pod's port.
    pub port: u16,
    /// The other end.
    pub address: IpAddr,
    /// The pod or node that has this address, where that is known.
    pub name: Option<String>,
    /// How many.
    pub count: usize,
}

/// Where connections are looked at.
struct Look<'a> {
    cluster: &'a Cluster,
    pod: ObjectRef,
    ports: BTreeMap<u16, Option<String>>,
    /// The containers that run, those first whose ports they are.
    containers: Vec<String>,
    own_addresses: Vec<IpAddr>,
}

/// Looks who is connected, again and again until nobody is or the time is over.
pub async fn check(
    cluster: &Cluster,
    state: &State,
    record: &Record,
    wait: Duration,
    cancel: &Cancel,
) -> Connections {
    let deadline = Instant::now() + wait;
    let look = Look::new(cluster, state, record);
    let mut can_be_known = false;
    loop {
        let seen = look.once().await;
        let is_over = match &seen {
            Ok(sockets) => sockets.is_empty(),
            // Where it could be known before, it may be again.
            Err(_) => !can_be_known,
        };
        can_be_known |= seen.is_ok();
        let next = Instant::now() + INTERVAL;
        if is_over || next > deadline || cancel.is_requested() {
            return look.tell(seen).await;
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = cancel.requested() => {}
        }
    }
}

impl<'a> Look<'a> {
    fn new(cluster: &'a Cluster, state: &State, record: &Record) -> Self {
        let spec = state.subject.spec.clone().unwrap_or_default();
        let names = state.services_of(&record.labels);
        let services = state.survey.services.iter().filter(|service| names.contains(&service.name.as_str()));
        let ports = ports::behind(services, &spec);
        let pod = state.subject.pod.as_ref();
        let running = pod.into_iter().flat_map(|pod| pod.running_containers().map(str::to_owned));
        let mut containers: Vec<String> = running.collect();
        let has_port = |name: &String| ports.values().flatten().any(|container| container == name);
        containers.sort_by_key(|name| !has_port(name));
        let addresses = pod.map(|pod| pod.addresses()).unwrap_or_default();
        let own_addresses = addresses.iter().filter_map(|address| address.parse().ok()).collect();
        Self { cluster, pod: state.target(), ports, containers, own_addresses }
    }

    /// The connections to these ports as the first container shows them that can: all share one table.
    async fn once(&self) -> Result<Vec<Socket>, String> {
        if self.ports.is_empty() {
            return Ok(Vec::new());
        }
        let mut causes = Vec::new();
        for container in &self.containers {
            match self.table(container).await {
                Ok(table) => {
                    let found = sockets::established(&table)?;
                    return Ok(found
                        .into_iter()
                        .filter(|socket| self.ports.contains_key(&socket.port))
                        .collect());
                }
                Err(cause) => causes.push(cause),
            }
        }
        if causes.is_empty() { Err("none of its containers runs".to_owned()) } else { Err(causes.join("; ")) }
    }

    async fn table(&self, container: &str) -> Result<String, String> {
        let mut table = Bounded::new(MOST_OF_TABLE);
        let command = ["cat", "/proc/net/tcp", "/proc/net/tcp6"];
        let ending = command::pour(self.cluster, &self.pod, container, &command, &mut table).await;
        let ending = ending.map_err(|hindrance| hindrance.to_string())?;
        if table.is_cut {
            return Err(format!("container {container}: there are too many sockets to read them all"));
        }
        let table = table.into_text();
        // Without IPv6 there is no second table.
        match ending.flaw() {
            Some(flaw) if table.is_empty() => Err(format!("container {container}: {flaw}")),
            _ => Ok(table),
        }
    }

    async fn tell(&self, seen: Result<Vec<Socket>, String>) -> Connections {
        let at = self.cluster.now();
        let ports = self.ports.keys().copied().collect();
        match seen {
            Err(cause) => Connections { ports, established: None, cause: Some(cause), at },
            Ok(sockets) => {
                let mut counts: BTreeMap<(u16, IpAddr), usize> = BTreeMap::new();
                for Socket { port, peer } in sockets {
                    *counts.entry((port, peer)).or_default() += 1;
                }
                let others: std::collections::BTreeSet<IpAddr> =
                    counts.keys().map(|(_, peer)| *peer).filter(|peer| !self.is_own(peer)).collect();
                let names = peers::names(self.cluster, others.into_iter()).await;
                let peer = |((port, address), count)| Peer {
                    container: self.ports.get(&port).cloned().flatten(),
                    port,
                    address,
                    name: if self.is_own(&address) {
                        Some("the pod itself".to_owned())
                    } else {
                        names.get(&address).cloned()
                    },
                    count,
                };
                let established = counts.into_iter().map(peer).collect();
                Connections { ports, established: Some(established), cause: None, at }
            }
        }
    }

    /// A sidecar passes traffic on to the container beside it this way.
    fn is_own(&self, address: &IpAddr) -> bool {
        address.is_loopback() || self.own_addresses.contains(address)
    }
}

impl Connections {
    /// What was seen, in a line, and one more for each peer.
    pub fn in_words(&self) -> Vec<String> {
        let ports: Vec<_> = self.ports.iter().map(u16::to_string).collect();
        let noun = if ports.len() == 1 { "port" } else { "ports" };
        let ports = format!("{noun} {}", ports.join(", "));
        match &self.established {
            _ if self.ports.is_empty() => vec!["no Service sends traffic to a TCP port of it".to_owned()],
            None => vec![format!("can't be known: {}", self.cause.as_deref().unwrap_or_default())],
            Some(peers) if peers.is_empty() => vec![format!("none to {ports}")],
            Some(peers) => {
                let all: usize = peers.iter().map(|peer| peer.count).sum();
                let first = format!("{} still open to {ports}", counted(all, "connection"));
                [first].into_iter().chain(peers.iter().map(Peer::in_words)).collect()
            }
        }
    }
}

impl Peer {
    fn in_words(&self) -> String {
        let Self { container, port, address, name, count } = self;
        let container = container.as_ref().map_or(String::new(), |container| format!(" of {container}"));
        let name = name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        format!("{count} from {address}{name} to {port}{container}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(established: Option<Vec<Peer>>) -> String {
        let cause = established.is_none().then(|| "no cat".to_owned());
        let at = Timestamp::UNIX_EPOCH;
        Connections { ports: vec![80, 8080], established, cause, at }.in_words().join("\n")
    }

    #[test]
    fn what_was_seen_is_told_and_what_was_not_is_no_zero() {
        let peer = |container: Option<&str>, name: Option<&str>, count| Peer {
            container: container.map(str::to_owned),
            port: 8080,
            address: "192.0.2.7".parse().unwrap(),
            name: name.map(str::to_owned),
            count,
        };
        let some = vec![peer(Some("web"), Some("pod/client in shop"), 2), peer(None, None, 1)];
        let told = [connections(None), connections(Some(Vec::new())), connections(Some(some))];
        insta::assert_snapshot!(told.join("\n"), @"
        can't be known: no cat
        none to ports 80, 8080
        3 connections still open to ports 80, 8080
        2 from 192.0.2.7 (pod/client in shop) to 8080 of web
        1 from 192.0.2.7 to 8080
        ");
    }
}
