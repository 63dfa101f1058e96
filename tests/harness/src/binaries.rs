//! The programs the tests run: every plugin, and the load generator.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::cluster::repository_root;

/// The folder with the plugins and the load generator, brought up to date once per process.
///
/// Cargo builds binaries only for the tests of their own package, so a test of another package asks for them here.
/// Several test processes may do so at once: Cargo's own lock puts them in a row.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build)
}

fn build() -> PathBuf {
    let test = env::current_exe().expect("a running test knows its own path");
    // <target folder>/<profile's folder>/deps/<test>
    let [binaries, target] = [2, 3].map(|level| {
        test.ancestors().nth(level).expect("Cargo puts tests three folders below the target folder")
    });
    let profile = match binaries.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => panic!("{} is not in a profile's folder", test.display()),
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(repository_root())
        .args(["build", "--bins", "--package", "kubectl-*", "--package", "harness", "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null());
    // What Cargo tells this test about its own package would look to build scripts (ring's, for one) like a change,
    // and they would be built again each time.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot start Cargo: {error}"));
    assert!(status.success(), "the plugins cannot be built: Cargo says why on stderr");
    binaries.to_owned()
}
