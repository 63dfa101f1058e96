//! Decides, from one observed state, what to do now. Pure: no network, no clock but the server's.

pub mod copy;
pub mod off;
pub mod on;
pub mod outcome;
pub mod refusal;
pub mod template;
pub mod warnings;
pub mod write;

use drover::change::Wait;

use crate::state::State;

/// A wait for what the workload's pods become.
pub fn wait(state: &State, until: &str, missing: impl Into<String>) -> Option<Wait> {
    Some(Wait {
        until: until.to_owned(),
        missing: missing.into(),
        followed: state.followed(),
        wake_after: None,
    })
}

#[cfg(test)]
mod off_tests;
#[cfg(test)]
mod on_tests;
#[cfg(test)]
mod testing;
