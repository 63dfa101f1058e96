//! The only code that writes.

use serde_json::Value;

use super::plan::{Step, Write};
use crate::cluster::{Cluster, ClusterError, DryRun, ErrorKind};

/// How often a write whose fate is unknown is sent in all. Each is safe: its tests fail once an
/// earlier one was applied.
const TRIES: u32 = 3;

/// What became of a write.
#[derive(Debug)]
pub enum Applied {
    /// The object is as the write wants it, and this is how it is.
    Done(Value),
    /// The object is no longer as the write requires: plan again from what is there now.
    Overtaken,
}

/// Lets the server check a step without storing anything: admission, rights, quota, validity.
///
/// # Errors
/// What the server would answer to the real write; a failed precondition is none, since the plan is
/// made anew before the real write.
pub async fn preflight(cluster: &Cluster, step: &Step, field_manager: &str) -> Result<(), ClusterError> {
    let Write { target, .. } = &step.write;
    match cluster.patch(target, &step.write.patch(), field_manager, DryRun::Server).await {
        Err(error) if error.kind == ErrorKind::Conflict => {
            match cluster.get_optional::<Value>(target).await? {
                Some(object) if Write::contradicted(&step.write.require, &object).is_none() => Err(error),
                _ => Ok(()),
            }
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Carries out one step. A write is never replayed blindly: whenever the answer leaves its fate
/// open (time-out, reset, 5xx, a bare 422) the object is read again and judged by the step's own
/// `effect` and `require`.
///
/// # Errors
/// The server's refusal, or that the write's fate could not be found out.
pub async fn apply(cluster: &Cluster, step: &Step, field_manager: &str) -> Result<Applied, ClusterError> {
    let Write { target, require, effect, .. } = &step.write;
    let patch = step.write.patch();
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match cluster.patch(target, &patch, field_manager, DryRun::No).await {
            Ok(object) => return Ok(Applied::Done(object)),
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Applied::Overtaken),
            Err(error) => error,
        };
        let open = matches!(error.kind, ErrorKind::NoAnswer | ErrorKind::Unavailable | ErrorKind::Conflict);
        if !open {
            return Err(error);
        }
        let Some(object) = cluster.get_optional::<Value>(target).await? else {
            return Ok(Applied::Overtaken);
        };
        if Write::contradicted(effect, &object).is_none() {
            return Ok(Applied::Done(object));
        }
        if Write::contradicted(require, &object).is_some() {
            return Ok(Applied::Overtaken);
        }
        // Nothing stands in the way, so a refusal is the server's last word.
        if error.kind == ErrorKind::Conflict || tries == TRIES {
            return Err(error);
        }
    }
}
