//! `package`: from the source to archives and manifests.

use std::fs;
use std::path::Path;

use drover::cli::{Failure, Streams};

use super::manifests;
use crate::args::PackageArgs;
use crate::cargo;
use crate::glibc::Glibc;
use crate::platform::Platform;
use crate::release::Release;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace, arguments: PackageArgs, streams: &mut Streams) -> Result<(), Failure> {
    let PackageArgs { targets, profile, place } = arguments;
    let targets = if targets.is_empty() { Platform::installed_targets()? } else { targets };
    package(workspace, &Release::new(workspace, place), &targets, &profile, streams)
}

/// Builds every plugin for these targets, archives each, and writes the manifests of all archives that are there then.
///
/// # Errors
/// When a plugin can't be built or written, or needs a newer Linux than is promised.
pub fn package(
    workspace: &Workspace,
    release: &Release,
    targets: &[String],
    profile: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    for target in targets {
        let platform = Platform::of_target(target)?;
        let folder = cargo::build(workspace, target, profile, streams)?;
        for plugin in &workspace.plugins {
            let program = read(&folder.join(platform.program(&plugin.package)))?;
            if platform.os == "linux" {
                expect_floor(&plugin.package, &program)?;
            }
            let megabytes = program.len() as f64 / 1e6;
            let path = release.pack(workspace, plugin, platform, program)?;
            writeln!(streams.out, "{}: {} of {megabytes:.1} MB", path.display(), plugin.package)?;
        }
    }
    manifests::write(workspace, release)
}

fn read(program: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(program).map_err(|error| Failure::new(format!("{} can't be read: {error}", program.display())))
}

fn expect_floor(name: &str, program: &[u8]) -> Result<(), Failure> {
    match Glibc::needed_by(program)? {
        Some(needed) if needed > Glibc::FLOOR => {
            Err(Failure::new(format!("{name} needs {needed}, and is promised to run on {}", Glibc::FLOOR)))
        }
        _ => Ok(()),
    }
}
