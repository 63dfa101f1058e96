//! Findings, as people read them: below each workload what is wrong with it.

use drover::cli::Streams;
use drover::print::{Colour, Line, escape};
use textwrap::{Options, WordSplitter};

use super::sentence;
use crate::lint::Severity;
use crate::linted::{Linted, Placed};

/// No terminal is so narrow that words should be broken for it, and no prose wider than the widest.
const NARROWEST: usize = 40;
const WIDEST: usize = 100;

/// Where the text stands: below the rule.
const INDENT: usize = 9;

/// Writes those in which something was found to stdout.
pub fn table(streams: &mut Streams, items: &[Linted]) -> std::io::Result<()> {
    let found = items.iter().filter(|linted| !linted.findings.is_empty());
    for (index, linted) in found.enumerate() {
        if index > 0 {
            writeln!(streams.out)?;
        }
        for line in lines(linted, streams.out_width) {
            writeln!(streams.out, "{}", line.text(streams.colour))?;
        }
    }
    Ok(())
}

fn lines(linted: &Linted, width: Option<usize>) -> Vec<Line> {
    let mut heading = Line::plain(&linted.object);
    if let Some(namespace) = &linted.namespace {
        heading = heading.with(&format!("   {namespace}"), None);
    }
    let findings = linted.findings.iter().flat_map(|placed| of_finding(linted, placed, width));
    std::iter::once(heading).chain(findings).collect()
}

fn of_finding(linted: &Linted, placed: &Placed, width: Option<usize>) -> Vec<Line> {
    let Placed { finding, place, .. } = placed;
    let severity = finding.severity.name();
    let mut first =
        Line::default().with(severity, colour(finding.severity)).padded(INDENT).with(finding.rule, None);
    if let (Some(file), Some(place)) = (&linted.file, place) {
        let place = format!("   {file}:{}", place.line);
        // Whole, to be followed.
        first = first.with(&place, Colour::Faint);
    }
    let mut lines = vec![first];
    lines.extend(paragraph("", &sentence(finding), width));
    lines.extend(finding.advice.iter().flat_map(|advice| paragraph("→ ", advice, width)));
    lines
}

fn colour(severity: Severity) -> Option<Colour> {
    match severity {
        Severity::Error => Some(Colour::Red),
        Severity::Warning => Some(Colour::Yellow),
        Severity::Info => None,
    }
}

fn paragraph(mark: &str, text: &str, width: Option<usize>) -> Vec<Line> {
    let start = format!("{}{mark}", " ".repeat(INDENT));
    let Some(width) = width else { return vec![Line::plain(&format!("{start}{text}"))] };
    let below = " ".repeat(INDENT + mark.chars().count());
    let options = Options::new(width.clamp(NARROWEST, WIDEST))
        .initial_indent(&start)
        .subsequent_indent(&below)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&escape(text), options).iter().map(|line| Line::plain(line)).collect()
}
