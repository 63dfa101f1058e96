//! The released binary, and how large it may be.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::Cargo;

const LIMIT_MEGABYTES: f64 = 7.2;

/// Builds `kubectl-isolate` as it is released, and says where it is. The first time takes about two minutes.
pub fn build() -> PathBuf {
    let cargo = Cargo::new("build");
    let program = cargo.target().join("dist/kubectl-isolate");
    let status = cargo.run(&["--profile", "dist", "--package", "kubectl-isolate"]);
    assert!(status.success(), "kubectl-isolate cannot be built: Cargo says why on stderr");
    program
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
