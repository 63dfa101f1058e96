//! `completion`: scripts for shells, and the shim that kubectl calls.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};

use super::script::{Shell, script, shim, shim_name};
use crate::cli::{Failure, Streams};

const EXAMPLES: &str = "\
Examples:
  # What kubectl 1.26 and later calls, into a folder of your PATH
  kubectl PLUGIN completion install-shim ~/.local/bin

  # In bash, for the program called by its own name
  source <(kubectl PLUGIN completion bash)";

const INSTALL_EXAMPLES: &str = "\
Examples:
  # Once; an upgrade needs no other
  kubectl PLUGIN completion install-shim ~/.local/bin";

/// What `completion` is given.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write the program that kubectl calls to complete the plugin
    InstallShim(InstallArgs),
    /// Print a script for bash
    Bash,
    /// Print a script for zsh
    Zsh,
    /// Print a script for fish
    Fish,
    /// Print a script for PowerShell
    Powershell,
}

#[derive(Debug, Args)]
#[command(after_help = INSTALL_EXAMPLES)]
struct InstallArgs {
    /// A folder of your PATH
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

impl CompletionArgs {
    /// Prints or writes what was asked for; `program` is the plugin's file name.
    pub(in crate::cli) fn run(&self, program: &str, streams: &mut Streams) -> Result<(), Failure> {
        let shell = match &self.what {
            What::InstallShim(InstallArgs { folder }) => return install(folder, program, streams),
            What::Bash => Shell::Bash,
            What::Zsh => Shell::Zsh,
            What::Fish => Shell::Fish,
            What::Powershell => Shell::Powershell,
        };
        write!(streams.out, "{}", script(shell, program))?;
        Ok(())
    }
}

fn install(folder: &Path, program: &str, streams: &mut Streams) -> Result<(), Failure> {
    let path = folder.join(shim_name(program));
    write_executable(&path, &shim(program)).map_err(|error| {
        let failure = Failure::new(format!("{} can't be written: {error}", path.display()));
        match error.kind() {
            io::ErrorKind::NotFound => {
                failure.hint(format!("make the folder:  mkdir -p {}", folder.display()))
            }
            _ => failure,
        }
    })?;
    writeln!(streams.out, "{} written", path.display())?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|searched| is_same(&searched, folder)) {
        let warning =
            format!("warning: {} is not in your PATH, where kubectl looks for it", folder.display());
        streams.say(&warning, 9)?;
    }
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn write_executable(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
