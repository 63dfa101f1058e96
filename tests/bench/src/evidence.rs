//! Evidence of a pod that logged 200 MB: it passes through memory piece by piece.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use harness::{Namespace, workloads};
use serde_json::Value;
use tempfile::TempDir;

use crate::launcher;

/// How much of the logs has to be captured at least.
const LEAST_BYTES: u64 = 200_000_000;

/// How many containers write how much each, one after the other. The kubelet looks every ten seconds for a running container
/// with a log of more than 10 MiB, and puts that aside: then the server no longer gives it. Who writes for a second and
/// ends is seldom met, and half of them may be.
const WRITERS: u64 = 16;
const BYTES_EACH: u64 = 25_000_000;

const MOST_MEBIBYTES: f64 = 40.0;

const TRIES: usize = 3;

/// One run.
struct Captured {
    /// All logs, and the largest.
    logged: u64,
    largest: u64,
    archive: u64,
    seconds: f64,
    peak_memory: u64,
}

/// Prints what capturing takes; whether it is within the limit.
pub fn measure(plugin: &Path) -> bool {
    for _ in 0..TRIES {
        let Captured { logged, largest, archive, seconds, peak_memory } = capture(plugin);
        if logged < LEAST_BYTES {
            println!("the node put logs aside, {:.0} MB are left: once more", logged as f64 / 1e6);
            continue;
        }
        let mebibytes = peak_memory as f64 / f64::from(1 << 20);
        let is_within = mebibytes <= MOST_MEBIBYTES;
        let verdict = if is_within { "limit" } else { "OVER the limit of" };
        println!(
            "evidence of a pod with {:.0} MB of logs, {:.0} MB in one of them: {mebibytes:.1} MiB of memory, {verdict} {MOST_MEBIBYTES:.0} MiB; \
             {seconds:.1} s with the isolation itself, archive {:.1} MB",
            logged as f64 / 1e6,
            largest as f64 / 1e6,
            archive as f64 / 1e6,
        );
        return is_within;
    }
    println!("the node put logs aside {TRIES} times: nothing was measured");
    false
}

/// Isolates such a pod with evidence.
fn capture(plugin: &Path) -> Captured {
    let namespace = Namespace::new("bench-evidence");
    // Lines of a thousand letters, so that the times that the server writes before them add little.
    let script = format!("yes $(head -c 999 /dev/zero | tr '\\\\0' x) | head -c {BYTES_EACH}");
    let writer = |number| {
        format!("{{name: writer-{number}, image: 'drover.test/box:1', command: [sh, -c, \"{script}\"]}}")
    };
    let writers: Vec<String> = (1..=WRITERS).map(writer).collect();
    let more = format!("initContainers: [{}]\n      containers:", writers.join(", "));
    let web = workloads::web_deployment("web", 1).replace("containers:", &more);
    namespace.apply(&(web + &workloads::service("web", "app: web")));
    namespace.wait("deployment/web", "condition=Available", 300);
    let name = ["get", "pods", "--selector=app=web", "--output=jsonpath={.items[0].metadata.name}"];
    let pod = namespace.kubectl(name).success().stdout;
    let place = TempDir::new().expect("a temporary folder can be created");
    let archive = place.path().join("evidence.tar.gz");

    let started = Instant::now();
    let finished = launcher::command(plugin)
        .arg(&pod)
        .arg("--evidence")
        .arg(&archive)
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", place.path())
        .env("KUBECONFIG", namespace.kubeconfig())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("cannot launch {}: {error}", plugin.display()));
    let seconds = started.elapsed().as_secs_f64();
    assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
    let peak_memory = String::from_utf8_lossy(&finished.stdout);
    let lengths = lengths_of_logs(&manifest(&archive));
    Captured {
        logged: lengths.iter().sum(),
        largest: lengths.into_iter().max().unwrap_or_default(),
        archive: archive.metadata().expect("the archive is there").len(),
        seconds,
        peak_memory: peak_memory.trim().parse().expect("the launcher prints a number of bytes"),
    }
}

fn manifest(archive: &Path) -> Value {
    let unpacked =
        Command::new("tar").arg("-xzOf").arg(archive).args(["--wildcards", "*/manifest.json"]).output();
    let unpacked = unpacked.unwrap_or_else(|error| panic!("cannot run tar: {error}"));
    serde_json::from_slice(&unpacked.stdout).expect("the archive has a manifest")
}

fn lengths_of_logs(manifest: &Value) -> Vec<u64> {
    let files = manifest["files"].as_array().expect("a manifest has files").iter();
    let logs = files.filter(|file| file["path"].as_str().is_some_and(|path| path.starts_with("logs/")));
    logs.map(|file| file["bytes"].as_u64().expect("a file has a length")).collect()
}
