//! docs/lint.md is made of the rules and their examples.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use super::tests::{Example, example, findings, fix, only};
use super::*;

const HEAD: &str = "\
# The rules of kubectl lifecycle lint

Written by a test from the rules themselves and from their examples, which it runs.

Silence a rule where it is wrong with an annotation on the workload or on its pod template:
`drover.dev/lint-ignore: exec-sleep,grace-too-long`.
";

fn page() -> String {
    let mut page = format!("{HEAD}\n| rule | severity | |\n|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(page, "| [{}](#{}) | {} | {} |", rule.id, rule.id, rule.severity.name(), rule.title);
    }
    for rule in RULES {
        page += &section(rule);
    }
    page
}

fn section(rule: &Rule) -> String {
    let Example { found, clean, difference } = example(rule);
    let (workload, services) = only(&found);
    let all = findings(&workload, services.as_ref());
    let said = all.iter().filter(|finding| finding.rule == rule.id);
    let said: Vec<_> = said.map(|finding| format!("{} {}", finding.place(), finding.text)).collect();
    let fields: Vec<_> = rule.looks_at.iter().map(|field| field_name(field)).collect();
    let mut section = format!(
        "\n## {}\n\n{}: {}.\n\n{}\n\nLooks at {}.\n",
        rule.id,
        rule.severity.name(),
        rule.title,
        rule.why,
        fields.join(", ")
    );
    let _ = write!(section, "\n```yaml\n{found}```\n\n{}.\n", said.join(".\n"));
    let is_fixed = all.iter().any(|finding| finding.rule == rule.id && finding.fix.is_some());
    match fix(&workload, services.as_ref()).filter(|_| is_fixed) {
        Some(fixed) => {
            let patch = serde_saphyr::to_string(&workload.patch(fixed.patch)).unwrap();
            let _ = write!(section, "\n`--fix` prints\n\n```yaml\n{}\n```\n", patch.trim_end());
        }
        None => {
            let advice = all.iter().filter(|finding| finding.rule == rule.id);
            for advice in advice.filter_map(|finding| finding.advice.as_ref()) {
                let _ = write!(section, "\nNo patch can be computed for it: {advice}.\n");
            }
        }
    }
    let _ = write!(section, "\nClean, since {difference}:\n\n```yaml\n{clean}```\n");
    section
}

/// Fields as code, and other words as they are.
fn field_name(field: &str) -> String {
    if field.contains(' ') || field.starts_with(char::is_uppercase) {
        field.to_owned()
    } else {
        format!("`{field}`")
    }
}

#[test]
fn the_page_is_made_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    let expected = page();
    if env::var_os("DROVER_WRITE_README").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == expected,
        "docs/lint.md is stale: run `DROVER_WRITE_README=1 cargo test -p kubectl-lifecycle page`"
    );
}
