//! The findings, one line for each kind of step and evidence.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::compare::{Finding, Outcome};

/// What the bounds of each kind of evidence may be wide: its own resolution, and a quarter of a second.
fn limit(step: &str, evidence: &str) -> Option<SignedDuration> {
    let milliseconds = match (step, evidence) {
        (_, text) if text.contains("nothing tells") => return None,
        // Known only as the time before the first container.
        ("sandbox end", _) => return None,
        (_, text) if text.contains("Slice") || text.contains("watch") || text.contains("status started") => {
            2250
        }
        // It is only sure not to have ended later.
        (_, text) if text.contains("when the pod was ready") || text.contains("shown as running") => {
            return None;
        }
        // The runtime says that it has started a program some time after it did so, or before it gets any time to run.
        ("containerStart" | "init begin" | "startup begin", _) => 500,
        ("created" | "ready" | "deletionRequested" | "exit" | "sigkill" | "init end", _) => 1250,
        (_, text) if text.contains("the exit of") => 1500,
        _ => 250,
    };
    Some(SignedDuration::from_millis(milliseconds))
}

#[derive(Default)]
struct Row {
    errors: Vec<SignedDuration>,
    widths: Vec<SignedDuration>,
    outside: usize,
    wide: usize,
    invented: usize,
    missing: usize,
}

impl Row {
    fn count(&mut self, finding: &Finding) {
        match &finding.outcome {
            Outcome::Compared { error, width, outside } => {
                self.errors.push(*error);
                self.widths.push(*width);
                self.outside += usize::from(outside.is_some());
                self.wide +=
                    usize::from(limit(&finding.step, &finding.evidence).is_some_and(|limit| *width > limit));
            }
            Outcome::Invented => self.invented += 1,
            Outcome::Missing => self.missing += 1,
        }
    }
}

/// Milliseconds, and how many were wrong.
pub fn print(findings: &[Finding]) -> String {
    let mut rows: BTreeMap<(&str, &str), Row> = BTreeMap::new();
    for finding in findings {
        rows.entry((&finding.step, &finding.evidence)).or_default().count(finding);
    }
    let mut text = format!(
        "{:<18} {:>5} {:>6} {:>6} {:>6}  {:>6} {:>6}  {:>7} {:>4} {:>8} {:>7}  {}\n",
        "ms",
        "n",
        "median",
        "p95",
        "max",
        "bounds",
        "widest",
        "outside",
        "wide",
        "invented",
        "missing",
        "evidence"
    );
    for ((step, evidence), mut row) in rows {
        row.errors.sort();
        row.widths.sort();
        let [median, p95, max] = [0.5, 0.95, 1.0].map(|share| of(&row.errors, share));
        let [bounds, widest] = [0.5, 1.0].map(|share| of(&row.widths, share));
        text.push_str(&format!(
            "{step:<18} {:>5} {median:>6} {p95:>6} {max:>6}  {bounds:>6} {widest:>6}  {:>7} {:>4} {:>8} {:>7}  {evidence}\n",
            row.errors.len(),
            row.outside,
            row.wide,
            row.invented,
            row.missing
        ));
    }
    text
}

/// Of sorted values, the one that this share of them does not exceed.
fn of(sorted: &[SignedDuration], share: f64) -> i128 {
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * share).ceil() as usize;
    sorted.get(index).map_or(0, SignedDuration::as_millis)
}
