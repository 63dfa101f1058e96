//! `kubectl isolate`: takes a sick pod out of its Deployment and out of all traffic.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod again;
mod args;
mod clock;
mod commands;
mod completion;
mod help;
mod next_steps;
mod observe;
mod plan;
mod record;
mod report;
mod scene;
mod state;

/// The name under which the server records our changes.
const FIELD_MANAGER: &str = "kubectl-isolate";

fn main() -> std::process::ExitCode {
    drover::cli::main(commands::run)
}
