//! `kubectl debug-mode`: makes a crash-looping workload come up, away from users, so that someone
//! can look inside.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod args;
mod commands;
mod completion;
mod help;
mod observe;
mod options;
mod plan;
mod record;
mod report;
mod rights;
mod state;
mod target;
mod workload;

/// The name under which the server records our changes.
const FIELD_MANAGER: &str = "kubectl-debug-mode";

fn main() -> std::process::ExitCode {
    drover::cli::main(commands::run)
}
