//! Zig as the linker and C compiler of programs for Linux: it links against any version of glibc, and against musl on any
//! machine. It comes from the Python registry, as does the Cargo subcommand that calls it.

use std::path::Path;
use std::process::Command;

use drover::cli::{Failure, Streams};

use crate::cache;
use crate::process::{output_of, run, succeeds};

/// Where the versions of both are written down, with the sums of what is installed.
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/requirements.txt");
const VERSIONS: &str = include_str!("../tools/requirements.txt");

/// `cargo-zigbuild`, to be given `zigbuild` and the arguments of `cargo build`; installed the first time.
///
/// # Errors
/// When it is not there and can't be installed.
pub fn command(streams: &mut Streams) -> Result<Command, Failure> {
    let name = format!("zig-{}-{}", version("ziglang"), version("cargo-zigbuild"));
    let folder = cache::folder(&name, |folder| install(folder, streams))?;
    let mut command = Command::new(folder.join("bin/cargo-zigbuild"));
    command.env("CARGO_ZIGBUILD_ZIG_PATH", folder.join("ziglang/zig"));
    Ok(command)
}

fn version(package: &str) -> &'static str {
    let pinned = VERSIONS.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
    pinned.and_then(|version| version.split_whitespace().next()).unwrap_or_default()
}

fn install(folder: &Path, streams: &mut Streams) -> Result<(), Failure> {
    streams.say(&format!("installing Zig {} (once)", version("ziglang")), 0)?;
    let python = python_with_pip(streams)?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
    output_of(Command::new(python).args(install).args(["--requirement", TOOLS, "--target"]).arg(folder))?;
    Ok(())
}

/// Debian has Python without pip.
fn python_with_pip(streams: &mut Streams) -> Result<&'static str, Failure> {
    if succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        return Ok("python3");
    }
    if !succeeds(Command::new("apt-get").arg("--version")) {
        let message = "programs for Linux are linked by Zig, and there is no pip to install it with";
        return Err(Failure::new(message).hint("install Python 3 with pip"));
    }
    streams.say("installing the Debian package python3-pip", 0)?;
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    run(Command::new("apt-get").args(["install", "--quiet", "--yes", "python3-pip"]))?;
    Ok("/usr/bin/python3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_the_pinned_ones() {
        assert!(version("ziglang").starts_with("0."), "{VERSIONS}");
        assert!(version("cargo-zigbuild").starts_with("0."), "{VERSIONS}");
    }
}
