//! Decides, from one observed state, what to do now. Pure: no network, no clock but the server's.

pub mod edit;
pub mod isolate;
pub mod loss;
pub mod refusal;
pub mod replacement;
pub mod restore;
mod restore_stages;
pub mod stages;
pub mod undo;
pub mod warnings;
pub mod write;

use drover::cli::Failure;
use drover::cluster::ClusterError;

/// Why there is no plan, or why it could not be carried out.
#[derive(Debug)]
pub enum Problem {
    /// Isolating would be wrong or impossible; the way out stands in the failure.
    Refused(Failure),
    /// The cluster failed us; what was done so far stands, and the same command goes on.
    Cluster(ClusterError),
}

impl Problem {
    /// The problem in words: what it was about, and, where the cluster failed us, how to go on.
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

#[cfg(test)]
mod isolate_tests;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod undo_tests;
