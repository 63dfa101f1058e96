//! `cargo measure lifecycle`, as far as it needs the harness: see `measure_lifecycle` in src/main.rs.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// How many pods are started and shut down
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Keep the processors busy meanwhile
    #[arg(long)]
    load: bool,
}

fn main() -> ExitCode {
    let Arguments { runs, load } = Arguments::parse();
    if bench::lifecycle::measure(runs, load) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
