//! What can go wrong between us and the API server, with the object it happened to.

use kube::core::Status;

use crate::model::object::ObjectRef;

/// What kind of failure it was, as far as callers decide by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The kubeconfig, a flag or a credential plugin can't be used: nothing was sent.
    Configuration,
    /// No answer came: the server may or may not have acted.
    NoAnswer,
    /// The object does not exist.
    NotFound,
    /// The server does not accept the credentials (401).
    Unauthorized,
    /// The user may not do this.
    Forbidden,
    /// The server no longer has the requested resourceVersion (410).
    Expired,
    /// The object is not as the request demanded (409).
    Conflict,
    /// The object would not be valid; or a `test` of a JSON patch failed, which the server answers alike
    /// (422).
    Invalid,
    /// The server asks to come back later, or failed itself (429 and 5xx).
    Unavailable,
    /// The server refused for any other reason, or its answer can't be understood.
    Rejected,
}

/// A failed request, or one that could not be made.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ClusterError {
    /// What kind of failure it was.
    pub kind: ErrorKind,
    /// The whole story, in the server's words where there are any.
    pub message: String,
    /// What to try next.
    pub hints: Vec<String>,
    /// There is not even a place for such an object: see [`is_not_served`](Self::is_not_served).
    pub(super) no_such_place: bool,
    /// How long the server asked to wait before the next try.
    pub(super) retry_after: Option<std::time::Duration>,
}

impl ClusterError {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), no_such_place: false, retry_after: None }
    }

    pub(super) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(super) fn no_answer(what: &str, cause: &str) -> Self {
        Self::new(ErrorKind::NoAnswer, format!("{what}: no answer from the API server: {cause}"))
    }

    /// The server sent an object that is not what its kind should be.
    #[must_use]
    pub fn unreadable(object: &ObjectRef, cause: &serde_json::Error) -> Self {
        Self::new(ErrorKind::Rejected, format!("{object}: the server's answer can't be read: {cause}"))
    }

    /// Somebody undoes every write of ours to this object.
    pub(crate) fn overruled(object: &ObjectRef) -> Self {
        Self::new(ErrorKind::Conflict, format!("{object}: another client keeps changing it back"))
            .hint("find out who: kubectl get -o yaml --show-managed-fields")
    }

    /// What must not be written without a lock was about to be.
    pub(crate) fn lock_lost(lease: &ObjectRef, why: &str) -> Self {
        Self::new(ErrorKind::Conflict, format!("{lease}: the lock is lost, nothing more was written: {why}"))
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The server's own refusal, worded as kubectl words it.
    pub(super) fn from_status(what: &str, status: &Status) -> Self {
        let kind = match status.code {
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            410 => ErrorKind::Expired,
            422 => ErrorKind::Invalid,
            429 | 500..=599 => ErrorKind::Unavailable,
            _ => ErrorKind::Rejected,
        };
        let reason = if status.reason.is_empty() { status.code.to_string() } else { status.reason.clone() };
        // A proxy's error page has no reason word and does not name the object.
        let message = if status.message.is_empty() { "no message" } else { &status.message };
        let mut error = Self::new(kind, format!("{what}: the server said ({reason}): {message}"));
        // Of an object that does not exist the server says its name; of a path that it does not serve it
        // only says `404 page not found`.
        error.no_such_place = status.code == 404 && status.details.is_none();
        if status.code == 401 {
            error = error.hint("log in again: the credentials in the kubeconfig were not accepted");
        }
        error
    }

    /// Whether the object was not found since the cluster does not serve its kind.
    #[must_use]
    pub fn is_not_served(&self) -> bool {
        self.no_such_place
    }

    /// Whether the same request, if it changes nothing, may simply be tried again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::NoAnswer | ErrorKind::Unavailable)
    }
}

/// A transport failure in words: what lies below kube's and hyper's own names for it.
pub(super) fn transport_cause(error: &kube::Error) -> String {
    let mut innermost: &(dyn std::error::Error + 'static) = error;
    // The layers above the socket only say that something below them failed.
    while let Some(cause) = innermost.source()
        && ["ServiceError", "HyperError", "client error", "error sending", "Error reading"]
            .iter()
            .any(|layer| innermost.to_string().starts_with(layer))
    {
        innermost = cause;
    }
    causes(innermost)
}

/// An error in words: the chain of causes, without repeating itself.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = cause.source();
    }
    words
}
