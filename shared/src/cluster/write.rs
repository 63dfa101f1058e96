//! The requests that change something. Sent once and never replayed: what a failure means is for
//! [`change`](crate::change) to find out.

use http::Method;
use json_patch::Patch;
use serde_json::{Value, json};

use super::request::{Call, JSON};
use super::{Cluster, ClusterError};
use crate::model::deletion::Dependents;
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
    /// Creates an object and returns it as it is then.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](super::ErrorKind::Conflict) when there is one of that name; as for
    /// [`patch`](Self::patch) otherwise.
    pub async fn create(
        &self,
        object: &ObjectRef,
        body: &Value,
        field_manager: &str,
        dry_run: DryRun,
    ) -> Result<Value, ClusterError> {
        let dry_run = if dry_run == DryRun::Server { "&dryRun=All" } else { "" };
        let collection = object.resource.path(object.namespace.as_deref(), None);
        self.send_once(&Call {
            method: Method::POST,
            target: format!("{collection}?fieldManager={field_manager}{dry_run}"),
            accept: JSON,
            body: Some((JSON, body.to_string().into_bytes())),
            about: object.to_string(),
        })
        .await
    }

    /// Applies a JSON patch and returns the object as it is then.
    ///
    /// # Errors
    /// A failed `test` is [`ErrorKind::Invalid`](super::ErrorKind::Invalid), as an object that would not
    /// be valid is. After [`ErrorKind::NoAnswer`](super::ErrorKind::NoAnswer) the patch may have been applied.
    pub async fn patch(
        &self,
        object: &ObjectRef,
        patch: &Patch,
        field_manager: &str,
        dry_run: DryRun,
    ) -> Result<Value, ClusterError> {
        let dry_run = if dry_run == DryRun::Server { "&dryRun=All" } else { "" };
        let body = as_go_writes(patch).map_err(|error| ClusterError::configuration(error.to_string()))?;
        self.send_once(&Call {
            method: Method::PATCH,
            target: format!("{}?fieldManager={field_manager}{dry_run}", object.path()),
            accept: JSON,
            body: Some(("application/json-patch+json", body.into_bytes())),
            about: object.to_string(),
        })
        .await
    }

    /// Puts a whole object in the place of the one whose uid and resourceVersion stand in its metadata, and
    /// returns it as it is then.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](super::ErrorKind::Conflict) when the object was changed or made anew;
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) when it would not be valid or an immutable field
    /// would change; [`ErrorKind::Configuration`](super::ErrorKind::Configuration) without a
    /// resourceVersion, since the server would then replace whatever is there; as for
    /// [`patch`](Self::patch) otherwise.
    pub async fn replace(
        &self,
        object: &ObjectRef,
        body: &Value,
        field_manager: &str,
        dry_run: DryRun,
    ) -> Result<Value, ClusterError> {
        if body["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty) {
            let message = format!("{object}: can't be replaced without the resourceVersion it was read with");
            return Err(ClusterError::configuration(message));
        }
        let dry_run = if dry_run == DryRun::Server { "&dryRun=All" } else { "" };
        self.send_once(&Call {
            method: Method::PUT,
            target: format!("{}?fieldManager={field_manager}{dry_run}", object.path()),
            accept: JSON,
            body: Some((JSON, body.to_string().into_bytes())),
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
        dependents: Dependents,
        dry_run: DryRun,
    ) -> Result<(), ClusterError> {
        let mut options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": dependents.policy(),
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
                body: Some((JSON, options.to_string().into_bytes())),
                about: object.to_string(),
            })
            .await?;
        Ok(())
    }
}

impl Cluster {
    /// Evicts the pod with this uid: deletes it gracefully, unless a PodDisruptionBudget speaks against it.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](super::ErrorKind::Unavailable) (429) when a budget does, in its words;
    /// [`ErrorKind::Conflict`](super::ErrorKind::Conflict) when the name belongs to another pod by now; as for
    /// [`patch`](Self::patch) otherwise.
    pub async fn evict(&self, pod: &ObjectRef, uid: &str) -> Result<(), ClusterError> {
        let body = json!({
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        });
        let _: Value = self
            .send_once(&Call {
                method: Method::POST,
                target: format!("{}/eviction", pod.path()),
                accept: JSON,
                body: Some((JSON, body.to_string().into_bytes())),
                about: pod.to_string(),
            })
            .await?;
        Ok(())
    }
}

/// JSON with the characters escaped that Go's encoder escapes: the API server compares the strings of
/// a `test` byte by byte as they are written, so that a bare `>` never equals its own `\u003e`
/// (evanphx/json-patch: `lazyNode.equal`; observed on 1.35).
fn as_go_writes(patch: &Patch) -> serde_json::Result<String> {
    let mut escaped = serde_json::to_string(patch)?;
    // Outside of strings JSON has none of these.
    for character in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
        if escaped.contains(character) {
            escaped = escaped.replace(character, &format!("\\u{:04x}", u32::from(character)));
        }
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_as_the_server_writes_them() {
        let patch: Patch =
            serde_json::from_value(json!([{"op": "test", "path": "/a", "value": "x > y && \u{2028}\"<"}]))
                .unwrap();
        let written = as_go_writes(&patch).unwrap();
        assert!(written.contains(r#""x \u003e y \u0026\u0026 \u2028\"\u003c""#), "{written}");
        assert_eq!(serde_json::from_str::<Patch>(&written).unwrap(), patch);
    }
}
