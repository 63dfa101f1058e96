//! What containers wrote.

use http_body_util::BodyExt;
use hyper::body::Bytes;
use kube::client::Body;

use super::request::Call;
use super::{Cluster, ClusterError};
use crate::model::object::ObjectRef;

/// More than anybody reads in an error message.
const MOST_BYTES: u32 = 16_384;

impl Cluster {
    /// The last lines that a container of a pod wrote; those of its run before this one where
    /// `previous` says so. Asked for once: they only illustrate.
    ///
    /// # Errors
    /// When the user may not read logs, or the container has none.
    pub async fn log_tail(
        &self,
        pod: &ObjectRef,
        container: &str,
        lines: u32,
        previous: bool,
    ) -> Result<Vec<String>, ClusterError> {
        let target = format!(
            "{}/log?container={container}&tailLines={lines}&previous={previous}&limitBytes={MOST_BYTES}",
            pod.path()
        );
        let bytes = self.send(&Call::get(target, format!("log of {pod}")), 1).await?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// All that a container of a pod wrote, as far as its node still has it, each line behind the time at which it was
    /// written; that of its run before this one where `previous` says so. Read piece by piece: logs are long.
    ///
    /// # Errors
    /// When the user may not read logs, or the container has none.
    pub async fn log(
        &self,
        pod: &ObjectRef,
        container: &str,
        previous: bool,
    ) -> Result<LogStream, ClusterError> {
        let target = format!("{}/log?container={container}&timestamps=true&previous={previous}", pod.path());
        let call = Call::get(target, format!("log of {pod}"));
        Ok(LogStream { body: self.open(&call).await?, cluster: self.clone(), call })
    }
}

/// A log that is being read.
pub struct LogStream {
    cluster: Cluster,
    call: Call,
    body: Body,
}

impl LogStream {
    /// The next piece, none at the end: lines may be cut anywhere.
    ///
    /// # Errors
    /// When the log breaks off, or nothing more comes in the time of one request.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClusterError> {
        let Self { cluster, call, body } = self;
        cluster
            .in_time(call, async {
                while let Some(frame) = body.frame().await {
                    if let Ok(data) = frame.map_err(|error| call.failed(&error))?.into_data() {
                        return Ok(Some(data));
                    }
                }
                Ok(None)
            })
            .await
    }
}
