//! A release of this repository, packaged for this machine.

#![allow(clippy::expect_used)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use harness::Cluster;
use krew_release::{Glibc, Workspace};
use tar::Archive;
use tempfile::TempDir;

#[test]
fn the_same_source_makes_the_same_archives() {
    let again = package();
    for (name, contents) in files(&first().join("archives")) {
        let other = fs::read(again.path().join("archives").join(&name)).expect("the same archives are there");
        assert!(contents == other, "{name} is other bytes the second time");
    }
}

#[test]
fn an_archive_has_what_people_need_and_nothing_of_this_machine() {
    let workspace = workspace();
    let archives = files(&first().join("archives"));
    assert_eq!(archives.len(), workspace.plugins.len(), "{:?}", archives.keys());
    for plugin in &workspace.plugins {
        let prefix = format!("{}-v{}-", plugin.package, workspace.version);
        let (_, archive) =
            archives.iter().find(|(name, _)| name.starts_with(&prefix)).expect("it is packaged");
        let mut found = unpack(archive);
        found.retain(|name, _| !name.ends_with(".1"));
        let names: Vec<_> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["LICENSE", "README.md", &plugin.package]);

        let program = &found[&plugin.package];
        let root = workspace.root.to_str().expect("the repository's path is text");
        let tells = String::from_utf8_lossy(program).contains(root);
        assert!(!tells, "{} tells where it was built", plugin.package);
        // What the promise to run on old machines stands on.
        let needed = Glibc::needed_by(program).expect("it is a program for Linux");
        assert!(needed.is_none_or(|needed| needed <= Glibc::FLOOR), "{} needs {needed:?}", plugin.package);
    }
}

#[test]
fn what_was_packaged_agrees_and_krew_takes_it() {
    let output = check(first(), &[]);
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(words.lines().count(), workspace().plugins.len(), "{words}");
    assert!(words.contains("not seen ") && words.contains("windows/amd64"), "{words}");
}

#[test]
fn a_release_lacks_no_platform() {
    let output = check(first(), &["--every-platform"]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(words.contains("isolate: the archives of ") && words.contains("darwin/arm64"), "{words}");
}

#[test]
fn a_sum_that_is_not_the_archives_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let manifests = folder.path().join("plugins");
    fs::create_dir(&manifests).expect("a folder can be created in a temporary one");
    for (name, contents) in files(&first().join("plugins")) {
        let text = String::from_utf8(contents).expect("a manifest is text");
        let (before, sum) = text.split_once("sha256: ").expect("it has a sum");
        let other = if sum.starts_with('0') { '1' } else { '0' };
        fs::write(manifests.join(name), format!("{before}sha256: {other}{}", &sum[1..]))
            .expect("there is room");
    }
    std::os::unix::fs::symlink(first().join("archives"), folder.path().join("archives"))
        .expect("links can be made");

    let output = check(folder.path(), &[]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(words.contains("plugins/isolate.yaml: the sum of linux/"), "{words}");
    assert!(words.contains("plugins/isolate.yaml: krew does not take it"), "{words}");
}

#[test]
fn the_committed_manifests_are_those_of_this_repository() {
    // Archives of the same version may lie in the target folder, made of other sources than the released ones.
    let nothing = tempfile::tempdir().expect("a temporary folder can be created");
    let output = krew_release(&["check", "--archives"]).arg(nothing.path()).output().expect("it can be run");
    assert!(output.status.success(), "{output:?}");
}

/// The release that several tests look at.
fn first() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = workspace().target.join("krew-of-tests/first");
        let _ = fs::remove_dir_all(&folder);
        package_into(&folder);
        folder
    })
}

fn package() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    package_into(folder.path());
    folder
}

/// With Cargo's quickest profile: what it does to make programs small takes minutes and changes nothing of this.
fn package_into(folder: &Path) {
    let mut command = krew_release(&["package", "--profile=dev"]);
    let output = in_folder(&mut command, folder).output().expect("it can be run");
    assert!(output.status.success(), "{output:?}");
}

fn check(folder: &Path, flags: &[&str]) -> Output {
    let mut command = krew_release(&["check"]);
    in_folder(command.args(flags), folder).output().expect("it can be run")
}

fn in_folder<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command.arg("--archives").arg(folder.join("archives")).arg("--manifests").arg(folder.join("plugins"))
}

/// The program, with the cluster's kubectl on the PATH: krew's validator installs through kubectl.
fn krew_release(arguments: &[&str]) -> Command {
    let kubectl = Cluster::get().kubectl.parent().expect("kubectl lies in a folder").to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([kubectl].into_iter().chain(env::split_paths(&path)));
    let mut command = Command::new(env!("CARGO_BIN_EXE_krew-release"));
    command.args(arguments).env("PATH", path.expect("no folder has a colon in its name"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn workspace() -> Workspace {
    Workspace::read(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this repository is a workspace of plugins")
}

/// All files of a folder by their names.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder was just written");
    let read = entries.map(|entry| {
        let path = entry.expect("a folder can be read").path();
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        (name, fs::read(path).expect("a file can be read"))
    });
    read.collect()
}

fn unpack(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = Archive::new(GzDecoder::new(archive));
    let entries = archive.entries().expect("it is an archive");
    let read = entries.map(|entry| {
        let mut entry = entry.expect("it is whole");
        let name = entry.path().expect("names are text").display().to_string();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).expect("it is whole");
        (name, contents)
    });
    read.collect()
}
