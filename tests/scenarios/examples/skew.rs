//! `cargo skew [VERSION…]`: the scenarios that need no containers, against control planes of other versions.
//!
//! Each is built from source the first time, which takes minutes, and runs beside the usual cluster.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// The tests that need no node, and what of them does all the same.
const TESTS: [&str; 1] = ["bundle"];
const NEED_CONTAINERS: [&str; 0] = [];

fn main() -> ExitCode {
    let asked: Vec<String> = env::args().skip(1).collect();
    let known = versions();
    if let Some(unknown) = asked.iter().find(|version| !known.contains(version)) {
        eprintln!("error: no Kubernetes {unknown}: there are {}", known.join(", "));
        return ExitCode::FAILURE;
    }
    let versions = if asked.is_empty() { known } else { asked };
    let failed: Vec<_> = versions.iter().filter(|version| !agrees(version)).map(String::as_str).collect();
    println!("{} of {} versions: every scenario passed", versions.len() - failed.len(), versions.len());
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("not with {}", failed.join(", "));
    ExitCode::FAILURE
}

/// Whether all scenarios pass with that version.
fn agrees(version: &str) -> bool {
    println!("Kubernetes {version}");
    let mut tests = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tests.args(["test", "--package=scenarios"]).args(TESTS.map(|test| format!("--test={test}"))).arg("--");
    tests.args(NEED_CONTAINERS.map(|test| format!("--skip={test}")));
    let has_passed = run(&mut tests, version);
    let down = run(Command::new(cluster().join("cluster")).args(["down", "--control-plane"]), version);
    has_passed && down
}

fn run(command: &mut Command, version: &str) -> bool {
    let status = command.env("DROVER_KUBERNETES", version).status();
    status.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}")).success()
}

/// Those that can be built, the oldest first.
fn versions() -> Vec<String> {
    let folder = cluster().join("skew");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = files.map(|file| file.expect("a folder can be read").path());
    let modules = paths.filter(|path| path.extension().is_some_and(|extension| extension == "mod"));
    let mut versions: Vec<String> =
        modules.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    versions.sort();
    versions
}

fn cluster() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cluster")
}
