//! The requests that change something. Sent once and never replayed: what a failure means is for
//! [`change`](crate::change) to find out.

use http::Method;
use json_patch::Patch;
use serde_json::{Value, json};

use super::request::{Call, JSON};
use super::{Cluster, ClusterError};
use crate::model::object::ObjectRef;

/// Whether a write is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// The server checks everything and stores nothing.
    Server,
    /// For real.
    No,
}

impl Cluster {
    /// Applies a JSON patch and returns the object as it is then.
    ///
    /// # Errors
    /// A failed `test` is [`ErrorKind::Conflict`](super::ErrorKind::Conflict) (the server answers
    /// 422). After [`ErrorKind::NoAnswer`](super::ErrorKind::NoAnswer) the patch may have been applied.
    pub async fn patch(
        &self,
        object: &ObjectRef,
        patch: &Patch,
        field_manager: &str,
        dry_run: DryRun,
    ) -> Result<Value, ClusterError> {
        let dry_run = if dry_run == DryRun::Server { "&dryRun=All" } else { "" };
        let body =
            serde_json::to_vec(patch).map_err(|error| ClusterError::configuration(error.to_string()))?;
        self.send_once(&Call {
            method: Method::PATCH,
            target: format!("{}?fieldManager={field_manager}{dry_run}", object.path()),
            accept: JSON,
            body: Some(("application/json-patch+json", body)),
            about: object.to_string(),
        })
        .await
    }

    /// Deletes the object with this uid (and, if one is named, of this very version) gracefully, or asks whether that would be allowed.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](super::ErrorKind::Conflict) when the name belongs to another object by
    /// now, or the object was changed; as for [`patch`](Self::patch) otherwise.
    pub async fn delete(
        &self,
        object: &ObjectRef,
        uid: &str,
        resource_version: Option<&str>,
        dry_run: DryRun,
    ) -> Result<(), ClusterError> {
        let mut options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
        });
        if let Some(version) = resource_version {
            options["preconditions"]["resourceVersion"] = json!(version);
        }
        if dry_run == DryRun::Server {
            options["dryRun"] = json!(["All"]);
        }
        let _: Value = self
            .send_once(&Call {
                method: Method::DELETE,
                target: object.path(),
                accept: JSON,
                body: Some(("application/json", options.to_string().into_bytes())),
                about: object.to_string(),
            })
            .await?;
        Ok(())
    }
}
