//! The only door to the API server.
//!
//! One HTTP/2 connection, our own deadlines and retries (reads only), the server's `Warning`
//! headers kept, and every error with the object it is about. `kube` gives the kubeconfig, TLS and
//! authentication; its `Api` is not used, because it drops those headers and replays writes.
#![allow(clippy::disallowed_types)]

mod access;
mod choosers;
mod connection;
mod credential;
mod discovery;
mod error;
mod exec;
mod kubeconfig;
mod log;
mod login;
mod names;
mod page;
mod read;
mod request;
mod transport;
mod version;
mod watch;
mod write;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use login::Login;

pub use access::{Right, UserName, in_words};
pub use connection::Connection;
pub use discovery::Served;
pub use error::{ClusterError, ErrorKind};
pub use exec::{Process, Said};
pub use log::LogStream;
pub use names::KubeconfigPart;
pub use read::{Listing, Query};
pub use version::ServerVersion;
pub use watch::{Change, Followed};
pub use write::DryRun;

/// How long one request may take, its answer included, unless `--request-timeout` says otherwise.
const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A cluster, as one user sees it.
#[derive(Clone)]
pub struct Cluster {
    login: Arc<Login>,
    /// The name of the kubeconfig context, for people.
    pub context: String,
    /// The namespace that commands work in.
    pub namespace: String,
    /// The kubeconfig's name for the user, when the server can't be asked.
    user: Option<String>,
    request_timeout: Duration,
    observed: Arc<Mutex<Observed>>,
}

/// What answers tell beside their body.
#[derive(Default)]
struct Observed {
    warnings: BTreeSet<String>,
    /// The server's clock minus ours, as far as answers told: their `Date` has whole seconds and was
    /// on the way, so that of all differences the greatest comes closest.
    clock_offset: Option<SignedDuration>,
}

impl Cluster {
    /// Prepares a connection; the first request makes it.
    ///
    /// # Errors
    /// When the kubeconfig can't be used or its credential plugin fails.
    pub async fn connect(connection: &Connection) -> Result<Self, ClusterError> {
        let kubeconfig::Target { config, plugin, context, user } = kubeconfig::resolve(connection).await?;
        Ok(Self {
            namespace: config.default_namespace.clone(),
            login: Arc::new(Login::new(config, plugin).await?),
            context,
            user,
            request_timeout: connection.request_timeout.unwrap_or(DEFAULT_REQUEST_TIMEOUT),
            observed: Arc::default(),
        })
    }

    /// The time by the server's clock, which `creationTimestamp` is written by: never ahead of it, and
    /// less than a second behind.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let local = Timestamp::now();
        local.checked_add(self.observed().clock_offset.unwrap_or_default()).unwrap_or(local)
    }

    /// The warnings that the server sent since they were last taken.
    #[must_use]
    pub fn take_warnings(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.observed().warnings)
    }

    fn observed(&self) -> std::sync::MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
