//! Building for a platform, with Cargo.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use drover::cli::{Failure, Streams};

use crate::glibc::Glibc;
use crate::platform::Platform;
use crate::process::{output_of, run};
use crate::workspace::Workspace;
use crate::zig;

/// Cargo's profile of what is released.
pub const RELEASED: &str = "dist";

/// The Cargo that started this program, or else the one that is found.
pub fn program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Whether the compiler has the standard library of a target.
///
/// # Errors
/// When the compiler can't be asked.
pub fn has_target(target: &str) -> Result<bool, Failure> {
    let sysroot = output_of(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim_end()).join("lib/rustlib").join(target).join("lib").is_dir())
}

/// Builds the plugins as they are released for this machine, and says where one is. All of them, as one alone would be
/// built with fewer features of what they share.
///
/// # Errors
/// When they can't be built: Cargo says why on stderr.
pub fn build_here(workspace: &Workspace, package: &str, streams: &mut Streams) -> Result<PathBuf, Failure> {
    let target = Platform::target_here()?;
    let program = Platform::of_target(&target)?.program(package);
    Ok(build(workspace, &target, RELEASED, streams)?.join(program))
}

/// Builds every plugin, and says in which folder they are.
///
/// # Errors
/// When they can't be built: Cargo says why on stderr.
pub fn build(
    workspace: &Workspace,
    target: &str,
    profile: &str,
    streams: &mut Streams,
) -> Result<PathBuf, Failure> {
    let mut command = if target.contains("-linux-") {
        let mut command = zig::command(streams)?;
        command.arg("zigbuild");
        command
    } else {
        let mut command = Command::new(program());
        command.arg("build");
        command
    };
    command
        .current_dir(&workspace.root)
        .args(["--locked", "--profile", profile, "--target", &with_floor(target)])
        .arg("--target-dir")
        .arg(&workspace.target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&workspace.root, target));
    for plugin in &workspace.plugins {
        command.args(["--package", &plugin.package]);
    }
    run(without_own_package(&mut command))?;
    // The folder of the profile `dev` has a name of its own.
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(workspace.target.join(target).join(folder))
}

/// How cargo-zigbuild is told the oldest glibc that a program has to run on.
fn with_floor(target: &str) -> String {
    let Glibc(major, minor) = Glibc::FLOOR;
    if target.ends_with("-linux-gnu") { format!("{target}.{major}.{minor}") } else { target.to_owned() }
}

/// What Cargo tells a program that it starts about that program's package would look to build scripts (ring's, for one)
/// like a change, and they would run again each time.
fn without_own_package(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// How a program for Linux is linked: its addresses are fixed, as those of Go's programs and so of kubectl are. 4 % less to
/// read, and nothing to relocate before it starts.
const LINUX_FLAG: &str = "-Crelocation-model=static";

/// Compiler flags: this machine's folders are kept out of a program, whatever the profile.
fn flags(root: &Path, target: &str) -> OsString {
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(env::home_dir()?.join(".cargo")));
    // What C code was compiled from is told by its symbols only.
    let mut flags = vec![OsString::from("-Cstrip=symbols")];
    flags.extend(target.contains("-linux-").then(|| LINUX_FLAG.into()));
    let folders = [(Some(root.to_owned()), "/drover"), (cargo, "/cargo")];
    flags.extend(folders.iter().filter_map(|(folder, to)| Some(remap(folder.as_deref()?, to))));
    // The separator of CARGO_ENCODED_RUSTFLAGS.
    flags.join(OsStr::new("\u{1f}"))
}

fn remap(folder: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(folder);
    flag.push("=");
    flag.push(to);
    flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_glibc_has_a_floor() {
        assert_eq!(with_floor("x86_64-unknown-linux-gnu"), "x86_64-unknown-linux-gnu.2.17");
        assert_eq!(with_floor("x86_64-unknown-linux-musl"), "x86_64-unknown-linux-musl");
    }
}
