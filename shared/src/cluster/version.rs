//! What the API server says it is.

use serde::{Deserialize, Serialize};

use super::request::Call;
use super::{Cluster, ClusterError};

/// The server's version, with whatever else it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerVersion {
    /// `1`.
    pub major: String,
    /// Such as `35`; some providers add a `+`.
    pub minor: String,
    /// Such as `v1.35.2`.
    pub git_version: String,
    /// The rest, as it came.
    #[serde(flatten)]
    more: serde_json::Map<String, serde_json::Value>,
}

impl ServerVersion {
    /// The minor version as a number.
    #[must_use]
    pub fn minor_number(&self) -> Option<u32> {
        self.minor.trim_end_matches(|character: char| !character.is_ascii_digit()).parse().ok()
    }
}

impl Cluster {
    /// Asks the server for its version.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn server_version(&self) -> Result<ServerVersion, ClusterError> {
        self.read(&Call::get("/version".to_owned(), "the server's version".to_owned())).await
    }
}
