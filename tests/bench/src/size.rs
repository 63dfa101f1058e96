//! The released binary, and how large it may be.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIMIT_MEGABYTES: f64 = 7.2;

/// Builds `kubectl-isolate` as it is released, and says where it is. The first time takes about two minutes.
pub fn build() -> PathBuf {
    let program = env::current_exe().expect("a running program knows its own path");
    // <target folder>/<profile's folder>/bench
    let target = program.ancestors().nth(2).expect("Cargo puts programs two folders below the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--profile", "dist", "--package", "kubectl-isolate", "--target-dir"])
        .arg(target);
    // What Cargo tells this program about its own package would look to build scripts (ring's, for one) like a
    // change, and they would be built again each time.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot start Cargo: {error}"));
    assert!(status.success(), "kubectl-isolate cannot be built: Cargo says why on stderr");
    target.join("dist/kubectl-isolate")
}

/// How large a binary is.
pub struct Size {
    megabytes: f64,
}

impl Size {
    pub fn of(binary: &Path) -> Self {
        let metadata = fs::metadata(binary)
            .unwrap_or_else(|error| panic!("{} cannot be looked at: {error}", binary.display()));
        Self { megabytes: metadata.len() as f64 / 1e6 }
    }

    pub fn is_over_limit(&self) -> bool {
        self.megabytes > LIMIT_MEGABYTES
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { megabytes } = self;
        let verdict = if self.is_over_limit() { "OVER the limit of" } else { "limit" };
        write!(formatter, "kubectl-isolate as released: {megabytes:.2} MB, {verdict} {LIMIT_MEGABYTES} MB")
    }
}
