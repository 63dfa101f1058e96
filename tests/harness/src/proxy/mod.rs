//! The recording proxy: between a program and the API server, it writes down every request, makes the way longer,
//! and breaks what a test wants broken.
//!
//! It speaks TLS with a certificate of its own, and by ALPN HTTP/2 or HTTP/1, whichever the program prefers; behind
//! it is always the real server. Bodies are streamed both ways, so watches work; upgraded connections (`kubectl exec`,
//! `port-forward`) pass too.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use harness::{Fault, Namespace, Proxy, Select};
//! let namespace = Namespace::new("example");
//! let proxy = Proxy::with_round_trip(Duration::from_millis(50));
//! proxy.break_request(Select::nth(1, "patch", "pods"), Fault::ResetAfter);
//! namespace.through(&proxy).kubectl(["label", "pod", "web-1", "a=b"]).failure(1);
//! assert_eq!(proxy.fired(), 1);
//! println!("{}", proxy.recording().table());
//! ```

mod answers;
mod body;
mod clock;
mod exchange;
mod fault;
mod record;
mod recording;
mod serve;
mod target;
mod upgrade;
mod upstream;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub use fault::{Action, Break, Fault, Select};
pub use recording::{Recorded, Recording};

use crate::cluster::Cluster;
use clock::Shift;
use exchange::Exchange;
use record::Record;
use upstream::Upstream;

/// A proxy in a thread of its own. Dropping it ends it and every connection through it.
pub struct Proxy {
    address: SocketAddr,
    certificate: String,
    record: Arc<Record>,
    /// Taken when the proxy is dropped: that is the sign to stop.
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Proxy {
    /// Starts a proxy that is as near to the server as the program is.
    pub fn start() -> Self {
        Self::with_round_trip(Duration::ZERO)
    }

    /// Starts a proxy from which the program is this far away.
    ///
    /// Each request takes so much longer, half of it on the way there and half on the way back, and so does each
    /// event of a watch on its way back. A new connection takes two round trips more before its first request can be
    /// sent: one for TCP, one for TLS 1.3.
    pub fn with_round_trip(round_trip: Duration) -> Self {
        Self::between(round_trip, Shift(SignedDuration::ZERO))
    }

    /// Starts a proxy by which the clock of the control plane is so much ahead of all others: of the node's, and of the
    /// client's.
    ///
    /// Every time that the control plane wrote is shifted in the answers, and no other. A time of a whole second keeps
    /// the fraction that it is shifted by, as its own is cut off already. What clients write is not shifted back, and
    /// events can't be asked for by their name.
    pub fn with_clock_ahead(by: SignedDuration) -> Self {
        Self::between(Duration::ZERO, Shift(by))
    }

    fn between(round_trip: Duration, shift: Shift) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        listener.set_nonblocking(true).expect("an open socket takes options");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (certificate, tls) = serve::tls();
        let record = Arc::new(Record::new());
        let exchange = Exchange {
            record: record.clone(),
            upstream: Upstream::new(Cluster::get().administrator()),
            round_trip,
            shift,
        };
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            runtime.block_on(async {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("the runtime takes sockets");
                serve::serve(listener, tls, Arc::new(exchange), stopped).await;
            });
            // An action of a fault may still run, and nobody waits for it any more.
            runtime.shutdown_background();
        });
        Self { address, certificate, record, running: Some((stop, thread)) }
    }

    /// What happened so far.
    pub fn recording(&self) -> Recording {
        self.record.recording()
    }

    /// Breaks a request that is yet to come, once. Any number may be armed; if several are meant for the same
    /// request, the one that was armed first gets it.
    pub fn break_request(&self, select: Select, fault: Fault) {
        self.record.arm(select, fault);
    }

    /// How many requests were broken. A test that breaks one checks this, or it may have tested nothing.
    pub fn fired(&self) -> usize {
        self.record.fired()
    }

    /// The `cluster` of a kubeconfig that leads here.
    pub(crate) fn cluster(&self) -> Value {
        json!({
            "server": format!("https://{}", self.address),
            "certificate-authority-data": BASE64_STANDARD.encode(&self.certificate),
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // If it panicked, its message is on stderr; during a panic of the test a second one would hide the first.
            let _ = thread.join();
        }
    }
}
