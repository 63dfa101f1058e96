//! `kubectl bundle`: gathers everything that a Service or workload depends on.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod args;
mod commands;
mod kinds;
mod membership;
mod observe;
mod relations;
mod root;

fn main() -> std::process::ExitCode {
    drover::cli::main(commands::run)
}
