//! How long everything took, over all runs.

use jiff::SignedDuration;
use serde::Serialize;

use super::Run;
use crate::trace::{Extent, Moment, Step, Trace, What};

/// A length of time, between these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Length {
    pub least_milliseconds: i64,
    pub most_milliseconds: i64,
}

impl Length {
    pub fn between(begin: &Moment, end: &Moment) -> Self {
        let milliseconds =
            |duration: SignedDuration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).max(0);
        Self {
            least_milliseconds: milliseconds(end.earliest.duration_since(begin.latest)),
            most_milliseconds: milliseconds(end.latest.duration_since(begin.earliest)),
        }
    }

    fn middle(self) -> i64 {
        i64::midpoint(self.least_milliseconds, self.most_milliseconds)
    }

    /// `4.70s ±0.03`, `4.7s ±0.5`.
    pub fn text(self) -> String {
        let error = (self.most_milliseconds - self.least_milliseconds) as f64 / 2_000.0;
        let middle = self.middle() as f64 / 1_000.0;
        match error {
            ..0.005 => format!("{middle:.2}s"),
            ..0.095 => format!("{middle:.2}s ±{error:.2}"),
            _ => format!("{middle:.1}s ±{error:.1}"),
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Measured {
    /// From the pod's creation until it was ready.
    Start,
    PostStart,
    PreStop,
    /// From SIGTERM to the container's exit.
    Drain,
    /// From when the kubelet began to stop it to its exit: what it needs of the grace period.
    Stop,
}

/// One of them, over all runs in which it was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measure {
    pub what: Measured,
    /// None of the whole pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    pub runs: usize,
    /// Half of the runs took no longer.
    pub p50: Length,
    /// Of 20 runs 19 took no longer; of fewer it is the longest.
    pub p95: Length,
}

/// In the order in which they happen, each for all of its containers.
pub fn measures(runs: &[Run]) -> Vec<Measure> {
    let mut known: Vec<(Measured, Option<String>, Vec<Length>)> = Vec::new();
    for (what, container, length) in runs.iter().flat_map(lengths) {
        match known.iter_mut().find(|one| (one.0, &one.1) == (what, &container)) {
            Some(one) => one.2.push(length),
            None => known.push((what, container, vec![length])),
        }
    }
    known.sort_by_key(|(what, _, _)| *what);
    let measures = known.into_iter().filter_map(|(what, container, mut lengths)| {
        lengths.sort_by_key(|length| length.middle());
        let (p50, p95) = (percentile(&lengths, 50)?, percentile(&lengths, 95)?);
        Some(Measure { what, container, runs: lengths.len(), p50, p95 })
    });
    measures.collect()
}

/// By the nearest rank, so that it is one that was measured.
fn percentile(sorted: &[Length], percent: usize) -> Option<Length> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

fn lengths(run: &Run) -> Vec<(Measured, Option<String>, Length)> {
    let mut lengths = Vec::new();
    if let Some(start) = &run.start {
        let (created, ready) = (moment(start, What::Created, None), moment(start, What::Ready, None));
        let whole = created.zip(ready).map(|(created, ready)| Length::between(&created, &ready));
        lengths.extend(whole.map(|length| (Measured::Start, None, length)));
        lengths.extend(spans(start, What::PostStart, Measured::PostStart));
    }
    if let Some(shutdown) = &run.shutdown {
        lengths.extend(spans(shutdown, What::PreStop, Measured::PreStop));
        let drained = run.ends.iter().filter_map(|end| {
            let container = Some(end.container.as_str());
            let (sigterm, exit) =
                (moment(shutdown, What::Sigterm, container)?, moment(shutdown, What::Exit, container)?);
            Some((Measured::Drain, container.map(str::to_owned), Length::between(&sigterm, &exit)))
        });
        lengths.extend(drained);
    }
    lengths.extend(run.ends.iter().map(|end| (Measured::Stop, Some(end.container.clone()), end.took)));
    lengths
}

fn spans(
    trace: &Trace,
    what: What,
    measured: Measured,
) -> impl Iterator<Item = (Measured, Option<String>, Length)> {
    let steps = trace.steps.iter().filter(move |step| step.what == what);
    steps.filter_map(move |step| match &step.extent {
        Extent::Span { begin, end } => Some((measured, step.container.clone(), Length::between(begin, end))),
        _ => None,
    })
}

fn moment(trace: &Trace, what: What, container: Option<&str>) -> Option<Moment> {
    let is_it = |step: &&Step| step.what == what && step.container.as_deref() == container;
    trace.steps.iter().find(is_it).map(|step| step.extent.begin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(milliseconds: i64) -> Length {
        Length { least_milliseconds: milliseconds, most_milliseconds: milliseconds }
    }

    #[test]
    fn percentiles_are_runs_that_were_measured() {
        let sorted: Vec<_> = (1..=20).map(length).collect();
        assert_eq!((percentile(&sorted, 50), percentile(&sorted, 95)), (Some(length(10)), Some(length(19))));
        assert_eq!(
            (percentile(&sorted[..1], 50), percentile(&sorted[..1], 95)),
            (Some(length(1)), Some(length(1)))
        );
        assert_eq!(percentile(&sorted[..5], 95), Some(length(5)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_length_has_no_more_digits_than_are_known() {
        let between = |least, most| Length { least_milliseconds: least, most_milliseconds: most }.text();
        assert_eq!(between(4_998, 5_000), "5.00s");
        assert_eq!(between(4_950, 5_050), "5.00s ±0.05");
        assert_eq!(between(4_000, 5_000), "4.5s ±0.5");
    }
}
