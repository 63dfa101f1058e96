//! How much memory a program takes at most, whoever wants to know.
//!
//! To Linux, the memory of a process includes what it had before it became another program, and at first that is what
//! the process that started it has. So a program seems at least as large as whoever starts it, and whoever holds 10,000
//! objects lets a small process start it: itself, newly called.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use wait4::Wait4;

/// The argument by which a measuring program knows that it is to call [`launch`] with the others.
pub const LAUNCH: &str = "launch";

/// A command that starts a program in a small process. Its output is the program's peak memory in bytes.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(env::current_exe().expect("a running program knows its own path"));
    command.arg(LAUNCH).arg(program);
    command
}

/// Runs a program, given with its arguments, and prints its peak memory in bytes.
pub fn launch(program: &[OsString]) -> ExitCode {
    let [program, arguments @ ..] = program else { panic!("no program to launch") };
    let used = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .and_then(Wait4::wait4)
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    println!("{}", used.rusage.maxrss);
    if used.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
