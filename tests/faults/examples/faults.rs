//! `cargo faults [VERB…] [FAMILY…]`: the whole matrix, in parallel, going on where an earlier run stopped.
//!
//! An example rather than a binary: the harness finds the plugins from where the running program lies, and expects it
//! three folders below the target folder, where Cargo puts tests and examples.

use std::panic;
use std::process::ExitCode;
use std::thread;

use clap::{Parser, ValueEnum};
use faults::campaign::Worker;
use faults::parallel::{self, AT_ONCE};
use faults::results::Results;
use faults::{Cell, Disturbance, Family, Verb, matrix};

#[derive(Parser)]
#[command(about = "Break every request of every verb in every way", name = "cargo faults")]
struct Arguments {
    /// isolate, traffic-first, isolate-scene, restore, cleanup, list, debug-on, debug-off, bundle-snapshot, bundle-prune, bundle-delete, bundle-rollback; faults, kills, colleagues. All by default
    #[arg(value_parser = topic)]
    topics: Vec<Topic>,
    /// Forget earlier results of these verbs
    #[arg(long)]
    again: bool,
    /// Run just the cells whose key contains this (or that), whether or not they are known, and show what was said
    #[arg(long)]
    only: Vec<String>,
    /// Show what is known, and run nothing more
    #[arg(long)]
    known: bool,
    /// How many cells run at once
    #[arg(long, default_value_t = AT_ONCE)]
    parallel: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Topic {
    Verb(Verb),
    Family(Family),
}

fn topic(word: &str) -> Result<Topic, String> {
    Verb::from_str(word, false).map(Topic::Verb).or_else(|_| Family::from_str(word, false).map(Topic::Family))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic in a cell is told in its result.
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() == Some("main") {
            tell(panic);
        }
    }));
    let asks = |of: fn(&Topic) -> bool| arguments.topics.iter().any(of);
    let any_verb = !asks(|topic| matches!(topic, Topic::Verb(_)));
    let any_family = !asks(|topic| matches!(topic, Topic::Family(_)));
    let families: Vec<Family> = Family::value_variants()
        .iter()
        .copied()
        .filter(|family| any_family || arguments.topics.contains(&Topic::Family(*family)))
        .collect();
    let mut bad = 0;
    for verb in Verb::ALL {
        if any_verb || arguments.topics.contains(&Topic::Verb(verb)) {
            bad += run(verb, &families, &arguments);
        }
    }
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs what is not known yet and prints a matrix for each family. Returns the number of bad cells.
fn run(verb: Verb, families: &[Family], arguments: &Arguments) -> usize {
    let requests = Worker::default().requests(verb);
    let disturbances: Vec<Disturbance> =
        families.iter().flat_map(|family| Disturbance::of(*family)).collect();
    let cells = matrix::cells(verb, &requests, &disturbances);
    let mut results = Results::open(verb, arguments.again);
    let wanted = |cell: &Cell| match arguments.only.as_slice() {
        [] => !results.contain(cell) && !arguments.known,
        keys => keys.iter().any(|key| cell.to_string().contains(key)),
    };
    let left: Vec<Cell> = cells.iter().filter(|cell| wanted(cell)).cloned().collect();
    let (mut ended, all) = (0, left.len());
    parallel::run(left, arguments.parallel, |cell, outcome| {
        ended += 1;
        eprintln!("{ended}/{all} {:.1} s {cell}: {}", outcome.seconds, outcome.verdict.words());
        if !arguments.only.is_empty() {
            println!("{}", matrix::story(&cell, &outcome));
        }
        results.add(cell, outcome);
    });
    for family in families {
        let disturbances: Vec<Disturbance> = Disturbance::of(*family).collect();
        println!("{}", matrix::report(verb, &requests, &disturbances, |cell| results.get(cell)));
    }
    cells.iter().filter(|cell| results.get(cell).is_some_and(|outcome| outcome.verdict.is_bad())).count()
}
