//! What the user may do, and who the server says the user is.

use futures::future::try_join_all;
use http::Method;
use serde_json::{Value, json};

use super::request::{Call, JSON};
use super::{Cluster, ClusterError};
use crate::model::object::Resource;

/// One right that a command needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// `get`, `list`, `watch`, `patch`, …
    pub verb: &'static str,
    /// On what.
    pub resource: Resource,
    /// Where; none for all namespaces.
    pub namespace: Option<String>,
}

/// Who the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName {
    /// The name.
    pub name: String,
    /// The server says so; otherwise only the kubeconfig does.
    pub is_reviewed: bool,
}

/// Rights in words, the verbs of one resource together: `get, patch pods; list services`.
#[must_use]
pub fn in_words(rights: &[Right]) -> String {
    let mut resources: Vec<(Resource, Vec<&str>)> = Vec::new();
    for right in rights {
        match resources.iter_mut().find(|(resource, _)| *resource == right.resource) {
            Some((_, verbs)) => verbs.push(right.verb),
            None => resources.push((right.resource, vec![right.verb])),
        }
    }
    let words: Vec<_> = resources
        .iter()
        .map(|(resource, verbs)| format!("{} {}", verbs.join(", "), resource.qualified_plural()))
        .collect();
    words.join("; ")
}

impl Cluster {
    /// Those of `rights` that the user does not have, asked for in one parallel wave.
    ///
    /// # Errors
    /// When the server does not answer the question.
    pub async fn missing_rights(&self, rights: &[Right]) -> Result<Vec<Right>, ClusterError> {
        let allowed = try_join_all(rights.iter().map(|right| self.is_allowed(right))).await?;
        Ok(rights
            .iter()
            .zip(allowed)
            .filter(|(_, allowed)| !allowed)
            .map(|(right, _)| right.clone())
            .collect())
    }

    async fn is_allowed(&self, right: &Right) -> Result<bool, ClusterError> {
        // RBAC rules name `pods/exec`, a review names its halves.
        let (resource, subresource) =
            right.resource.plural.split_once('/').unwrap_or((right.resource.plural, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": right.verb,
                "group": right.resource.group,
                "resource": resource,
                "subresource": subresource,
                "namespace": right.namespace,
            }},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer: Value = self.read(&ask(path, "access review", &review)?).await?;
        Ok(answer.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or(false))
    }

    /// The user's name as the server sees it (`SelfSubjectReview`, KEP-3325), else the kubeconfig's
    /// name for it.
    pub async fn user_name(&self) -> String {
        self.user_review().await.name
    }

    /// The same, and whether it is the server's word.
    pub async fn user_review(&self) -> UserName {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let answer = match ask(path, "user review", &review) {
            Ok(call) => self.read::<Value>(&call).await.unwrap_or_default(),
            Err(_) => Value::Null,
        };
        match answer.pointer("/status/userInfo/username").and_then(Value::as_str) {
            Some(name) => UserName { name: name.to_owned(), is_reviewed: true },
            None => {
                let name = self.user.clone().unwrap_or_else(|| "unknown".to_owned());
                UserName { name, is_reviewed: false }
            }
        }
    }
}

/// Reviews are created but stored nowhere, so asking again is harmless.
fn ask(path: &str, about: &str, review: &Value) -> Result<Call, ClusterError> {
    let body = serde_json::to_vec(review).map_err(|error| ClusterError::configuration(error.to_string()))?;
    Ok(Call {
        method: Method::POST,
        target: path.to_owned(),
        accept: JSON,
        body: Some((JSON, body)),
        about: about.to_owned(),
    })
}
