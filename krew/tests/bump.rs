//! The next version of a small workspace.

#![allow(clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const WORKSPACE: &str = r#"
[workspace]
members = ["plugins/*"]
resolver = "3"

[workspace.package]
version = "0.1.0" # of all
"#;

const PLUGIN: &str = r#"
[package]
name = "kubectl-isolate"
edition = "2024"
repository = "https://example.org/drover"
version.workspace = true

[package.metadata.krew]
short-description = "Take a pod out"
description = "It is out."
"#;

#[test]
fn the_version_is_raised_wherever_it_stands() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let root = folder.path();
    let source = root.join("plugins/isolate/src");
    fs::create_dir_all(&source).expect("a folder can be created in a temporary one");
    fs::write(source.join("main.rs"), "fn main() {}").expect("there is room");
    fs::write(root.join("plugins/isolate/Cargo.toml"), PLUGIN).expect("there is room");
    fs::write(root.join("Cargo.toml"), WORKSPACE).expect("there is room");
    fs::write(root.join("CHANGELOG.md"), "## Unreleased\n\n- One\n").expect("there is room");

    let output = bump(root, "0.2.0");
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| fs::read_to_string(root.join(name)).expect("it was there or is written");
    assert_eq!(read("Cargo.toml"), WORKSPACE.replace("0.1.0", "0.2.0"));
    assert!(
        read("Cargo.lock").contains("name = \"kubectl-isolate\"\nversion = \"0.2.0\""),
        "{}",
        read("Cargo.lock")
    );
    assert_eq!(read("CHANGELOG.md"), "## Unreleased\n\n## 0.2.0\n\n- One\n");

    let older = bump(root, "0.1.9");
    let words = String::from_utf8_lossy(&older.stderr);
    assert_eq!(words, "error: 0.1.9 is older than 0.2.0, the present one\n");
}

fn bump(root: &Path, version: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krew-release"));
    command.current_dir(root).args(["bump", version]).output().expect("it can be run")
}
