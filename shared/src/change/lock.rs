//! A lock that outlives no holder: a Lease, as Kubernetes' own components elect their leaders with.

mod claim;
mod standing;

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::claim::Claim;
use self::standing::{Moment, Standing};
use super::apply::{Applied, apply};
use super::plan::{Step, Write};
use crate::cli::Failure;
use crate::cluster::{Cluster, ClusterError, Right};
use crate::model::lease::{Holding, holding};
use crate::model::object::{LEASES, ObjectRef};

/// How often a Lease that others keep changing is looked at before we give up.
const TRIES: u32 = 5;

/// The pause after a renewal that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// A Lease that is ours, renewed while it is: it needs a runtime that is not blocked for long, so a person
/// is asked before, not meanwhile.
///
/// It is a promise among those who ask for it, and no more: each write still carries its own precondition.
/// Dropped without [`release`](Self::release), or with the process, it expires by itself.
#[derive(Debug)]
pub struct Lock {
    claim: Claim,
    uid: String,
    standing: watch::Receiver<Standing>,
    renewal: JoinHandle<()>,
}

/// Why a lock was not acquired.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another has it.
    #[error("{lease}: held by {}{}", .holding.holder, since(.holding.since))]
    Held {
        /// The Lease.
        lease: ObjectRef,
        /// Who, since when and until when.
        holding: Holding,
    },
    /// The cluster failed us.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let message = error.to_string();
        match error {
            LockError::Held { holding, .. } => Self::new(message)
                .hint("when that has ended:  the same command again")
                .hint(format!("if it was killed:  the same command after {:.0}", holding.until)),
            LockError::Cluster(error) => error.into(),
        }
    }
}

fn since(time: Option<Timestamp>) -> String {
    time.map(|time| format!(" since {time:.0}")).unwrap_or_default()
}

/// How this process calls itself as a holder: `alice on laptop (process 4242)`.
#[must_use]
pub fn holder(user: &str) -> String {
    let process = std::process::id();
    match host_name() {
        Some(host) => format!("{user} on {host} (process {process})"),
        None => format!("{user} (process {process})"),
    }
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned()).filter(|name| !name.is_empty())
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

impl Lock {
    /// The rights that a lock in this namespace takes.
    #[must_use]
    pub fn rights(namespace: &str) -> [Right; 4] {
        ["create", "get", "patch", "delete"].map(|verb| Right {
            verb,
            resource: LEASES,
            namespace: Some(namespace.to_owned()),
        })
    }

    /// Acquires a Lease: makes it, or takes it over once it is free. From then on it is renewed, so that it
    /// lasts for `duration` (in whole seconds) beyond the life of this process at most.
    ///
    /// Times are written and judged by the server's clock ([`Cluster::now`]), which is known once the
    /// server answered anything: read something before.
    ///
    /// # Errors
    /// That another holds it, or whatever the server says.
    pub async fn acquire(
        cluster: &Cluster,
        lease: ObjectRef,
        holder: &str,
        duration: Duration,
        field_manager: &str,
    ) -> Result<Self, LockError> {
        let mut found: Option<Lease> = None;
        for _ in 0..TRIES {
            let (sent, now) = (Moment::now(), cluster.now());
            let claim = Claim { target: lease.clone(), holder: holder.to_owned(), duration, acquired: now };
            let write = match &found {
                None => claim.create(),
                Some(found) => match holding(found, now) {
                    Some(holding) => return Err(LockError::Held { lease, holding }),
                    None => claim.take_over(found),
                },
            };
            let step = step("acquire", write);
            if let Applied::Done(Some(object)) = apply(cluster, &step, field_manager, None).await? {
                return Ok(Self::acquired(cluster, claim, sent, &object, field_manager));
            }
            found = cluster.get_optional(&lease).await?;
        }
        Err(ClusterError::overruled(&lease).into())
    }

    fn acquired(cluster: &Cluster, claim: Claim, sent: Moment, lease: &Value, field_manager: &str) -> Self {
        let uid = lease["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let (sender, standing) = watch::channel(ours(sent, lease));
        let renewal = Renewal {
            cluster: cluster.clone(),
            claim: claim.clone(),
            uid: uid.clone(),
            field_manager: field_manager.to_owned(),
            standing: sender,
        };
        Self { claim, uid, standing, renewal: tokio::spawn(renewal.run()) }
    }

    /// That it is still ours: asked before each write.
    ///
    /// # Errors
    /// When another took it over, or could have.
    pub fn check(&self) -> Result<(), ClusterError> {
        match self.standing.borrow().objection(Moment::now(), self.claim.duration) {
            Some(why) => Err(ClusterError::lock_lost(&self.claim.target, &why)),
            None => Ok(()),
        }
    }

    /// Waits until another took it over or deleted it.
    pub async fn lost(&self) {
        let mut standing = self.standing.clone();
        if standing.wait_for(|standing| matches!(standing, Standing::Lost(_))).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets it go, unless it belongs to another by now.
    ///
    /// # Errors
    /// Whatever the server says; it expires by itself then.
    pub async fn release(self, cluster: &Cluster, field_manager: &str) -> Result<(), ClusterError> {
        self.renewal.abort();
        let Standing::Ours { mut version, .. } = self.standing.borrow().clone() else { return Ok(()) };
        for _ in 0..TRIES {
            let step = step("release", self.claim.release(&self.uid, &version));
            if let Applied::Done(_) = apply(cluster, &step, field_manager, None).await? {
                return Ok(());
            }
            // A renewal was under way, or somebody labelled it.
            match cluster.get_optional::<Value>(&self.claim.target).await? {
                Some(lease) if self.claim.is_of(&lease) => version = version_of(&lease),
                _ => return Ok(()),
            }
        }
        Err(ClusterError::overruled(&self.claim.target))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

fn ours(renewed: Moment, lease: &Value) -> Standing {
    Standing::Ours { renewed, version: version_of(lease), trouble: None }
}

fn version_of(lease: &Value) -> String {
    lease["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned()
}

fn step(what: &str, write: Write) -> Step {
    Step { title: format!("{what} {}", write.target), write }
}

/// What keeps a Lease ours while the work goes on.
struct Renewal {
    cluster: Cluster,
    claim: Claim,
    uid: String,
    field_manager: String,
    standing: watch::Sender<Standing>,
}

impl Renewal {
    /// Ends when the Lease belongs to another.
    async fn run(self) {
        let mut pause = self.claim.duration / 3;
        loop {
            tokio::time::sleep(pause).await;
            pause = match self.renew().await {
                Ok(Some(standing)) => {
                    self.standing.send_replace(standing);
                    self.claim.duration / 3
                }
                Ok(None) => {
                    self.standing.send_replace(Standing::Lost(self.thief().await));
                    return;
                }
                Err(cause) => {
                    self.standing.send_modify(|standing| {
                        if let Standing::Ours { trouble, .. } = standing {
                            *trouble = Some(cause);
                        }
                    });
                    PAUSE
                }
            };
        }
    }

    /// Renews it once; none when it is not ours any more. An answer that comes too late is not waited for:
    /// the next renewal does no harm beside it.
    async fn renew(&self) -> Result<Option<Standing>, String> {
        let sent = Moment::now();
        let step = step("renew", self.claim.renew(&self.uid, self.cluster.now()));
        let renewal = apply(&self.cluster, &step, &self.field_manager, None);
        match tokio::time::timeout(self.claim.duration / 6, renewal).await {
            Ok(Ok(Applied::Done(lease))) => Ok(lease.map(|lease| ours(sent, &lease))),
            Ok(Ok(Applied::Overtaken)) => Ok(None),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer from the API server".to_owned()),
        }
    }

    async fn thief(&self) -> String {
        match self.cluster.get_optional::<Lease>(&self.claim.target).await {
            Ok(Some(lease)) => match holding(&lease, self.cluster.now()) {
                Some(Holding { holder, since: time, .. }) => format!("{holder} holds it{}", since(time)),
                None => "another took it over".to_owned(),
            },
            Ok(None) => "somebody deleted it".to_owned(),
            Err(_) => "another took it over or deleted it".to_owned(),
        }
    }
}
