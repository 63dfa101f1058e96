//! Times as numbers, with no more digits than are known.

use jiff::Timestamp;

use super::scale::Scale;
use crate::trace::{Extent, Moment, Step};

const SECOND: i128 = 1_000_000_000;

/// From here on times are in minutes.
const LONG: i128 = 120 * SECOND;

/// A number in parts, so that a column of them can be aligned at the point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// `5`, `-1`, `2m03`.
    pub whole: String,
    /// `.03`, or nothing.
    pub fraction: String,
    /// `±0.04`, where that is more than its digits show.
    pub error: String,
}

/// How times are written in one waterfall.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    scale: Scale,
    /// The most digits behind the point.
    digits: u32,
    in_minutes: bool,
}

impl Figures {
    pub fn of(scale: Scale) -> Self {
        let digits = match scale.span() {
            0 => 2,
            ..10_000_000 => 5,
            10_000_000..100_000_000 => 4,
            100_000_000..SECOND => 3,
            SECOND..LONG => 2,
            LONG..7_200_000_000_000 => 1,
            _ => 0,
        };
        Self { scale, digits, in_minutes: scale.span() >= LONG }
    }

    /// When it began, since zero.
    pub fn begin(&self, step: &Step) -> Figure {
        let Moment { earliest, latest } = step.extent.begin();
        self.figure(self.since(earliest), self.since(latest))
    }

    /// How long it took; None for a moment, and for what is under way.
    pub fn took(&self, step: &Step) -> Option<Figure> {
        let Extent::Span { begin, end } = &step.extent else { return None };
        let least = self.since(end.earliest) - self.since(begin.latest);
        let most = self.since(end.latest) - self.since(begin.earliest);
        Some(self.figure(least.max(0), most.max(0)))
    }

    /// A moment since zero.
    pub fn moment(&self, moment: Moment) -> Figure {
        self.figure(self.since(moment.earliest), self.since(moment.latest))
    }

    fn since(&self, time: Timestamp) -> i128 {
        self.scale.since_zero(time)
    }

    fn figure(&self, least: i128, most: i128) -> Figure {
        let (middle, error) = ((least + most).div_euclid(2), (most - least + 1) / 2);
        if error <= unit(self.digits) / 2 {
            return self.exact(middle, self.digits);
        }
        let digits = self.digits.min(digits_of(error));
        let unit = unit(digits);
        // Rounded up: it must not promise more than is known.
        let error = (error + unit - 1) / unit * unit;
        let error = format!("±{}{}", error / SECOND, fraction(error, digits));
        Figure { error, ..self.exact(middle, digits) }
    }

    fn exact(&self, value: i128, digits: u32) -> Figure {
        let unit = unit(digits);
        let rounded = (value.abs() + unit / 2) / unit * unit;
        let sign = if value < 0 && rounded > 0 { "-" } else { "" };
        let seconds = rounded / SECOND;
        let whole = if self.in_minutes { in_minutes(seconds) } else { seconds.to_string() };
        Figure { whole: format!("{sign}{whole}"), fraction: fraction(rounded, digits), error: String::new() }
    }
}

impl Figure {
    /// `7.9s ±1.0`, `20m03s`.
    pub fn text(&self) -> String {
        let gap = if self.error.is_empty() { "" } else { " " };
        format!("{}{}s{gap}{}", self.whole, self.fraction, self.error)
    }
}

/// As many digits as its error has a meaning for.
fn digits_of(error: i128) -> u32 {
    match error {
        ..200_000 => 5,
        200_000..2_000_000 => 4,
        2_000_000..20_000_000 => 3,
        20_000_000..200_000_000 => 2,
        200_000_000..10_000_000_000 => 1,
        _ => 0,
    }
}

fn unit(digits: u32) -> i128 {
    SECOND / 10_i128.pow(digits)
}

fn fraction(value: i128, digits: u32) -> String {
    if digits == 0 {
        return String::new();
    }
    let width = usize::try_from(digits).unwrap_or_default();
    format!(".{:0width$}", value % SECOND / unit(digits))
}

fn in_minutes(seconds: i128) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => seconds.to_string(),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}h{minutes:02}m{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{about, at, span, trace};
    use crate::trace::{Course, What};

    fn worded(length: i64, moments: &[Moment]) -> String {
        let whole = span(What::Pull, at(0), at(length));
        let figures = Figures::of(Scale::of(&trace(Course::Start, vec![whole])));
        let words = moments.iter().map(|moment| figures.moment(*moment).text());
        words.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn no_more_digits_than_are_known() {
        let moments = [at(5_030), about(5_030, 40), about(7_930, 1_000), about(7_930, 4), at(-1)];
        assert_eq!(worded(8_000, &moments), "5.03s, 5.03s ±0.04, 7.9s ±1.0, 7.93s, 0.00s");
        assert_eq!(worded(80, &[at(3), at(-3), about(30, 2)]), "0.0030s, -0.0030s, 0.030s ±0.002");
        assert_eq!(worded(400, &[at(3), about(300, 20)]), "0.003s, 0.30s ±0.02");
    }

    #[test]
    fn long_times_are_in_minutes() {
        let moments = [at(7_000), at(1_203_440), about(1_203_500, 500), about(90_000, 20_000)];
        assert_eq!(worded(1_300_000, &moments), "7.0s, 20m03.4s, 20m03.5s ±0.5, 1m30s ±20");
        assert_eq!(worded(8_000_000, &[at(3_723_000)]), "1h02m03s");
    }

    #[test]
    fn what_it_took_is_as_uncertain_as_both_ends() {
        let step = span(What::PreStop, about(1_000, 500), about(6_000, 500));
        let figures = Figures::of(Scale::of(&trace(Course::Start, vec![step.clone()])));
        assert_eq!(figures.took(&step).unwrap().text(), "5.0s ±1.0");
        let short = span(What::PreStop, about(1_000, 500), about(1_000, 500));
        assert_eq!(figures.took(&short).unwrap().text(), "0.5s ±0.5");
    }
}
