//! Every request of every verb, broken in every way: the promised end state, or an error that says how to go on.
//!
//! A *cell* is one request of one verb with one disturbance. `cargo faults` runs all of them, `cargo test` a sample
//! that a printed seed chooses. A cell that fails is run again by its key: `cargo faults isolate --only KEY`.

mod bundle;
pub mod campaign;
pub mod cell;
mod debug_mode;
mod disturbance;
mod harm;
mod judge;
mod lifecycle;
mod look;
pub mod matrix;
mod outcome;
pub mod parallel;
pub mod results;
mod rollback;
pub mod sample;
mod scene;
mod shop;
mod verb;

pub use cell::Cell;
pub use disturbance::{Disturbance, Family};
pub use outcome::{Outcome, Verdict};
pub use verb::Verb;
