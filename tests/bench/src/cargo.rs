//! Cargo, called from a program that Cargo runs.

use std::env;
use std::process::{Command, ExitStatus};

/// A Cargo command that builds into the folder that the running program came from.
pub struct Cargo {
    command: Command,
}

impl Cargo {
    /// For example `Cargo::new("build")`. To be called from a program itself, not from an example or a test: those
    /// lie one folder deeper.
    pub fn new(subcommand: &str) -> Self {
        let program = env::current_exe().expect("a running program knows its own path");
        // <target folder>/<profile's folder>/<program>
        let target =
            program.ancestors().nth(2).expect("Cargo puts programs two folders below the target folder");
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).arg(subcommand).arg("--target-dir").arg(target);
        // What Cargo tells this program about its own package would look to build scripts (ring's, for one) like a
        // change, and they would be built again each time.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        Self { command }
    }

    /// Runs it to its end with these arguments.
    pub fn run(mut self, arguments: &[&str]) -> ExitStatus {
        self.command.args(arguments).status().unwrap_or_else(|error| panic!("cannot start Cargo: {error}"))
    }
}
