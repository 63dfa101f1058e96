//! `check`: whether manifests, versions, archives and docs agree, and krew takes the manifests.

use std::fs;
use std::path::Path;

use drover::cli::{Failure, Streams};

use crate::agreement;
use crate::args::CheckArgs;
use crate::manifest::{Archive, Manifest};
use crate::platform::{PLATFORMS, Platform};
use crate::release::Release;
use crate::serve::FileServer;
use crate::validator::validate;
use crate::workspace::{Plugin, Workspace};

pub fn run(workspace: &Workspace, arguments: CheckArgs, streams: &mut Streams) -> Result<(), Failure> {
    let CheckArgs { every_platform, place } = arguments;
    let release = Release::new(workspace, place);
    let mut problems = agreement::of_docs(workspace)?;
    problems.extend(strangers(workspace, &release.manifests)?);
    for plugin in &workspace.plugins {
        let path = release.manifests.join(format!("{}.yaml", plugin.name));
        match Manifest::read(&path) {
            Ok(manifest) => {
                let archives = Archives::look(workspace, plugin, &release, &manifest)?;
                writeln!(streams.out, "{} {}: {}", plugin.name, manifest.spec.version, archives.in_words())?;
                problems.extend(agreement::of_manifest(workspace, plugin, &release.url, &manifest));
                problems.extend(agreement::of_archives(plugin, &manifest, &archives.seen));
                if every_platform && !archives.unseen.is_empty() {
                    let unseen = in_words(archives.unseen.iter().copied());
                    problems.push(format!("{}: the archives of {unseen} are not there", plugin.name));
                }
                problems.extend(refusal(&path, &manifest, &release, &archives, streams));
            }
            Err(failure) => problems.push(failure.message),
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let failure = problems.into_iter().fold(Failure::new("not everything agrees"), Failure::hint);
    Err(failure.hint("to write archives and manifests anew:  cargo run -p krew-release -- package"))
}

/// The archives of a plugin that are on this machine.
struct Archives {
    seen: Vec<Archive>,
    unseen: Vec<&'static Platform>,
}

impl Archives {
    /// Only those of the version that a manifest tells of can be compared with it.
    fn look(
        workspace: &Workspace,
        plugin: &Plugin,
        release: &Release,
        manifest: &Manifest,
    ) -> Result<Self, Failure> {
        let (mut seen, mut unseen) = (Vec::new(), Vec::new());
        let is_of_this_version = manifest.spec.version == format!("v{}", workspace.version);
        for platform in &PLATFORMS {
            match release.described(workspace, plugin, platform)? {
                Some(archive) if is_of_this_version => seen.push(archive),
                _ => unseen.push(platform),
            }
        }
        Ok(Self { seen, unseen })
    }

    fn in_words(&self) -> String {
        let seen = in_words(self.seen.iter().filter_map(Archive::platform));
        let unseen = in_words(self.unseen.iter().copied());
        format!("seen {seen}; not seen {unseen}")
    }
}

fn in_words<'a>(platforms: impl Iterator<Item = &'a Platform>) -> String {
    let words: Vec<_> = platforms.map(Platform::in_words).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// What krew has against a manifest, or against an archive that is here.
fn refusal(
    path: &Path,
    manifest: &Manifest,
    release: &Release,
    archives: &Archives,
    streams: &mut Streams,
) -> Option<String> {
    let mut verdict = validate(path, false, streams);
    if verdict.is_ok() && !archives.seen.is_empty() {
        verdict = install(release, manifest, archives, streams);
    }
    let failure = verdict.err()?;
    // The last line of its log says why.
    let words = failure.hints.last().unwrap_or(&failure.message);
    Some(format!("{}: krew does not take it: {words}", path.display()))
}

/// Has krew install each archive that is here, from an address on this machine.
fn install(
    release: &Release,
    manifest: &Manifest,
    archives: &Archives,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let server = FileServer::start(&release.archives)?;
    let mut here = manifest.clone();
    here.spec.platforms.retain(|archive| archives.seen.iter().any(|seen| seen.selector == archive.selector));
    for archive in &mut here.spec.platforms {
        let file = archive.uri.rsplit('/').next().unwrap_or_default();
        archive.uri = format!("{}/{file}", server.url());
    }
    let folder = tempfile::tempdir()?;
    validate(&here.write(folder.path())?, true, streams)
}

/// Manifests of no plugin: krew would offer them.
fn strangers(workspace: &Workspace, manifests: &Path) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for entry in fs::read_dir(manifests)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_manifest = path.extension().is_some_and(|extension| extension == "yaml");
        if is_manifest && !workspace.plugins.iter().any(|plugin| plugin.name == name) {
            problems.push(format!("{}: there is no such plugin", path.display()));
        }
    }
    Ok(problems)
}
