//! The sums over all requests.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::load::{Failure, Message};

/// Answers are counted by their text, up to so many different ones.
const DISTINCT_ANSWERS: usize = 100;

#[derive(Default)]
pub struct Tally {
    pub sent: u64,
    succeeded: u64,
    failed: u64,
    answers: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts one request; returns it if it failed.
    pub fn record(&mut self, at: Duration, answer: Result<String, String>) -> Option<Failure> {
        match answer {
            Ok(text) => {
                self.succeeded += 1;
                if self.answers.len() < DISTINCT_ANSWERS || self.answers.contains_key(&text) {
                    *self.answers.entry(text).or_default() += 1;
                }
                None
            }
            Err(error) => {
                self.failed += 1;
                Some(Failure { at, error })
            }
        }
    }

    pub fn summary(self) -> Message {
        let Self { sent, succeeded, failed, answers } = self;
        Message::Summary { sent, succeeded, failed, answers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_answers_are_not_kept_beyond_the_limit() {
        let mut tally = Tally::default();
        for number in 0..=DISTINCT_ANSWERS {
            tally.record(Duration::ZERO, Ok(format!("{number:03}")));
        }
        tally.record(Duration::ZERO, Ok("000".to_owned()));
        assert_eq!(tally.answers.len(), DISTINCT_ANSWERS);
        assert_eq!(tally.answers["000"], 2);
        assert_eq!(tally.succeeded, DISTINCT_ANSWERS as u64 + 2);
    }
}
