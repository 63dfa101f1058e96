//! The same objects as a Helm release, for Helm's rollback.

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::{Namespace, helm};
use serde_json::json;
use tempfile::TempDir;

use super::many::{self, CHANGED};

/// The release: its objects lie beside the bundle's.
pub const RELEASE: &str = "released";

/// Helm itself, and a release of which some objects can change.
pub struct Helm {
    pub program: &'static Path,
    chart: TempDir,
}

impl Helm {
    /// Installs the release.
    pub fn open(namespace: &Namespace) -> Self {
        let helm = Self { program: helm::program(), chart: chart() };
        helm.run(namespace, &["install", RELEASE], "blue");
        helm
    }

    /// Changes some of its objects, by another revision of the release.
    pub fn change(&self, namespace: &Namespace) {
        self.run(namespace, &["upgrade", RELEASE], "red");
    }

    fn run(&self, namespace: &Namespace, words: &[&str], colour: &str) {
        let finished = Command::new(self.program)
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
