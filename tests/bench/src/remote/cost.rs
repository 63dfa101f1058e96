//! What one run took, and what stays of several.

use std::time::Duration;

use harness::{Recorded, Recording};

use crate::median::median;

/// One run.
pub struct Cost {
    pub recording: Recording,
    pub wall: Duration,
    /// Of the largest process.
    pub peak_memory: u64,
}

/// The medians of all runs.
pub struct Medians {
    pub requests: usize,
    pub lists: usize,
    pub waves: usize,
    /// Among the requests that are no watches. A watch stands for a wait, but what is asked after each of its events
    /// still counts here: the table of the requests tells what that was.
    pub waves_beside_watches: usize,
    pub wall: Duration,
    pub peak_memory: u64,
}

impl Medians {
    pub fn of(costs: &[Cost]) -> Self {
        let is_list = |request: &&Recorded| request.verb == "list";
        Self {
            requests: median(costs.iter().map(|cost| cost.recording.requests.len())),
            lists: median(costs.iter().map(|cost| cost.recording.requests.iter().filter(is_list).count())),
            waves: median(costs.iter().map(|cost| cost.recording.waves())),
            waves_beside_watches: median(costs.iter().map(Cost::waves_beside_watches)),
            wall: median(costs.iter().map(|cost| cost.wall)),
            peak_memory: median(costs.iter().map(|cost| cost.peak_memory)),
        }
    }
}

impl Cost {
    /// How often pods were listed, each page counted.
    pub fn lists_of_pods(&self) -> usize {
        let is_one = |request: &&Recorded| request.verb == "list" && request.resource == "pods";
        self.recording.requests.iter().filter(is_one).count()
    }

    fn waves_beside_watches(&self) -> usize {
        let mut recording = self.recording.clone();
        recording.requests.retain(|request| request.verb != "watch");
        recording.waves()
    }
}
