//! A sample of the matrix that `cargo faults` runs whole, small enough for every `cargo test`.

use std::env;
use std::thread;

use faults::campaign::Worker;
use faults::parallel::{self, AT_ONCE};
use faults::sample::Chooser;
use faults::{Cell, Disturbance, Family, Verb, matrix};

/// Of all kills and interruptions, and again of all that colleagues do.
const FEW: usize = 6;

#[test]
fn every_fault_at_some_request_of_every_verb() {
    let seed = seed();
    println!("DROVER_SEED={seed}");
    let cells = sample(&all_cells(), &mut Chooser::new(seed));
    let (mut bad, mut unreached) = (Vec::new(), 0);
    let all = cells.len();
    parallel::run(cells, AT_ONCE, |cell, outcome| {
        println!("{:5.1} s {cell}: {}", outcome.seconds, outcome.verdict.words());
        unreached += usize::from(outcome.verdict == faults::Verdict::Unreached);
        if outcome.verdict.is_bad() {
            bad.push(matrix::story(&cell, &outcome));
        }
    });
    assert!(bad.is_empty(), "DROVER_SEED={seed}: {} of {all} cells\n{}", bad.len(), bad.concat());
    assert!(unreached * 5 < all, "{unreached} of {all} cells tested nothing");
}

/// The seed of every `cargo test`, so that a red one means that a change broke something; other cells are tried by
/// `DROVER_SEED`, and all of them by `cargo faults`.
const USUAL_SEED: u64 = 4;

fn seed() -> u64 {
    env::var("DROVER_SEED").map_or(USUAL_SEED, |seed| seed.parse().expect("DROVER_SEED is a number"))
}

fn all_cells() -> Vec<Cell> {
    let of = |verb| move || matrix::cells(verb, &Worker::default().requests(verb), &Disturbance::ALL);
    thread::scope(|scope| {
        let verbs = Verb::ALL.map(|verb| scope.spawn(of(verb)));
        verbs.into_iter().flat_map(|cells| cells.join().expect("the verb works undisturbed")).collect()
    })
}

/// Every fault once for every verb to which it can happen, and a few of the rest.
fn sample(all: &[Cell], chooser: &mut Chooser) -> Vec<Cell> {
    let mut cells = Vec::new();
    for verb in Verb::ALL {
        for disturbance in Disturbance::of(Family::Faults) {
            let of = |cell: &&Cell| cell.verb == verb && cell.disturbance == disturbance;
            let alike: Vec<&Cell> = all.iter().filter(of).collect();
            cells.extend(chooser.one_of(&alike).copied().cloned());
        }
    }
    for family in [Family::Kills, Family::Colleagues] {
        let alike: Vec<&Cell> = all.iter().filter(|cell| cell.disturbance.family() == family).collect();
        cells.extend((0..FEW).filter_map(|_| chooser.one_of(&alike).copied().cloned()));
    }
    cells
}
