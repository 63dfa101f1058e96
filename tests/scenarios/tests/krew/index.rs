//! This repository as an index, with its archives at an address of this machine.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use drover::cli::{Failure, Streams};
use krew_release::platform::Platform;
use krew_release::{FileServer, Release, Workspace, commands};
use semver::Version;
use tempfile::TempDir;

/// A git repository that krew can take for an index, and a server for what it tells of.
pub struct Index {
    pub repository: TempDir,
    pub archives: TempDir,
    server: FileServer,
}

impl Index {
    /// An index without plugins.
    pub fn new() -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder can be created");
        let (repository, archives) = (folder(), folder());
        let server = FileServer::start(archives.path()).expect("there is a free port");
        let index = Self { repository, archives, server };
        index.git(&["init", "--quiet", "--initial-branch=main"]);
        index
    }

    /// The index of this repository: every plugin as it is now.
    pub fn of_this_repository() -> Self {
        let index = Self::new();
        index.release_this_repository(&workspace());
        index
    }

    /// Releases plugins as they are now.
    pub fn release_this_repository(&self, workspace: &Workspace) {
        for entry in fs::read_dir(packaged()).expect("the archives were just written") {
            let path = entry.expect("a folder can be read").path();
            let name = path.file_name().expect("an archive has a name");
            fs::copy(&path, self.archives.path().join(name)).expect("there is room for an archive");
        }
        self.publish(workspace);
    }

    /// Releases another version of plugins, each a script of one line that tells its version.
    pub fn release_script(&self, workspace: &mut Workspace, version: Version) {
        let script = format!("#!/bin/sh\necho {version}\n");
        let current = std::mem::replace(&mut workspace.version, version);
        let platform = Platform::of_target(&target()).expect("this is a platform of ours");
        for plugin in &workspace.plugins {
            let packed = self.release().pack(workspace, plugin, platform, script.clone().into_bytes());
            unwrap(packed);
        }
        self.publish(workspace);
        workspace.version = current;
    }

    /// Writes the manifests of the archives that are there, beside the plugins' folders.
    fn publish(&self, workspace: &Workspace) {
        for plugin in &workspace.plugins {
            let folder = self.repository.path().join("plugins").join(&plugin.name);
            fs::create_dir_all(&folder).expect("a folder can be created in a temporary one");
            fs::copy(plugin.folder.join("README.md"), folder.join("README.md"))
                .expect("a README can be copied");
        }
        unwrap(commands::write(workspace, &self.release()));
        self.git(&["add", "--all"]);
        let author = ["-c", "user.name=drover", "-c", "user.email=drover@example.org"];
        self.git(&[&author[..], &["commit", "--quiet", "--message=release"]].concat());
    }

    fn release(&self) -> Release {
        Release {
            archives: self.archives.path().to_owned(),
            manifests: self.repository.path().join("plugins"),
            url: self.server.url(),
        }
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").current_dir(self.repository.path()).args(arguments).status();
        assert!(status.expect("git can be started").success(), "git {arguments:?}");
    }
}

/// This repository.
pub fn workspace() -> Workspace {
    unwrap(Workspace::read(Path::new(env!("CARGO_MANIFEST_DIR"))))
}

/// The folder with the archives of this repository, packaged as a release is but for Cargo's profile: what Cargo does to
/// make programs small takes minutes and changes nothing of what is tested here.
fn packaged() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let workspace = workspace();
        let folder = workspace.target.join("krew-of-tests");
        let release = Release {
            archives: folder.join("archives"),
            manifests: folder.join("plugins"),
            url: "http://nowhere.invalid".to_owned(),
        };
        let mut streams = Streams { out: Box::new(io::sink()), ..Streams::standard() };
        unwrap(commands::package(&workspace, &release, &[target()], "dev", &mut streams));
        release.archives
    })
}

fn target() -> String {
    unwrap(Platform::target_here())
}

fn unwrap<T>(result: Result<T, Failure>) -> T {
    result.unwrap_or_else(|failure| panic!("{}\n{}", failure.message, failure.hints.join("\n")))
}
