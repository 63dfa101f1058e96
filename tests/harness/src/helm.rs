//! Helm itself, for the scenarios in which its user goes on after a plugin.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::command::Invocation;
use crate::namespace::Namespace;

const VERSION: &str = "v4.3.1";

impl Namespace {
    /// Runs Helm as the administrator, with this namespace as the context's default.
    pub fn helm(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
        let mut command = Command::new(program());
        command.args(arguments).env("KUBECONFIG", self.kubeconfig());
        Invocation::new(command)
    }
}

/// Helm, built from source the first time, beside the cluster's programs.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(env::home_dir()?.join(".cache"))).expect("there is a home folder");
        let folder = cache.join("drover").join(format!("helm-{VERSION}"));
        let program = folder.join("helm");
        if !program.exists() {
            build(&folder);
        }
        program
    })
}

fn build(folder: &Path) {
    eprintln!("building Helm {VERSION} (some minutes, once)");
    // Go writes the program as the last it does, so half of one is never found.
    let status = Command::new("go")
        .args(["install", "-ldflags=-s -w", &format!("helm.sh/helm/v4/cmd/helm@{VERSION}")])
        .env("GOBIN", folder)
        .stdin(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("cannot start go, which builds Helm: {error}"));
    assert!(status.success(), "Helm cannot be built: go says why on stderr");
}
