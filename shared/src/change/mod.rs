//! From a plan to the state it promises.
//!
//! A plan is level-triggered, as a controller is: from any observed state it says what to write
//! now and what to wait for. [`reach`] observes, decides and writes until the plan is empty on a
//! fresh observation, so the first run, a run after a kill and a run after success are one path.

mod apply;
mod carry_out;
mod lock;
mod owners;
mod plan;
mod problem;
mod reach;

pub use apply::{Applied, apply, preflight};
pub use carry_out::carry_out;
pub use json_patch::PatchOperation;
pub use lock::{Lock, LockError, holder};
pub use owners::give_fields_back;
pub use plan::{Body, Effect, Plan, Step, Test, Wait, Write, remove, set};
pub use problem::Problem;
pub use reach::{Ending, Run, reach};
