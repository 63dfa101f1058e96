//! A trace beside the truth.

use jiff::SignedDuration;

use super::life::Life;
use super::shown::{Edge, Moment, Trace};
use super::truth::{Truth, truth};

/// One time of one step.
pub struct Finding {
    pod: String,
    container: String,
    /// What it is counted under.
    pub step: String,
    pub evidence: String,
    pub outcome: Outcome,
}

/// What came of the comparison.
pub enum Outcome {
    Compared {
        /// From the middle of the bounds to the truth.
        error: SignedDuration,
        width: SignedDuration,
        /// How far the truth is outside, where it is.
        outside: Option<SignedDuration>,
    },
    /// Shown, but it did not happen.
    Invented,
    /// It happened, but was not shown.
    Missing,
}

impl Finding {
    /// What is wrong with it, if anything.
    pub fn complaint(&self) -> Option<String> {
        let Self { pod, container, step, evidence, .. } = self;
        let of = format!("{pod} {container} {step} ({evidence})");
        match &self.outcome {
            Outcome::Compared { outside: Some(by), width, .. } => {
                let [by, width] = [by, width].map(SignedDuration::as_secs_f64);
                Some(format!("OUTSIDE by {by:+.3} s of bounds {width:.3} s wide: {of}"))
            }
            Outcome::Compared { .. } => None,
            Outcome::Invented => Some(format!("INVENTED: {of}")),
            Outcome::Missing => Some(format!("MISSING: {of}")),
        }
    }
}

/// All that can be said of a pod's two traces.
pub fn findings(life: &Life) -> Vec<Finding> {
    let compared = [&life.start, &life.shutdown].into_iter().flat_map(|trace| compared(life, trace));
    compared.chain(missing(life)).collect()
}

fn compared(life: &Life, trace: &Trace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &trace.steps {
        for (edge, shown) in step.extent.edges() {
            let outcome = match truth(life, step, edge) {
                Truth::Known(known) => {
                    compare(&shown, &Moment { earliest: known.earliest, latest: known.latest })
                }
                Truth::Never => Outcome::Invented,
                Truth::Untold => continue,
            };
            let suffix = match edge {
                Edge::Begin if step.extent.is_span() => " begin",
                Edge::Begin => "",
                Edge::End => " end",
            };
            findings.push(Finding {
                pod: life.pod.clone(),
                container: step.container.clone().unwrap_or_default(),
                step: format!("{}{suffix}", step.what),
                evidence: step.evidence.clone(),
                outcome,
            });
        }
    }
    findings
}

/// Where the truth is itself only known within bounds, it is outside when the two have nothing in common.
fn compare(shown: &Moment, known: &Moment) -> Outcome {
    let middle = shown.middle();
    let nearest = middle.clamp(known.earliest, known.latest);
    let outside = if known.latest < shown.earliest {
        Some(known.latest.duration_since(shown.earliest))
    } else if known.earliest > shown.latest {
        Some(known.earliest.duration_since(shown.latest))
    } else {
        None
    };
    Outcome::Compared { error: nearest.duration_since(middle).abs(), width: shown.width(), outside }
}

/// What the containers wrote, and which step tells of it.
const TOLD: [(&str, &str); 6] = [
    ("postStart", "postStart"),
    ("preStop", "preStop"),
    ("startup", "startup"),
    ("term", "sigterm"),
    ("exit", "exit"),
    ("ready", "ready"),
];

fn missing(life: &Life) -> Vec<Finding> {
    let steps = || life.start.steps.iter().chain(&life.shutdown.steps);
    let mut findings = Vec::new();
    for (word, what) in TOLD {
        for container in life.ended.keys().filter(|name| life.stamps.first(name, word).is_some()) {
            let is_it = |name: &Option<String>| name.as_ref().is_none_or(|name| name == container);
            if !steps().any(|step| step.what == what && is_it(&step.container)) {
                findings.push(Finding {
                    pod: life.pod.clone(),
                    container: container.clone(),
                    step: what.to_owned(),
                    evidence: String::new(),
                    outcome: Outcome::Missing,
                });
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(earliest: &str, latest: &str) -> Moment {
        let at = |seconds: &str| format!("2026-01-01T00:00:{seconds}Z").parse().unwrap();
        Moment { earliest: at(earliest), latest: at(latest) }
    }

    /// Milliseconds of error, and of how far it is outside.
    fn compared(shown: Moment, known: Moment) -> (i128, Option<i128>) {
        match compare(&shown, &known) {
            Outcome::Compared { error, outside, .. } => (error.as_millis(), outside.map(|by| by.as_millis())),
            _ => panic!("two times can be compared"),
        }
    }

    #[test]
    fn bounds_are_wrong_only_where_the_truth_can_t_be_within() {
        let shown = moment("05", "06");
        assert_eq!(compared(shown, moment("05.9", "05.9")), (400, None));
        assert_eq!(compared(shown, moment("05.4", "05.6")), (0, None));
        assert_eq!(compared(shown, moment("05.9", "08")), (400, None));
        assert_eq!(compared(shown, moment("06.1", "08")), (600, Some(100)));
        assert_eq!(compared(shown, moment("03", "04.8")), (700, Some(-200)));
    }
}
