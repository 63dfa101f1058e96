//! `kubectl bundle`: gathers everything that a Service or workload depends on.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod args;
mod commands;
mod compare;
mod kinds;
mod membership;
mod observe;
mod relations;
mod report;
mod root;

fn main() -> std::process::ExitCode {
    drover::cli::main(commands::run)
}
