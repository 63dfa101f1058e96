//! Which grace period the origin needs.

use serde::Serialize;

use super::Run;

/// What is added to the slowest end that was seen: a part of it.
const PART: i64 = 4;

/// A rehearsal that shows how long it takes leaves at least so much, and so many times what was too little.
const LEAST_LONGER: u64 = 60;
const TIMES_LONGER: u64 = 4;

/// A `terminationGracePeriodSeconds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Suggestion {
    /// So much is enough.
    Enough {
        seconds: u64,
        /// The slowest end that was seen.
        slowest_milliseconds: i64,
    },
    /// What was rehearsed with is too short, by nobody knows how much: this one will show.
    Longer { rehearse_with_seconds: u64 },
}

impl Suggestion {
    /// None where no end is known.
    pub fn of<'a>(runs: impl Iterator<Item = &'a Run> + Clone, grace_seconds: u64) -> Option<Self> {
        let ends = || runs.clone().flat_map(|run| &run.ends);
        let grace = i64::try_from(grace_seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
        let is_cut_short = |end: &super::run::End| end.killed || end.took.least_milliseconds >= grace;
        if ends().any(is_cut_short) {
            let longer = grace_seconds.saturating_mul(TIMES_LONGER).max(LEAST_LONGER);
            return Some(Self::Longer { rehearse_with_seconds: longer });
        }
        let slowest = ends().map(|end| end.took.most_milliseconds).max()?;
        let needed = u64::try_from(slowest + slowest / PART).unwrap_or_default();
        let seconds = needed.div_ceil(1_000).max(1);
        Some(Self::Enough { seconds, slowest_milliseconds: slowest })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Length;
    use super::super::run::End;
    use super::*;

    fn suggested(ends: &[(i64, bool)], grace_seconds: u64) -> Option<Suggestion> {
        let end = |&(milliseconds, killed): &(i64, bool)| End {
            container: "web".to_owned(),
            exit_code: 0,
            took: Length { least_milliseconds: milliseconds - 500, most_milliseconds: milliseconds },
            killed,
            is_sidecar: false,
        };
        let run =
            Run { start: None, shutdown: None, hooks: Vec::new(), ends: ends.iter().map(end).collect() };
        Suggestion::of([run].iter(), grace_seconds)
    }

    #[test]
    fn the_slowest_counts_and_a_quarter_is_added() {
        let enough =
            |seconds, slowest_milliseconds| Some(Suggestion::Enough { seconds, slowest_milliseconds });
        assert_eq!(suggested(&[(800, false), (7_900, false)], 30), enough(10, 7_900));
        assert_eq!(suggested(&[(0, false)], 30), enough(1, 0));
        assert_eq!(suggested(&[], 30), None);
    }

    #[test]
    fn of_what_was_cut_short_a_longer_one_will_show() {
        let longer = |seconds| Some(Suggestion::Longer { rehearse_with_seconds: seconds });
        assert_eq!(suggested(&[(5_100, true), (800, false)], 5), longer(60));
        assert_eq!(
            suggested(&[(33_000, false)], 30),
            longer(120),
            "it ended in the two seconds of the floor"
        );
    }
}
