//! What follows from what was recorded, each with what proves it.

mod cause;
mod crash;
mod hook;
mod margin;
mod post_start;
mod stop;
mod traffic;

use jiff::SignedDuration;

pub use margin::{Margin, margins};

use super::record::Record;
use super::{Moment, Phase, Sign, Step, Verdict};

/// Two things that are written in whole seconds are as good as at once.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);

/// All that can be said of a phase.
pub fn verdicts(record: &Record, phase: Phase, steps: &[Step]) -> Vec<Verdict> {
    let containers = record.containers();
    match phase {
        Phase::Start => {
            let hooks = containers.iter().filter_map(|container| post_start::verdict(record, container));
            let crashes = containers.iter().filter_map(|container| crash::verdict(record, container));
            let disruption = cause::disruption(record);
            disruption.into_iter().chain(hooks).chain(crashes).chain(traffic::verdict(record)).collect()
        }
        Phase::Shutdown => {
            let race = margins(record, steps).into_iter().filter_map(|margin| margin.verdict());
            let ends = containers.iter().flat_map(|container| stop::verdicts(record, container));
            cause::verdict(record).into_iter().chain(race).chain(ends).collect()
        }
    }
}

impl Verdict {
    fn new(sign: Sign, text: String) -> Self {
        Self { sign, text, proof: Vec::new(), advice: Vec::new() }
    }

    fn proven_by(mut self, proof: String) -> Self {
        self.proof.push(proof);
        self
    }

    fn advising(mut self, advice: &str) -> Self {
        self.advice.push(advice.to_owned());
        self
    }
}

/// The time of day.
fn clock(moment: &Moment) -> String {
    moment.middle().strftime("%H:%M:%S").to_string()
}

fn seconds(duration: SignedDuration) -> String {
    format!("{:.1}s", duration.as_secs_f64())
}

/// From one moment to another.
struct Distance {
    least: SignedDuration,
    most: SignedDuration,
}

impl Distance {
    fn between(begin: &Moment, end: &Moment) -> Self {
        Self {
            least: end.earliest.duration_since(begin.latest),
            most: end.latest.duration_since(begin.earliest),
        }
    }

    /// So much that is less by this.
    fn left_of(whole: SignedDuration, used: &Self) -> Self {
        Self { least: whole - used.most, most: whole - used.least }
    }

    /// The same, seen from its end.
    fn reversed(&self) -> Self {
        Self { least: -self.most, most: -self.least }
    }

    /// `4.7s ±0.5`; `4.7s` where that is exact to a tenth.
    fn text(&self) -> String {
        let middle = (self.least + self.most) / 2;
        let error = (self.most - self.least).as_secs_f64() / 2.0;
        let text = seconds(middle);
        if error < 0.05 { text } else { format!("{text} ±{error:.1}") }
    }
}

#[cfg(test)]
mod testing;
