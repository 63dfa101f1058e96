//! What is said beside the findings.

use std::collections::BTreeSet;

use drover::print::counted;

use crate::lint::{IGNORE_ANNOTATION, Severity};
use crate::linted::{Fix, Linted};

/// How much was looked at and found, and what was not looked at.
pub fn summary(items: &[Linted], unknown_services: Option<&str>, others: usize) -> Vec<String> {
    let mut lines = vec![counts(items)];
    let skipped: BTreeSet<_> = items.iter().flat_map(|linted| &linted.skipped).copied().collect();
    if let Some(why) = unknown_services.filter(|_| !skipped.is_empty()) {
        let skipped = skipped.into_iter().collect::<Vec<_>>().join(", ");
        lines.push(format!("not checked: {skipped}, since {why}"));
    }
    let ignored = items.iter().map(|linted| linted.ignored.len()).sum::<usize>();
    if ignored > 0 {
        lines.push(format!("{} silenced by {IGNORE_ANNOTATION}", counted(ignored, "rule")));
    }
    for linted in items.iter().filter(|linted| !linted.unknown_rules.is_empty()) {
        let unknown = linted.unknown_rules.join(", ");
        lines.push(format!("{IGNORE_ANNOTATION} of {} names no rule: {unknown}", linted.object));
    }
    if others > 0 {
        lines.push(format!("{} of other kinds passed over", counted(others, "object")));
    }
    lines
}

/// `2 errors, 1 warning in 2 of 20 workloads, 2 can be mended by --fix`
fn counts(items: &[Linted]) -> String {
    let workloads = counted(items.len(), "workload");
    let of = |severity| {
        let all = items.iter().flat_map(|linted| &linted.findings);
        all.filter(|placed| placed.finding.severity == severity).count()
    };
    let each = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let each = each.map(|(severity, noun)| (of(severity), noun));
    let some: Vec<_> =
        each.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun)).collect();
    if some.is_empty() {
        return format!("nothing found in {workloads}");
    }
    let affected = items.iter().filter(|linted| !linted.findings.is_empty()).count();
    let findings = items.iter().flat_map(|linted| &linted.findings);
    let fixable = findings.filter(|placed| placed.finding.fix.is_some()).count();
    let place = if items.len() == 1 { String::new() } else { format!(" in {affected} of {workloads}") };
    let mended = if fixable > 0 { format!(", {fixable} can be mended by --fix") } else { String::new() };
    format!("{}{place}{mended}", some.join(", "))
}

/// What was mended, and what can't be where it is.
pub fn mended(fixes: &[Fix], not_here: &[String], unknown_services: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    if fixes.is_empty() {
        lines.push("nothing that could be mended".to_owned());
    }
    if let Some(why) = unknown_services {
        lines.push(format!("what depends on Services is not mended, since {why}"));
    }
    for object in not_here {
        lines.push(format!("{object} can't be changed as it is: mend what makes it"));
    }
    lines
}
