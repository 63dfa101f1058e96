//! Pure: the rules that a pod template is held against. One engine: `show` asks it of a template alone, `lint` also of
//! what sends the pods traffic.

mod catalogue;
mod drain;
mod fix;
mod image;
mod rule;
mod rules;
mod service;
#[cfg(test)]
pub mod testing;

use serde::Serialize;

use crate::schedule::Pod;

pub use catalogue::{PAGE, RULES, help_uri, rule};
pub use fix::fixed;
pub use rule::{Finding, Rule, Severity};
pub use service::Service;

/// Silences rules: their ids, with commas between. On the pod template, or on the workload.
pub const IGNORE_ANNOTATION: &str = "drover.dev/lint-ignore";

/// How long it may take until every kube-proxy has heard that a pod is gone, unless somebody measured it: what most
/// guides advise. `trace` measures the part that the API server sees.
pub const PROPAGATION_SECONDS: u64 = 5;

/// What the rules look at.
pub struct Subject<'a> {
    pub pod: &'a Pod,
    /// Those that send it traffic; none where that is not known.
    pub services: Option<Vec<&'a Service>>,
    /// How long endpoints take to change everywhere.
    pub propagation_seconds: u64,
}

impl<'a> Subject<'a> {
    /// A template of which nothing else is known.
    pub fn alone(pod: &'a Pod) -> Self {
        Self { pod, services: None, propagation_seconds: PROPAGATION_SECONDS }
    }
}

/// What the rules say.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// Rules whose findings an annotation silences.
    pub ignored: Vec<&'static str>,
    /// Rules that had to know more.
    pub skipped: Vec<&'static str>,
    /// What an annotation names that is no rule.
    pub unknown: Vec<String>,
}

/// Holds a pod template against all rules. `ignore` is what the workload's own annotation says.
pub fn lint(subject: &Subject, ignore: Option<&str>) -> Outcome {
    let of_template = subject.pod.annotations.get(IGNORE_ANNOTATION).map(String::as_str);
    let named = ids(ignore).chain(ids(of_template));
    let (silenced, unknown): (Vec<_>, Vec<_>) = named.partition(|id| rule(id).is_some());
    let mut outcome =
        Outcome { unknown: unknown.into_iter().map(str::to_owned).collect(), ..Outcome::default() };
    for rule in RULES {
        if rule.needs_services && subject.services.is_none() {
            outcome.skipped.push(rule.id);
            continue;
        }
        let found = (rule.check)(subject);
        if silenced.contains(&rule.id) {
            outcome.ignored.extend(found.first().map(|_| rule.id));
        } else {
            outcome.findings.extend(found.into_iter().map(|found| found.of(rule)));
        }
    }
    outcome.findings.sort_by_key(|finding| finding.severity);
    outcome
}

fn ids(annotation: Option<&str>) -> impl Iterator<Item = &str> {
    annotation.unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
