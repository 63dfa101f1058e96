//! `cargo measure isolate` and `debug-mode`, as far as they need the harness: see `measure_remote` in src/main.rs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::launcher;
use bench::remote::{self, Subject};
use clap::Parser;

#[derive(Parser)]
enum Arguments {
    /// Measure it
    Measure {
        #[arg(value_enum)]
        subject: Subject,
        /// The released plugin
        plugin: PathBuf,
        /// Show every request
        #[arg(long)]
        verbose: bool,
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
        Arguments::Measure { subject, plugin, verbose } => match remote::measure(subject, &plugin, verbose) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
    }
}
