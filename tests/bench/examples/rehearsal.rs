//! `cargo measure rehearsal`, as far as it needs the harness: see `measure_rehearsal` in src/main.rs.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// How many clones are started and stopped
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Keep the processors busy meanwhile
    #[arg(long)]
    load: bool,
}

fn main() -> ExitCode {
    let Arguments { runs, load } = Arguments::parse();
    if bench::rehearsal::measure(runs, load) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
