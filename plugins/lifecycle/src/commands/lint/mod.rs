//! `kubectl lifecycle lint`: what is wrong with hooks, probes and grace periods.

mod files;
mod source;

use std::io::Write as _;

use drover::cli::{Failure, OutputFormat, Streams};
use drover::cluster::Connection;
use drover::print::{Structured, write_structured};

use crate::args::{FailOn, LintArgs, LintForm};
use crate::linted::{Fix, Linted, Linter, is_patchable};
use crate::manifest::Origin;
use crate::report;
use crate::workload::Workload;
use source::{Looked, each_workload};

pub async fn run(
    connection: &Connection,
    arguments: &LintArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let target = arguments.target()?;
    if arguments.fix {
        let looked = each_workload(connection, arguments, target.as_ref(), streams, fix).await?;
        return patches(looked, arguments, streams);
    }
    let looked = each_workload(connection, arguments, target.as_ref(), streams, Linter::linted).await?;
    findings(looked, arguments, streams)
}

/// Tells what was found.
fn findings(looked: Looked<Linted>, arguments: &LintArgs, streams: &mut Streams) -> Result<(), Failure> {
    let Looked { mut items, unknown_services, others } = looked;
    for linted in &mut items {
        linted.findings.retain(|placed| placed.finding.severity <= arguments.severity);
    }
    let fails = items.iter().any(|linted| fails(linted, arguments.fail_on));
    match arguments.output() {
        LintForm::Json => streams.structured(Some(OutputFormat::Json), "LifecycleLint", &items)?,
        LintForm::Yaml => streams.structured(Some(OutputFormat::Yaml), "LifecycleLint", &items)?,
        LintForm::Sarif => report::lint::sarif(&items, &mut streams.out)?,
        LintForm::Table => {
            report::lint::table(streams, &items)?;
            for line in report::lint::summary(&items, unknown_services.as_deref(), others) {
                streams.say(&line, 2)?;
            }
        }
    }
    streams.out.flush()?;
    if fails { Err(Failure::findings()) } else { Ok(()) }
}

fn fails(linted: &Linted, fail_on: FailOn) -> bool {
    linted.findings.iter().any(|placed| fail_on.fails(placed.finding.severity))
}

/// What became of one workload that was to be mended.
enum Mended {
    By(Fix),
    /// There is nothing that could be mended.
    No,
    /// The API server would not take the patch, or its owner would undo it.
    NotHere(String),
}

fn fix(linter: &Linter, workload: &Workload, origin: Option<&Origin>) -> Result<Mended, serde_json::Error> {
    Ok(match linter.fix(workload)? {
        None => Mended::No,
        Some(fix) if origin.is_none() && !is_patchable(workload) => Mended::NotHere(fix.object),
        Some(fix) => Mended::By(fix),
    })
}

/// Prints what mends them: each patch a document of its own, as `kubectl patch --patch-file` and kustomize take it.
fn patches(looked: Looked<Mended>, arguments: &LintArgs, streams: &mut Streams) -> Result<(), Failure> {
    let (mut fixes, mut not_here) = (Vec::new(), Vec::new());
    for mended in looked.items {
        match mended {
            Mended::By(fix) => fixes.push(fix),
            Mended::NotHere(object) => not_here.push(object),
            Mended::No => {}
        }
    }
    match arguments.output() {
        LintForm::Json => streams.structured(Some(OutputFormat::Json), "LifecycleFix", &fixes)?,
        _ => documents(&fixes, streams)?,
    }
    streams.out.flush()?;
    for line in report::lint::mended(&fixes, &not_here, looked.unknown_services.as_deref()) {
        streams.say(&line, 2)?;
    }
    Ok(())
}

fn documents(fixes: &[Fix], streams: &mut Streams) -> std::io::Result<()> {
    for (index, fix) in fixes.iter().enumerate() {
        if index > 0 {
            writeln!(streams.out, "---")?;
        }
        writeln!(streams.out, "# mends {}", fix.rules.join(", "))?;
        write_structured(Structured::Yaml, &fix.patch, &mut streams.out)?;
    }
    Ok(())
}
