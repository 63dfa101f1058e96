//! The stages of a plan, as people follow them.

use std::cmp::Ordering;

use serde::Serialize;

/// One line of the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// A few words.
    pub title: String,
    /// What was done or seen, or is missing.
    pub detail: String,
    /// How far it is.
    pub state: StageState,
}

impl Stage {
    /// The stages of a way, given as titles and details, of which the first `done` are behind us.
    pub fn in_order(stages: impl IntoIterator<Item = (String, String)>, done: usize) -> Vec<Self> {
        let state = |index: usize| match index.cmp(&done) {
            Ordering::Less => StageState::Done,
            Ordering::Equal => StageState::Now,
            Ordering::Greater => StageState::Later,
        };
        let stages = stages.into_iter().enumerate();
        stages.map(|(index, (title, detail))| Self { title, detail, state: state(index) }).collect()
    }
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// Seen to be done.
    Done,
    /// Under way.
    Now,
    /// Still to come.
    Later,
}
