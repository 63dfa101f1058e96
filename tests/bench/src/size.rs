//! The released binary, and how large it may be.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use drover::cli::Streams;
use krew_release::{Workspace, build_here};

const LIMIT_MEGABYTES: f64 = 7.2;

/// Builds a plugin as it is released, and says where it is. The first time takes some minutes.
pub fn build(package: &str) -> PathBuf {
    let workspace = Workspace::read(Path::new(env!("CARGO_MANIFEST_DIR")));
    let built = workspace.and_then(|workspace| build_here(&workspace, package, &mut Streams::standard()));
    built.unwrap_or_else(|failure| {
        panic!("{package} cannot be built: {}\n{}", failure.message, failure.hints.join("\n"))
    })
}

/// How large a binary is.
pub struct Size {
    name: String,
    megabytes: f64,
}

impl Size {
    pub fn of(binary: &Path) -> Self {
        let metadata = fs::metadata(binary)
            .unwrap_or_else(|error| panic!("{} cannot be looked at: {error}", binary.display()));
        Self {
            name: binary.file_name().unwrap_or_default().to_string_lossy().into(),
            megabytes: metadata.len() as f64 / 1e6,
        }
    }

    pub fn is_over_limit(&self) -> bool {
        self.megabytes > LIMIT_MEGABYTES
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { name, megabytes } = self;
        let verdict = if self.is_over_limit() { "OVER the limit of" } else { "limit" };
        write!(formatter, "{name} as released: {megabytes:.2} MB, {verdict} {LIMIT_MEGABYTES} MB")
    }
}
