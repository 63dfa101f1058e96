//! The only code that writes.

use std::time::Duration;

use serde_json::Value;

use super::Lock;
use super::plan::{Body, Step, Write};
use crate::cluster::{Cluster, ClusterError, DryRun, ErrorKind};

/// How often a write whose fate is unknown is sent in all. Each is safe: what it requires no longer
/// holds once an earlier one was applied.
const TRIES: u32 = 3;

/// The pause before a server that did not answer is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// What became of a write.
#[derive(Debug)]
pub enum Applied {
    /// It is done; the object as it is then, unless it is gone.
    Done(Option<Value>),
    /// The object is no longer as the write requires: plan again from what is there now.
    Overtaken,
}

/// Lets the server check a step without storing anything: admission, rights, quota, validity. Gives
/// the object as it would be stored, where there would be one.
///
/// # Errors
/// What the server would answer to the real write; a failed precondition is none, since the plan is
/// made anew before the real write.
pub async fn preflight(
    cluster: &Cluster,
    step: &Step,
    field_manager: &str,
) -> Result<Option<Value>, ClusterError> {
    let write = &step.write;
    let mut tries = 0;
    let answer = loop {
        tries += 1;
        match send(cluster, write, field_manager, DryRun::Server).await {
            // Nothing is stored, so asking again is harmless.
            Err(error) if error.is_transient() && tries < TRIES => tokio::time::sleep(PAUSE).await,
            answer => break answer,
        }
    };
    match answer {
        Err(error) if is_refusal(&error) && !is_final(write, &error) => {
            let object = cluster.get_optional::<Value>(&write.target).await?;
            let is_last_word = write.is_possible(object.as_ref()) && !was_in_the_way(write, &error);
            if is_last_word { Err(error) } else { Ok(None) }
        }
        answer => answer,
    }
}

/// Carries out one step. A write is never replayed blindly: whenever the answer leaves its fate
/// open (time-out, reset, 5xx, a bare 422) the object is read again and judged by the write's own
/// `effect` and `require`.
///
/// # Errors
/// The server's refusal, that the write's fate could not be found out, or that the lock, where there is
/// one, is not ours any more.
pub async fn apply(
    cluster: &Cluster,
    step: &Step,
    field_manager: &str,
    lock: Option<&Lock>,
) -> Result<Applied, ClusterError> {
    let write = &step.write;
    let mut tries = 0;
    loop {
        tries += 1;
        if let Some(lock) = lock {
            lock.check()?;
        }
        let error = match send(cluster, write, field_manager, DryRun::No).await {
            Ok(object) => return Ok(Applied::Done(object)),
            Err(error) => error,
        };
        let open = matches!(error.kind, ErrorKind::NoAnswer | ErrorKind::Unavailable | ErrorKind::NotFound);
        if !open && !is_refusal(&error) {
            return Err(error);
        }
        let object = cluster.get_optional::<Value>(&write.target).await?;
        if write.effect.holds(object.as_ref()) {
            return Ok(Applied::Done(object));
        }
        if is_final(write, &error) {
            return Err(error);
        }
        if !write.is_possible(object.as_ref()) || was_in_the_way(write, &error) {
            return Ok(Applied::Overtaken);
        }
        // Nothing stands in the way, so a refusal is the server's last word.
        if is_refusal(&error) || tries == TRIES {
            return Err(error);
        }
    }
}

/// Whether the server looked at the write and did not do it; perhaps since it came too late.
fn is_refusal(error: &ClusterError) -> bool {
    matches!(error.kind, ErrorKind::Conflict | ErrorKind::Invalid)
}

/// Whether it was refused for an object of that name, which may be gone since.
fn was_in_the_way(write: &Write, error: &ClusterError) -> bool {
    error.kind == ErrorKind::Conflict && matches!(write.body, Body::Create(_))
}

/// Whether the server's refusal stands, whatever became of the object meanwhile: of a whole object 422
/// says that it is not valid, of a patch it may also be a `test` that failed.
fn is_final(write: &Write, error: &ClusterError) -> bool {
    error.kind == ErrorKind::Invalid && !matches!(write.body, Body::Patch(_))
}

async fn send(
    cluster: &Cluster,
    write: &Write,
    field_manager: &str,
    dry_run: DryRun,
) -> Result<Option<Value>, ClusterError> {
    match &write.body {
        Body::Create(object) => cluster.create(&write.target, object, field_manager, dry_run).await.map(Some),
        Body::Patch(operations) => {
            let patch = write.patch(operations);
            cluster.patch(&write.target, &patch, field_manager, dry_run).await.map(Some)
        }
        Body::Replace(object) => {
            let object = write.replacement(object);
            cluster.replace(&write.target, &object, field_manager, dry_run).await.map(Some)
        }
        Body::Delete { uid, dependents } => {
            let version = write.required_version();
            cluster.delete(&write.target, uid, version, *dependents, dry_run).await.map(|()| None)
        }
    }
}
