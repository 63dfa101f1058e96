//! The axis: from a time to a place between left and right.

use jiff::Timestamp;

use crate::trace::{Extent, Step, Trace};

const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

/// What lies between two ticks, from the least on; below and beyond these it is 1, 2 or 5 times a power of ten.
const STEPS: [i128; 19] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    20 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
];

/// What is under way goes on beyond the last that is known, by one part in so many.
const BEYOND: i128 = 12;

/// All that a trace tells of, from left to right, in nanoseconds since its zero.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    zero: Timestamp,
    begin: i128,
    end: i128,
}

/// A place on the axis, and what stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// From 0, left, to 1, right.
    pub position: f64,
    /// Empty where there is no room for it.
    pub label: String,
}

impl Scale {
    /// Zero is on it, whether or not anything was then.
    pub fn of(trace: &Trace) -> Self {
        let since = |time| nanoseconds(trace.zero, time);
        let begin = trace.steps.iter().map(|step| since(step.extent.begin().earliest));
        let end = trace.steps.iter().map(|step| since(last(step)));
        let (begin, end) = (begin.fold(0, i128::min), end.fold(0, i128::max));
        let is_open = trace.steps.iter().any(|step| matches!(step.extent, Extent::Since(_)));
        let beyond = if is_open { ((end - begin) / BEYOND).max(1) } else { 0 };
        Self { zero: trace.zero, begin, end: end + beyond }
    }

    /// How much it shows, in nanoseconds.
    pub fn span(&self) -> i128 {
        self.end - self.begin
    }

    /// Where it begins, in nanoseconds since zero: 0 or before.
    pub fn begin(&self) -> i128 {
        self.begin
    }

    /// Where it ends.
    pub fn end(&self) -> i128 {
        self.end
    }

    /// Nanoseconds since zero.
    pub fn since_zero(&self, time: Timestamp) -> i128 {
        nanoseconds(self.zero, time)
    }

    /// Where that time is, from 0, left, to 1, right.
    pub fn position(&self, time: Timestamp) -> f64 {
        self.place(self.since_zero(time))
    }

    #[allow(clippy::cast_precision_loss)] // Less than a millionth of a column.
    fn place(&self, nanoseconds: i128) -> f64 {
        if self.span() == 0 {
            return 0.0;
        }
        ((nanoseconds - self.begin) as f64 / self.span() as f64).clamp(0.0, 1.0)
    }

    /// As many ticks as have room for their labels, with so many columns between two of these.
    pub fn ticks(&self, columns: usize, gap: usize) -> Vec<Tick> {
        steps().find_map(|step| self.ticks_of(step, columns, gap)).unwrap_or_default()
    }

    /// None where two labels would meet.
    fn ticks_of(&self, step: i128, columns: usize, gap: usize) -> Option<Vec<Tick>> {
        let first = self.begin.div_euclid(step) + i128::from(self.begin.rem_euclid(step) != 0);
        let last = self.end.div_euclid(step);
        if last - first >= i128::try_from(columns).ok()? {
            return None;
        }
        let mut ticks = Vec::new();
        let mut free = 0;
        for value in (first..=last).map(|index| index * step) {
            let position = self.place(value);
            let (column, label) = (column(position, columns), label(value, step));
            // At the right end there may be no room for a label.
            if column + label.len() > columns {
                ticks.push(Tick { position, label: String::new() });
                continue;
            }
            if column < free {
                return None;
            }
            free = column + label.len() + gap;
            ticks.push(Tick { position, label });
        }
        Some(ticks)
    }
}

/// The column that a position lies in.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // A few hundred.
pub fn column(position: f64, columns: usize) -> usize {
    ((position * columns as f64) as usize).min(columns.saturating_sub(1))
}

fn nanoseconds(zero: Timestamp, time: Timestamp) -> i128 {
    time.duration_since(zero).as_nanos()
}

fn last(step: &Step) -> Timestamp {
    step.extent.end().unwrap_or(step.extent.begin()).latest
}

/// From a microsecond to a few thousand years.
fn steps() -> impl Iterator<Item = i128> {
    let decades = |from: i128, count: usize| {
        std::iter::successors(Some(from), |power| Some(power * 10))
            .take(count)
            .flat_map(|power| [power, 2 * power, 5 * power])
    };
    decades(1_000, 6).chain(STEPS).chain(decades(10 * DAY, 6))
}

/// `0s`, `0.25s`, `1m30s`, `2h`.
fn label(value: i128, step: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.abs();
    if step < SECOND {
        let digits = format!("{}.{:09}", value / SECOND, value % SECOND);
        return format!("{sign}{}s", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let parts = [(value / DAY, "d"), (value % DAY / HOUR, "h"), (value % HOUR / MINUTE, "m")];
    let seconds = (value % MINUTE / SECOND, "s");
    let parts = parts.into_iter().chain([seconds]).filter(|(count, _)| *count > 0);
    let text: String = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { format!("{sign}{text}") }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn scale(begin: i64, end: i64) -> Scale {
        let zero = Timestamp::UNIX_EPOCH;
        let since = |microseconds| nanoseconds(zero, zero + SignedDuration::from_micros(microseconds));
        Scale { zero, begin: since(begin), end: since(end) }
    }

    fn labels(begin: i64, end: i64, columns: usize) -> String {
        let ticks = scale(begin, end).ticks(columns, 2);
        ticks
            .into_iter()
            .map(|tick| tick.label)
            .filter(|label| !label.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn ticks_suit_the_span() {
        for (begin, end, columns, expected) in [
            (0, 10_000, 40, "0s 0.002s 0.004s 0.006s 0.008s"),
            (0, 900_000, 40, "0s 0.2s 0.4s 0.6s 0.8s"),
            (0, 8_900_000, 40, "0s 1s 2s 3s 4s 5s 6s 7s 8s"),
            (-1_500_000, 5_000_000, 40, "-1s 0s 1s 2s 3s 4s"),
            (0, 75_000_000, 40, "0s 10s 20s 30s 40s 50s 1m"),
            (0, 1_200_000_000, 40, "0s 5m 10m 15m"),
            (0, 9_000_000_000, 40, "0s 30m 1h 1h30m 2h"),
            (0, 400_000_000_000, 30, "0s 1d 2d 3d 4d"),
            (0, 0, 40, "0s"),
        ] {
            assert_eq!(labels(begin, end, columns), expected, "{begin} {end}");
        }
    }

    #[test]
    fn labels_never_meet_nor_leave_the_axis() {
        for columns in [16, 33, 120] {
            for end in (0..40).map(|power| 1_i64 << power) {
                let mut free = 0;
                for tick in scale(-end / 7, end).ticks(columns, 2) {
                    if tick.label.is_empty() {
                        continue;
                    }
                    let at = column(tick.position, columns);
                    assert!(at >= free, "{columns} {end}");
                    free = at + tick.label.len() + 2;
                    assert!(free <= columns + 2, "{columns} {end}");
                }
                assert!(free > 0, "{columns} {end}: no label");
            }
        }
    }
}
