//! What `--help` costs: the start-up of a program and nothing else, as it needs no cluster.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::median::median;
use crate::table;

const RUNS: usize = 15;

/// The median of all runs.
pub struct HelpCost {
    wall: Duration,
    peak_memory: u64,
}

/// Runs `--help` of two programs by turns, so that whatever else the machine does meets both.
pub fn measure(programs: [&Path; 2]) -> [HelpCost; 2] {
    // The first run reads the program from disk.
    for program in programs {
        run(program);
    }
    let mut runs = programs.map(|_| Vec::with_capacity(RUNS));
    for _ in 0..RUNS {
        for (program, runs) in programs.iter().zip(&mut runs) {
            runs.push(run(program));
        }
    }
    runs.map(|runs| HelpCost {
        wall: median(runs.iter().map(|run| run.wall)),
        peak_memory: median(runs.iter().map(|run| run.peak_memory)),
    })
}

fn run(program: &Path) -> HelpCost {
    let started = Instant::now();
    let used = Command::new(program)
        .arg("--help")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .and_then(Wait4::wait4)
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    let wall = started.elapsed();
    assert!(used.status.success(), "{} --help: {}", program.display(), used.status);
    HelpCost { wall, peak_memory: used.rusage.maxrss }
}

impl HelpCost {
    /// Both costs and their ratio.
    pub fn table(own: &Self, kubectl: &Self) -> String {
        let milliseconds = |cost: &Self| cost.wall.as_secs_f64() * 1e3;
        let megabytes = |cost: &Self| cost.peak_memory as f64 / 1e6;
        table::table(&[
            ("start-up, ms", milliseconds(own), milliseconds(kubectl)),
            ("peak memory, MB", megabytes(own), megabytes(kubectl)),
        ])
    }
}
