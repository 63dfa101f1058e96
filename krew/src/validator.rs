//! krew, and the program by which it validates manifests, both built from krew's own source.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use drover::cli::{Failure, Streams};

use crate::cache;
use crate::process::output_of;

/// Where the versions of krew and of all it is made of are written down.
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools");
const VERSIONS: &str = include_str!("../tools/go.mod");

/// The folder with `kubectl-krew` and `validate-krew-manifest`, built the first time.
///
/// # Errors
/// When they are not there and can't be built.
pub fn krew_folder(streams: &mut Streams) -> Result<PathBuf, Failure> {
    cache::folder(&format!("krew-{}", version()), |folder| build(folder, streams))
}

fn version() -> &'static str {
    let required = VERSIONS.lines().find_map(|line| line.trim().strip_prefix("sigs.k8s.io/krew "));
    required.and_then(|version| version.split_whitespace().next()).unwrap_or_default()
}

fn build(folder: &Path, streams: &mut Streams) -> Result<(), Failure> {
    streams.say(&format!("building krew {} (half a minute, once)", version()), 0)?;
    let commands = ["krew", "validate-krew-manifest"].map(|name| format!("sigs.k8s.io/krew/cmd/{name}"));
    output_of(
        Command::new("go")
            .args(["-C", TOOLS, "build", "-ldflags=-s -w", "-o"])
            // A folder only with a slash at its end.
            .arg(folder.join(""))
            .args(commands),
    )?;
    // kubectl finds it by this name.
    fs::rename(folder.join("krew"), folder.join("kubectl-krew"))?;
    Ok(())
}

/// Has krew validate a manifest; with `install`, also by installing each of its platforms, for which kubectl has to be
/// on the PATH.
///
/// # Errors
/// What krew says against it.
pub fn validate(manifest: &Path, install: bool, streams: &mut Streams) -> Result<(), Failure> {
    let folder = krew_folder(streams)?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([folder.clone()].into_iter().chain(env::split_paths(&path)))
        .map_err(|error| Failure::new(error.to_string()))?;
    let mut command = Command::new(folder.join("validate-krew-manifest"));
    command.arg(format!("-skip-install={}", !install)).arg("-manifest").arg(manifest).env("PATH", path);
    output_of(&mut command)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_pinned_one() {
        assert!(version().starts_with('v'), "{VERSIONS}");
    }
}
