//! Reads the cluster, and begins to follow it.

mod pod;
mod workload;

pub use pod::{begin, learn_cause, record};
pub use workload::{pods, workload};
