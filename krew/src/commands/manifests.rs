//! `manifests`: from archives to manifests.

use std::fs;

use drover::cli::{Failure, Streams};

use crate::args::PlaceArgs;
use crate::release::Release;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace, place: PlaceArgs, streams: &mut Streams) -> Result<(), Failure> {
    let release = Release::new(workspace, place);
    write(workspace, &release)?;
    writeln!(streams.out, "{}: written for {}", release.manifests.display(), workspace.version)?;
    Ok(())
}

/// Writes the manifest of every plugin, with the platforms whose archives are there.
///
/// # Errors
/// When a plugin has no archive at all, or a file can't be read or written.
pub fn write(workspace: &Workspace, release: &Release) -> Result<(), Failure> {
    fs::create_dir_all(&release.manifests)?;
    for plugin in &workspace.plugins {
        release.manifest(workspace, plugin)?.write(&release.manifests)?;
    }
    Ok(())
}
