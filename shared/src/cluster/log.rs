//! What containers wrote.

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
}
