//! `kubectl bundle`: gathers everything that a Service or workload depends on.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod args;
mod capture;
mod commands;
mod compare;
mod comparison;
mod completion;
mod export;
mod help;
mod kinds;
mod membership;
mod observe;
mod past;
mod pin;
mod plan;
mod relations;
mod report;
mod rollback;
mod root;
mod state;
mod store;
mod timeline;
mod typed;
mod usage;

/// The name under which the API server records our changes.
const FIELD_MANAGER: &str = "kubectl-bundle";

fn main() -> std::process::ExitCode {
    drover::cli::main(commands::run)
}
