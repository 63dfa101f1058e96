//! Decides, from one observed state, what to do now. Pure: no network, no clock but the server's.

pub mod copy;
pub mod departure;
pub mod off;
pub mod on;
pub mod outcome;
pub mod proof;
pub mod refusal;
pub mod template;
pub mod warnings;
pub mod write;

use drover::change::Wait;

use crate::record::Record;
use crate::state::{State, has_gate};
use crate::workload::Workload;

/// A wait for what the workload's pods become.
pub fn wait(state: &State, until: &str, missing: impl Into<String>) -> Option<Wait> {
    Some(Wait {
        until: until.to_owned(),
        missing: missing.into(),
        followed: state.followed(),
        wake_after: None,
    })
}

/// Whether nothing of debug mode is on the workload although there is a record: it had not begun when
/// somebody changed the workload, or somebody undid it (`kubectl rollout undo` erases annotations).
pub fn is_clear(workload: &Workload, record: &Record) -> bool {
    let live = workload.shape();
    let is_whole = live.template != record.debug.template && live.strategy == record.original.strategy;
    !workload.is_annotated() && !has_gate(&live.template) && is_whole
}

#[cfg(test)]
mod off_tests;
#[cfg(test)]
mod on_tests;
#[cfg(test)]
mod testing;
