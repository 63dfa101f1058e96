//! One request and its answer: deadline, retries of reads, warnings, the server's clock.

use std::time::Duration;

use http::{Method, Request, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;

use super::error::{ClusterError, ErrorKind, transport_cause};
use super::transport::Transport;
use super::{Cluster, Observed};

/// How often a read is tried in all, and the pause before the second try; it doubles each time.
const READ_TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

pub(super) const JSON: &str = "application/json";

/// The tries of a read.
struct Tries {
    /// Which one this is, counted from 1.
    number: u32,
    pause: Duration,
}

impl Tries {
    fn new() -> Self {
        Self { number: 1, pause: FIRST_PAUSE }
    }

    /// Waits before the next try, at most so long; gives the error back where another would not help.
    async fn once_more(&mut self, error: ClusterError, longest: Duration) -> Result<(), ClusterError> {
        if !error.is_transient() || self.number >= READ_TRIES {
            return Err(error);
        }
        tokio::time::sleep(error.retry_after.map_or(self.pause, |asked| asked.min(longest))).await;
        self.pause *= 2;
        self.number += 1;
        Ok(())
    }
}

/// A request, with a name for messages.
pub(super) struct Call {
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// The form of the answer.
    pub accept: &'static str,
    /// The body and its content type.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Such as `pod/web-1` or `services`.
    pub about: String,
}

impl Call {
    pub(super) fn get(target: String, about: String) -> Self {
        Self { method: Method::GET, target, accept: JSON, body: None, about }
    }

    pub(super) fn request(&self) -> Result<Request<Vec<u8>>, ClusterError> {
        let mut builder = Request::builder()
            .method(self.method.clone())
            .uri(&self.target)
            .header(header::ACCEPT, self.accept)
            .header(header::USER_AGENT, concat!("drover/", env!("CARGO_PKG_VERSION")));
        if let Some((content_type, _)) = &self.body {
            builder = builder.header(header::CONTENT_TYPE, *content_type);
        }
        let body = self.body.as_ref().map(|(_, bytes)| bytes.clone()).unwrap_or_default();
        builder.body(body).map_err(|error| ClusterError::configuration(error.to_string()))
    }
}

impl Cluster {
    /// Sends a request that changes nothing, again when the server could not answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ClusterError> {
        self.read_with(call, |body| serde_json::from_slice(body)).await
    }

    /// The same, in a way of one's own. An answer that breaks off is none.
    pub(super) async fn read_with<T>(
        &self,
        call: &Call,
        understand: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, ClusterError> {
        let mut tries = Tries::new();
        loop {
            let answer = self.send(call, tries.number).await;
            match answer.and_then(|body| understand(&body).map_err(|error| call.unreadable(&error))) {
                Ok(answer) => return Ok(answer),
                Err(error) => tries.once_more(error, self.request_timeout).await?,
            }
        }
    }

    /// Sends a request that changes nothing and has a long answer, again when the server could not begin it. The
    /// deadline is for that beginning.
    pub(super) async fn open(&self, call: &Call) -> Result<Body, ClusterError> {
        let mut tries = Tries::new();
        loop {
            let transport = self.login.transport();
            let opened = match self.open_over(&transport, call, tries.number).await {
                Err(error)
                    if error.kind == ErrorKind::Unauthorized && self.login.renew(&transport).await? =>
                {
                    self.open_over(&self.login.transport(), call, tries.number).await
                }
                opened => opened,
            };
            match opened {
                Ok(body) => return Ok(body),
                Err(error) => tries.once_more(error, self.request_timeout).await?,
            }
        }
    }

    /// Sends a request exactly once, but for one that the server did not even look at, since the
    /// credentials had run out.
    pub(super) async fn send_once<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ClusterError> {
        let body = self.send(call, 1).await?;
        serde_json::from_slice(&body).map_err(|error| call.unreadable(&error))
    }

    pub(super) async fn send(&self, call: &Call, attempt: u32) -> Result<Vec<u8>, ClusterError> {
        let transport = self.login.transport();
        match self.send_over(&transport, call, attempt).await {
            Err(error) if error.kind == ErrorKind::Unauthorized && self.login.renew(&transport).await? => {
                self.send_over(&self.login.transport(), call, attempt).await
            }
            answer => answer,
        }
    }

    async fn send_over(
        &self,
        transport: &Transport,
        call: &Call,
        attempt: u32,
    ) -> Result<Vec<u8>, ClusterError> {
        self.in_time(call, async {
            let (parts, body) = self.begin(transport, call, attempt).await?;
            let bytes = whole(call, body).await?;
            if parts.status.is_success() { Ok(bytes) } else { Err(call.refused(&parts, &bytes)) }
        })
        .await
    }

    async fn open_over(
        &self,
        transport: &Transport,
        call: &Call,
        attempt: u32,
    ) -> Result<Body, ClusterError> {
        self.in_time(call, async {
            let (parts, body) = self.begin(transport, call, attempt).await?;
            if parts.status.is_success() {
                Ok(body)
            } else {
                Err(call.refused(&parts, &whole(call, body).await?))
            }
        })
        .await
    }

    /// Sends a request, and takes note of what the head of its answer says.
    async fn begin(
        &self,
        transport: &Transport,
        call: &Call,
        attempt: u32,
    ) -> Result<(http::response::Parts, Body), ClusterError> {
        let request = call.request()?.map(Body::from);
        let (client, protocol) = transport.client(attempt);
        let response = client.send(request).await.map_err(|error| call.failed(&error))?;
        transport.answered(protocol);
        let (parts, body) = response.into_parts();
        self.observed().note(&parts.headers);
        Ok((parts, body))
    }

    /// What comes of it within the time of one request.
    pub(super) async fn in_time<T>(
        &self,
        call: &Call,
        answer: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<T, ClusterError> {
        match tokio::time::timeout(self.request_timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                let cause = format!("nothing within {}s", self.request_timeout.as_secs_f32());
                Err(ClusterError::no_answer(&call.about, &cause))
            }
        }
    }
}

async fn whole(call: &Call, mut body: Body) -> Result<Vec<u8>, ClusterError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| call.failed(&error))?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

impl Call {
    /// The server's refusal, and when it asks to come back.
    fn refused(&self, parts: &http::response::Parts, body: &[u8]) -> ClusterError {
        let mut error = ClusterError::from_status(&self.about, &status(parts.status, body));
        error.retry_after = parts
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|seconds| seconds.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        error
    }

    /// The body itself is never shown: it may be a Secret.
    pub(super) fn unreadable(&self, error: &serde_json::Error) -> ClusterError {
        let message = format!("{}: the server's answer can't be read: {error}", self.about);
        ClusterError::new(ErrorKind::NoAnswer, message)
    }

    /// A transport failure: nobody knows whether the server acted.
    pub(super) fn failed(&self, error: &kube::Error) -> ClusterError {
        if let kube::Error::Api(status) = error {
            return ClusterError::from_status(&self.about, status);
        }
        let words = transport_cause(error);
        let failure = ClusterError::no_answer(&self.about, &words);
        if words.contains("UnknownIssuer") || words.contains("invalid peer certificate") {
            return ClusterError { kind: ErrorKind::Configuration, ..failure }.hint(
                "the server's certificate is not trusted: check certificate-authority in the kubeconfig",
            );
        }
        failure
    }
}

/// The server's Status; a proxy in between may answer with a page of its own.
fn status(code: http::StatusCode, body: &[u8]) -> Status {
    let mut status = serde_json::from_slice::<Status>(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(body);
        let first_line = text.trim().lines().next().unwrap_or_default();
        Status::failure(&first_line.chars().take(200).collect::<String>(), "")
    });
    status.code = code.as_u16();
    if status.reason.is_empty() {
        status.reason = code.canonical_reason().unwrap_or_default().to_owned();
    }
    status
}

impl Observed {
    fn note(&mut self, headers: &http::HeaderMap) {
        for warning in headers.get_all(header::WARNING) {
            // `299 - "text"`: RFC 7234, 5.5.
            if let Ok(text) = warning.to_str()
                && let Some((_, quoted)) = text.split_once('"')
            {
                let text = quoted.strip_suffix('"').unwrap_or(quoted);
                self.warnings.insert(text.replace("\\\"", "\""));
            }
        }
        if let Some(date) = headers.get(header::DATE).and_then(|date| date.to_str().ok())
            && let Ok(server) = jiff::fmt::rfc2822::parse(date)
        {
            let offset = server.timestamp().duration_since(Timestamp::now());
            self.clock_offset = self.clock_offset.max(Some(offset));
        }
    }
}
