//! Somebody far from the API server, who runs one program after the other.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use harness::{Cluster, Namespace, Proxy};
use tempfile::TempDir;

use super::cost::Cost;
use crate::launcher;

const ROUND_TRIP: Duration = Duration::from_millis(50);

/// A proxy that nobody else uses, and a home folder with a kubeconfig that leads to it.
///
/// The harness can run kubectl as well, but does not say how much memory it took.
pub struct Client {
    proxy: Proxy,
    home: TempDir,
}

impl Client {
    pub fn new(namespace: &Namespace) -> Self {
        let proxy = Proxy::with_round_trip(ROUND_TRIP);
        let home = tempfile::tempdir().expect("a temporary folder can be created");
        let kubeconfig = namespace.through(&proxy).kubectl(["config", "view", "--raw"]).success().stdout;
        fs::write(home.path().join("kubeconfig"), kubeconfig)
            .expect("a file can be written in a new temporary folder");
        Self { proxy, home }
    }

    /// Lets kubectl learn which kinds there are: it asks once in six hours, so hardly ever when it matters.
    pub fn warm(&self) {
        self.run(&Cluster::get().kubectl, &["get", "endpointslices", "--selector=none=none"]);
    }

    /// What it costs to run a program once for each list of arguments. What was asked before does not count.
    pub fn measure(self, program: &Path, commands: &[&[&str]]) -> Cost {
        let known = self.proxy.recording().requests.len();
        let started = Instant::now();
        let peaks: Vec<u64> = commands.iter().map(|arguments| self.run(program, arguments)).collect();
        let wall = started.elapsed();
        let mut recording = self.proxy.recording();
        recording.requests.drain(..known);
        Cost { recording, wall, peak_memory: peaks.into_iter().max().unwrap_or_default() }
    }

    /// Runs a program to its end; its peak memory in bytes.
    fn run(&self, program: &Path, arguments: &[&str]) -> u64 {
        let finished = launcher::command(program)
            .args(arguments)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.home.path().join("kubeconfig"))
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cannot launch {}: {error}", program.display()));
        // Of a diff, 1 means that it found something.
        let found = arguments.contains(&"diff") && finished.status.code() == Some(1);
        assert!(
            finished.status.success() || found,
            "{} {} failed\n{}\n{}",
            program.display(),
            arguments.join(" "),
            String::from_utf8_lossy(&finished.stderr),
            self.proxy.recording().table()
        );
        let peak_memory = String::from_utf8_lossy(&finished.stdout);
        peak_memory.trim().parse().expect("the launcher prints a number of bytes")
    }
}
