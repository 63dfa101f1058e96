//! Why there is no plan, or why it was not carried out.

use crate::cli::Failure;
use crate::cluster::ClusterError;

/// What keeps a plan from being made or carried out.
#[derive(Debug)]
pub enum Problem {
    /// It would be wrong or impossible; the way out stands in the failure.
    Refused(Failure),
    /// The cluster failed us; what was done so far stands, and the same command goes on.
    Cluster(ClusterError),
}

impl Problem {
    /// The problem in words: what it was about, and, where the cluster failed us, how to go on.
    #[must_use]
    pub fn into_failure(self, about: &str, again: &str) -> Failure {
        match self {
            Self::Refused(failure) => failure,
            Self::Cluster(error) => Failure::from(error).about(about).hint(format!("go on with:  {again}")),
        }
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}
