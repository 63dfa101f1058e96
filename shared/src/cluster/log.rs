//! What containers wrote.

use http_body_util::BodyExt;
use kube::client::Body;

use super::request::Call;
use super::{Cluster, ClusterError, ErrorKind};
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
        let call = Call::get(target, format!("log of {pod}"));
        let request = call.request()?.map(Body::from);
        let asked = async {
            let (client, _) = self.transport.client(1);
            let response = client.send(request).await.map_err(|error| call.failed(&error))?;
            let is_success = response.status().is_success();
            let body = response.into_body().collect().await.map_err(|error| call.failed(&error))?;
            Ok((is_success, body.to_bytes()))
        };
        let (is_success, bytes) = tokio::time::timeout(self.request_timeout, asked)
            .await
            .map_err(|_| ClusterError::no_answer(&call.about, "nothing in time"))??;
        let text = String::from_utf8_lossy(&bytes);
        if !is_success {
            return Err(ClusterError::new(ErrorKind::Rejected, format!("{}: {text}", call.about)));
        }
        Ok(text.lines().map(str::to_owned).collect())
    }
}
