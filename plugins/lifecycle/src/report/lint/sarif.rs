//! Findings as SARIF 2.1.0, which code scanning services read. Written as far as it is used here.

use std::io::{self, Write};

use drover::print::{Structured, write_structured};
use serde::Serialize;

use super::sentence;
use crate::lint::{PAGE, RULES, Rule, Severity, help_uri};
use crate::linted::{Linted, Placed};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'a str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    information_uri: &'a str,
    rules: Vec<Described<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    id: &'a str,
    short_description: Text<'a>,
    full_description: Text<'a>,
    help_uri: String,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical<'a>>,
    logical_locations: [Logical; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical<'a> {
    artifact_location: Artifact<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact<'a> {
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    start_column: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

/// Writes it as one document.
pub fn sarif(items: &[Linted], out: &mut dyn Write) -> io::Result<()> {
    let results =
        items.iter().flat_map(|linted| linted.findings.iter().map(|placed| outcome(linted, placed)));
    let driver = Driver {
        name: "kubectl-lifecycle",
        version: env!("CARGO_PKG_VERSION"),
        information_uri: PAGE,
        rules: RULES.into_iter().map(described).collect(),
    };
    let tool = Tool { driver };
    let run = Run { tool, column_kind: "unicodeCodePoints", results: results.collect() };
    write_structured(Structured::Json, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)
}

fn described(rule: &Rule) -> Described<'_> {
    Described {
        id: rule.id,
        short_description: Text { text: rule.title },
        full_description: Text { text: rule.why },
        help_uri: help_uri(rule.id),
        default_configuration: Configuration { level: level(rule.severity) },
    }
}

fn outcome<'a>(linted: &'a Linted, placed: &'a Placed) -> Outcome<'a> {
    let finding = &placed.finding;
    let advice = finding.advice.as_ref().map(|advice| format!("\n→ {advice}")).unwrap_or_default();
    let namespace = linted.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let logical = Logical {
        fully_qualified_name: format!("{namespace}{}{}", linted.object, placed.path),
        kind: "member",
    };
    let physical = linted.file.as_deref().map(|uri| Physical {
        artifact_location: Artifact { uri },
        region: placed.place.map(|place| Region { start_line: place.line, start_column: place.column }),
    });
    Outcome {
        rule_id: finding.rule,
        rule_index: RULES.iter().position(|rule| rule.id == finding.rule).unwrap_or_default(),
        level: level(finding.severity),
        message: Message { text: format!("{}{advice}", sentence(finding)) },
        locations: [Location { physical_location: physical, logical_locations: [logical] }],
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
