//! `cargo playground`: a guided tour of Drover's main job, for someone who has never seen it.
//!
//! Every command it shows is a real one, run by a shell exactly as it is printed. Run without a terminal it is also
//! the suite's smoke test: it fails when a command fails or a request is lost.

mod arguments;
mod guide;
mod keyboard;
mod place;
mod scene;
mod screen;
mod shell;
mod stop;
mod tour;
mod traffic;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::guide::Guide;
use crate::stop::Stop;

/// What a shell reports for a program that Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = Guide::new(&arguments).and_then(|guide| guide.lead(&arguments));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(stop) => {
            // Nobody is left to tell when even this cannot be written.
            let _ = writeln!(io::stderr(), "\nerror: {stop}");
            ExitCode::FAILURE
        }
    }
}
