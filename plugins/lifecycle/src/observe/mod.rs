//! Reads the cluster, and begins to follow it.

mod pod;
mod workload;

pub use pod::{begin, record};
pub use workload::{pods, workload};
