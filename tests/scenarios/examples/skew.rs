//! `cargo skew [VERSION…]`: the scenarios that need no containers, against control planes of other versions.
//!
//! Each is built from source the first time, which takes minutes, and runs beside the usual cluster.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// The scenarios that need no containers: tests, and which of their scenarios.
const SCENARIOS: [(&str, &[&str]); 4] =
    [("bundle", &[]), ("engine", &[]), ("docs", &["version::"]), ("lifecycle", &["lint::"])];

/// Those of them that do all the same: a pod has to run, or to be seen to serve.
const NEED_CONTAINERS: [&str; 10] = [
    "events::the_members_and_all_that_they_make_between_the_versions",
    "lint::a_child_in_the_background_holds_the_hook",
    "rollback::cut_off::what_is_merely_slow_is_left_as_it_is_written",
    "rollback::flags::consumers_are_restarted_when_asked_for",
    "rollback::flags::images_that_can_not_be_pinned_are_named",
    "rollback::left::pods_that_serve_are_not_taken_away",
    "rollback::resumed::consumers_are_restarted_though_what_they_load_is_written",
    "rollback::whole::and_back_to_the_future",
    "rollback::whole::ten_changes_go_and_nothing_else_is_written",
    "snapshot::a_version_knows_the_digests_that_ran",
];

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
    let failed =
        SCENARIOS.iter().filter(|(test, modules)| !run(&mut scenarios(test, modules), version)).count();
    let down = run(Command::new(cluster().join("cluster")).args(["down", "--control-plane"]), version);
    failed == 0 && down
}

fn scenarios(test: &str, modules: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--quiet", "--package=scenarios", "--test", test, "--"]);
    command.args(modules).args(NEED_CONTAINERS.map(|name| format!("--skip={name}")));
    command
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
