//! What plugins cost, beside kubectl in the same run; and how far a trace is from the truth.
//!
//! Times are printed, never judged: they depend on the machine, so only their ratio means something. What does not
//! depend on it has limits, and going over one fails: the size of the released binary, the peak memory of a plugin,
//! what it may not ask the API server, and how its start-up compares with kubectl's.

pub mod cargo;
pub mod evidence;
pub mod launcher;
pub mod lifecycle;
pub mod lint;
mod median;
pub mod rehearsal;
pub mod remote;
pub mod size;
pub mod start_up;
