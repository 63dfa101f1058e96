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
    /// By how many seconds the server's clock is ahead of the node's
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    server_ahead: i64,
}

fn main() -> ExitCode {
    let Arguments { runs, load, server_ahead } = Arguments::parse();
    if bench::lifecycle::measure(runs, load, server_ahead) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
