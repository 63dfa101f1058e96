//! Reads the cluster, and begins to follow it.

mod logs;
mod pod;
mod workload;
mod workloads;

pub use logs::learn_logs;
pub use pod::{begin, learn_cause, learn_last_events, record};
pub use workload::{pods, workload};
pub use workloads::{Services, services, survey};
