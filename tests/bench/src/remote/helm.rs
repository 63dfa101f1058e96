//! The same objects as a Helm release, for Helm's rollback.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::Namespace;
use serde_json::json;
use tempfile::TempDir;

use super::many::{self, CHANGED};

const VERSION: &str = "v4.3.1";

/// The release: its objects lie beside the bundle's.
pub const RELEASE: &str = "released";

/// Helm itself, and a release of which some objects can change.
pub struct Helm {
    pub program: PathBuf,
    chart: TempDir,
}

impl Helm {
    /// Installs the release.
    pub fn open(namespace: &Namespace) -> Self {
        let helm = Self { program: program(), chart: chart() };
        helm.run(namespace, &["install", RELEASE], "blue");
        helm
    }

    /// Changes some of its objects, by another revision of the release.
    pub fn change(&self, namespace: &Namespace) {
        self.run(namespace, &["upgrade", RELEASE], "red");
    }

    fn run(&self, namespace: &Namespace, words: &[&str], colour: &str) {
        let finished = Command::new(&self.program)
            .args(words)
            .arg(self.chart.path())
            .arg(format!("--set=colour={colour}"))
            .env("KUBECONFIG", namespace.kubeconfig())
            .output()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.program.display()));
        assert!(
            finished.status.success(),
            "helm {} failed\n{}",
            words.join(" "),
            String::from_utf8_lossy(&finished.stderr)
        );
    }
}

/// Helm, built from source the first time: beside the cluster's programs, as only measuring needs it.
fn program() -> PathBuf {
    let cache =
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cache")));
    let folder = cache.expect("a home folder").join("drover").join(format!("helm-{VERSION}"));
    let program = folder.join("helm");
    if !program.exists() {
        build(&folder);
    }
    program
}

fn build(folder: &Path) {
    eprintln!("building Helm {VERSION} (some minutes, once)");
    // Go writes the program as the last it does, so half of one is never found.
    let status = Command::new("go")
        .args(["install", "-ldflags=-s -w", &format!("helm.sh/helm/v4/cmd/helm@{VERSION}")])
        .env("GOBIN", folder)
        .status()
        .unwrap_or_else(|error| panic!("cannot start go, which builds Helm: {error}"));
    assert!(status.success(), "Helm cannot be built: go says why on stderr");
}

fn chart() -> TempDir {
    let mut objects = many::config_maps(RELEASE);
    for map in objects.iter_mut().take(CHANGED) {
        map["data"]["settings"] = json!("colour={{ .Values.colour }}");
    }
    objects.push(many::workload(RELEASE));
    let manifest: Vec<_> = objects.iter().map(ToString::to_string).collect();
    let chart = tempfile::tempdir().expect("a temporary folder can be created");
    let write = |path: &str, text: &str| {
        fs::write(chart.path().join(path), text).expect("a file can be written in a new temporary folder");
    };
    fs::create_dir(chart.path().join("templates"))
        .expect("a folder can be created in a new temporary folder");
    write("Chart.yaml", &json!({"apiVersion": "v2", "name": RELEASE, "version": "0.1.0"}).to_string());
    write("templates/all.yaml", &manifest.join("\n---\n"));
    chart
}
