//! Carries works out on the cluster, and reads back what came of it.

use std::time::Duration;

use drover::change::{Ending, Lock, Problem, Run, carry_out, holder};
use drover::cli::{Cancel, Failure, FinishedStage, Streams};
use drover::cluster::{Change, Cluster, ClusterError};
use drover::model::object::{Metadata, ObjectRef};
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;

use crate::FIELD_MANAGER;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::rollback::{Live, Manner, Work, next};
use crate::store::BundleName;

/// How long a lock outlives a process that was killed.
const LOCKED_FOR: Duration = Duration::from_secs(30);

/// The lock on the bundle.
pub async fn acquire(session: &Session<'_>, name: &BundleName, by: &str) -> Result<Lock, Failure> {
    let lease = name.lease(&session.cluster.namespace);
    let field_manager = session.change.field_manager(FIELD_MANAGER);
    Ok(Lock::acquire(session.cluster, lease, &holder(by), LOCKED_FOR, field_manager).await?)
}

/// A lock that can't be let go expires by itself.
pub async fn release(session: &Session<'_>, lock: Lock) {
    let _ = lock.release(session.cluster, session.change.field_manager(FIELD_MANAGER)).await;
}

/// How works are carried out.
pub struct Carrying<'a> {
    pub session: &'a Session<'a>,
    pub lock: &'a Lock,
    pub cancel: &'a Cancel,
    pub masking: &'a Masking,
    pub wait: bool,
    pub timeout: Duration,
}

/// How it ended.
pub enum Carried {
    /// All is as it is to be; as it was read back.
    Done(Live, Vec<FinishedStage>),
    /// All is written, and this is not ready in time.
    Slow(String),
    /// The person wants to stop.
    Stopped,
}

impl Carrying<'_> {
    /// Writes until nothing is left to be written. `live` has all objects that are read back at the end.
    pub async fn out(
        &self,
        works: &[Work],
        live: Live,
        objects: &[ObjectRef],
        streams: &mut Streams,
    ) -> Result<Carried, Problem> {
        let cluster = self.session.cluster;
        let field_manager = self.session.change.field_manager(FIELD_MANAGER);
        let manner = Manner { field_manager, wait: self.wait, masking: self.masking };
        let run =
            Run { cluster, field_manager, cancel: self.cancel, timeout: self.timeout, lock: Some(self.lock) };
        let observe = async |_: &Live| look(cluster, objects).await;
        let decide = |live: &Live| next(works, live, &manner);
        match carry_out(&run, live, observe, note, decide, streams).await? {
            (Ending::Reached(live), stages) => Ok(Carried::Done(live, stages)),
            (Ending::TimedOut(_, plan), _) => {
                Ok(Carried::Slow(plan.wait.map(|wait| wait.missing).unwrap_or_default()))
            }
            (Ending::Cancelled(..), _) => Ok(Carried::Stopped),
        }
    }
}

/// Puts what was written, or followed, into what is known.
fn note(live: &mut Live, change: &Change) {
    let Ok(metadata) = Metadata::deserialize(&change.object["metadata"]) else { return };
    let namespace = (!metadata.namespace.is_empty()).then_some(metadata.namespace);
    let object = ObjectRef { resource: change.resource, namespace, name: metadata.name };
    if let Some(known) = live.get_mut(&object.path()) {
        *known = (!change.gone).then(|| change.object.clone());
    }
}

/// All of these objects as they are now, in one wave.
pub async fn look(cluster: &Cluster, objects: &[ObjectRef]) -> Result<Live, ClusterError> {
    let all = objects.iter().map(async |object| {
        Ok::<_, ClusterError>((object.path(), cluster.get_optional::<Value>(object).await?))
    });
    Ok(try_join_all(all).await?.into_iter().collect())
}

/// As a failure that names the bundle.
pub fn failure(problem: Problem, about: &str) -> Failure {
    match problem {
        Problem::Refused(failure) => failure.about(about),
        Problem::Cluster(error) => Failure::from(error).about(about),
    }
}
