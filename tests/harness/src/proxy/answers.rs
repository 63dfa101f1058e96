//! What the proxy answers in the server's place: word for word what Kubernetes 1.35 answers.

use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::body::{Body, whole};
use super::target::Target;

const JSON: &str = "application/json";

/// A refusal, by its code.
pub(super) fn refusal(code: u16, target: &Target) -> Response<Body> {
    // The server's flow control speaks before anything that knows JSON (apiserver's `priority-and-fairness.go`).
    if code == 429 {
        let text = "Too many requests, please try again later.\n";
        let mut response = response(429, "text/plain; charset=utf-8", text);
        response.headers_mut().insert(RETRY_AFTER, 1.into());
        return response;
    }
    response(code, JSON, status(code, target).to_string())
}

/// The whole answer to a watch from a resourceVersion that is too old.
pub(super) fn watch_expired(target: &Target) -> Response<Body> {
    response(200, JSON, expired_event(target))
}

/// The last event of a watch that the server can't go on with.
pub(super) fn expired_event(target: &Target) -> String {
    let event = json!({"type": "ERROR", "object": status(410, target)});
    format!("{event}\n")
}

/// JSON that breaks off.
pub(super) fn malformed() -> Response<Body> {
    response(200, JSON, r#"{"kind":"#)
}

/// The server itself could not be reached, which no test wants: the words are for whoever reads its output.
pub(super) fn bad_gateway(cause: &str) -> Response<Body> {
    response(
        502,
        "text/plain; charset=utf-8",
        format!("the recording proxy got no answer from the server: {cause}\n"),
    )
}

fn response(code: u16, content_type: &'static str, body: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(whole(body.into()));
    *response.status_mut() = StatusCode::from_u16(code).expect("a code between 100 and 999");
    response
        .headers_mut()
        .insert(CONTENT_TYPE, content_type.parse().expect("a content type is a header value"));
    response
}

fn status(code: u16, target: &Target) -> Value {
    let Target { verb, group, resource, namespace, name, .. } = target;
    let plural = resource.split('/').next().unwrap_or_default();
    let qualified = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
    let object = match name {
        Some(name) => format!("{qualified} {name:?}"),
        None => qualified,
    };
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized".to_owned()),
        403 => {
            let place = match namespace {
                Some(namespace) => format!("in the namespace {namespace:?}"),
                None => "at the cluster scope".to_owned(),
            };
            let refused = format!("cannot {verb} resource {resource:?} in API group {group:?} {place}");
            ("Forbidden", format!("{object} is forbidden: User \"drover\" {refused}"))
        }
        404 => ("NotFound", format!("{object} not found")),
        409 => {
            let cause =
                "the object has been modified; please apply your changes to the latest version and try again";
            ("Conflict", format!("Operation cannot be fulfilled on {object}: {cause}"))
        }
        410 => ("Expired", "too old resource version: 1 (2)".to_owned()),
        // To a JSON patch whose `test` fails, above all.
        422 => ("Invalid", "the server rejected our request due to an error in our request".to_owned()),
        500 => ("InternalError", "Internal error occurred: etcdserver: request timed out".to_owned()),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request".to_owned()),
        504 => ("Timeout", "Timeout: request did not complete within the allotted timeout".to_owned()),
        _ => panic!("the proxy does not know how the server words a {code}"),
    };
    let details = match code {
        403 | 404 | 409 => {
            let mut details = json!({"kind": plural});
            if let Some(name) = name {
                details["name"] = json!(name);
            }
            if !group.is_empty() {
                details["group"] = json!(group);
            }
            Some(details)
        }
        422 | 504 => Some(json!({})),
        500 => Some(json!({"causes": [{"message": "etcdserver: request timed out"}]})),
        _ => None,
    };
    let mut status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    });
    if let Some(details) = details {
        status["details"] = details;
    }
    status
}
