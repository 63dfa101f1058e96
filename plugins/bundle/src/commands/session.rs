//! What all verbs that write share: where, as whom, and how a plan is carried out.

use std::time::Duration;

use drover::change::{Ending, Plan, Run, carry_out, preflight};
use drover::cli::{Cancel, ChangeArgs, DryRunArg, Failure, Streams};
use drover::cluster::{Change, Cluster, ClusterError, Connection, Right};
use drover::model::object::{CONFIG_MAPS, Metadata, Resource};
use serde::Deserialize;
use serde_json::Value;

use crate::FIELD_MANAGER;
use crate::kinds::SECRETS;
use crate::store::{BundleName, Definition, Stored, bundles, stored};

/// How long writing may take in all.
const TIMEOUT: Duration = Duration::from_secs(120);

/// One command on one cluster.
pub struct Session<'a> {
    pub cluster: &'a Cluster,
    pub change: &'a ChangeArgs,
    /// The flags that make a suggested command work in the same place.
    pub flags: String,
}

impl<'a> Session<'a> {
    pub fn new(cluster: &'a Cluster, change: &'a ChangeArgs, connection: &Connection) -> Self {
        Self { cluster, change, flags: connection.flags() }
    }

    /// Refuses, before anything is read or written, what the user has no rights for.
    pub async fn need(&self, rights: &[(&'static str, Resource)]) -> Result<(), Failure> {
        let namespace = &self.cluster.namespace;
        let rights = rights.iter().map(|(verb, resource)| Right {
            verb,
            resource: *resource,
            namespace: Some(namespace.clone()),
        });
        let missing = self.cluster.missing_rights(&rights.collect::<Vec<_>>()).await?;
        if missing.is_empty() { Ok(()) } else { Err(Failure::lacking(&missing, namespace, "bundle")) }
    }

    /// Writes until nothing is left to be written, from what is stored; the state that was read back last.
    pub async fn write(
        &self,
        name: &BundleName,
        first: Stored,
        decide: impl Fn(&Stored) -> Result<Plan, Failure>,
        again: &str,
        streams: &mut Streams,
    ) -> Result<Stored, Failure> {
        // Not before: a Ctrl-C while all is only read, or asked, ends the command at once.
        self.write_until(&Cancel::on_signal(), name, first, decide, again, streams).await
    }

    /// The same as a part of something that a person can stop.
    pub async fn write_until(
        &self,
        cancel: &Cancel,
        name: &BundleName,
        first: Stored,
        decide: impl Fn(&Stored) -> Result<Plan, Failure>,
        again: &str,
        streams: &mut Streams,
    ) -> Result<Stored, Failure> {
        let about = format!("bundle/{name}");
        let run = Run {
            cluster: self.cluster,
            field_manager: self.change.field_manager(FIELD_MANAGER),
            cancel,
            timeout: TIMEOUT,
            lock: None,
        };
        let observe = async |_: &Stored| -> Result<Stored, ClusterError> { stored(self.cluster, name).await };
        let update = |state: &mut Stored, change: &Change| note(state, &change.object);
        match carry_out(&run, first, observe, update, decide, streams).await {
            Ok((Ending::Reached(stored), _)) => Ok(stored),
            Ok((Ending::TimedOut(..), _)) => {
                Err(Failure::new(format!("{about}: not all is written"))
                    .hint(format!("go on with:  {again}")))
            }
            Ok((Ending::Cancelled(..), _)) => Err(Failure::new(format!("{about}: stopped before the end"))
                .hint(format!("go on with:  {again}"))),
            Err(problem) => Err(problem.into_failure(&about, again)),
        }
    }

    /// Lets the server check what would be written now, where that is wanted; whether this is a dry run.
    pub async fn is_dry_run(&self, plan: &Plan) -> Result<bool, Failure> {
        if self.change.dry_run == DryRunArg::Server {
            for step in &plan.now {
                preflight(self.cluster, step, self.change.field_manager(FIELD_MANAGER)).await?;
            }
        }
        Ok(self.change.dry_run != DryRunArg::None)
    }

    /// The answer about one bundle.
    pub fn answer(&self, name: &BundleName, what: &str, streams: &mut Streams) -> Result<(), Failure> {
        let what = format!("{what}{}", self.change.dry_run.suffix());
        streams.answer(self.change.output, &format!("bundle.drover.dev/{name}"), &what)?;
        Ok(())
    }
}

/// Puts what a write gave back into the state.
fn note(state: &mut Stored, object: &Value) {
    let metadata = Metadata::deserialize(&object["metadata"]).unwrap_or_default();
    if object["kind"] == CONFIG_MAPS.kind {
        state.definition = Some(object.clone());
    } else if object["kind"] == SECRETS.kind {
        state.note(metadata);
    }
}

/// Why there is nothing to do with a bundle.
pub async fn does_not_exist(cluster: &Cluster, name: &BundleName) -> Failure {
    let namespace = &cluster.namespace;
    let failure = Failure::new(format!("bundle/{name} does not exist in namespace {namespace:?}"));
    let names = match bundles(cluster, Some(namespace)).await {
        Ok(bundles) => bundles.0.into_keys().map(|(_, name)| name.to_string()).collect(),
        Err(_) => Vec::new(),
    };
    let close = drover::model::name::close_to(name.as_str(), names);
    if close.is_empty() {
        failure
            .hint("see which there are:  kubectl bundle list")
            .hint(format!("begin one:  kubectl bundle create svc/{name}"))
    } else {
        failure.hint(format!("did you mean {}?", close.join(", ")))
    }
}

/// What a bundle starts from.
///
/// # Errors
/// When its ConfigMap does not say it.
pub fn read_definition(
    name: &BundleName,
    namespace: &str,
    config_map: &Value,
) -> Result<Definition, Failure> {
    Definition::read(config_map).ok_or_else(|| {
        let object = name.definition(namespace);
        Failure::new(format!("{object}: it does not say what bundle/{name} starts from"))
            .hint(format!("see it:  kubectl get {object} -n {namespace} -o yaml"))
    })
}
