//! `cargo measure evidence`, as far as it needs the harness: see `measure_evidence` in src/main.rs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::{evidence, launcher};
use clap::Parser;

#[derive(Parser)]
enum Arguments {
    /// Measure it
    Measure {
        /// The released plugin
        plugin: PathBuf,
    },
    /// Be the small process that starts a program
    #[command(name = launcher::LAUNCH)]
    Launch {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        program: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match Arguments::parse() {
        Arguments::Launch { program } => launcher::launch(&program),
        Arguments::Measure { plugin } => match evidence::measure(&plugin) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
    }
}
