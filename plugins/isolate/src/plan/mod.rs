//! Decides, from one observed state, what to do now. Pure: no network, no clock but the server's.

pub mod edit;
pub mod event;
pub mod isolate;
pub mod loss;
pub mod quarantine;
pub mod refusal;
pub mod replacement;
pub mod restore;
mod restore_stages;
pub mod stages;
pub mod traffic_only;
pub mod undo;
pub mod victim;
pub mod warnings;
pub mod write;

pub use drover::change::Problem;

#[cfg(test)]
mod isolate_tests;
#[cfg(test)]
mod quarantine_tests;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod traffic_only_tests;
#[cfg(test)]
mod undo_tests;
