//! `kubectl lifecycle`: what really happens around postStart and preStop.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod args;
mod commands;
mod completion;
mod help;
mod instrument;
mod lint;
mod linted;
mod manifest;
mod observe;
mod rehearsal;
mod report;
mod schedule;
mod target;
mod trace;
mod workload;

fn main() -> std::process::ExitCode {
    drover::cli::main(commands::run)
}
