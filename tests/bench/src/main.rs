//! `cargo measure [help|isolate|evidence|debug-mode|bundle|bundle-diff|bundle-rollback|lifecycle|lifecycle-rollout|
//! lifecycle-lint|rehearsal|all]
//! [--verbose] [--runs N] [--load] [--server-ahead SECONDS]`.

use std::path::Path;
use std::process::ExitCode;

use bench::cargo::Cargo;
use bench::lint;
use bench::remote::Subject;
use bench::size::{self, Size};
use bench::start_up::StartUp;
use clap::{Parser, ValueEnum};
use harness::Cluster;

/// Every one.
const PLUGINS: [&str; 4] = ["kubectl-isolate", "kubectl-debug_mode", "kubectl-bundle", "kubectl-lifecycle"];

#[derive(Parser)]
#[command(about = "What the plugins cost, beside kubectl", name = "cargo measure")]
struct Arguments {
    #[arg(value_enum, default_value_t = Topic::Help)]
    topic: Topic,
    /// Show every request of the runs through the recording proxy
    #[arg(long)]
    verbose: bool,
    /// lifecycle, rehearsal: how many pods are started and shut down
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// lifecycle, rehearsal: keep the processors busy meanwhile
    #[arg(long)]
    load: bool,
    /// lifecycle: by how much the server's clock is ahead of the node's; at least 2 or -2, or it is not told
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    server_ahead: i64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Topic {
    /// What each plugin costs before it does anything: half a minute, once all are built
    Help,
    /// Isolating and restoring a pod, also in a namespace of 10,000 other objects: some minutes
    Isolate,
    /// What capturing a pod that logged 200 MB takes: half a minute, once the plugin is built
    Evidence,
    /// Debug mode on and off, in the same places: some minutes
    DebugMode,
    /// Showing what belongs to a Service, in the same places: some minutes
    Bundle,
    /// What changed in 50 ConfigMaps, in the same places: some minutes
    BundleDiff,
    /// The same brought back, beside Helm, in the same places: some minutes
    BundleRollback,
    /// How far what a trace shows is from what happened: half a minute for five pods
    Lifecycle,
    /// How far what hooks measure themselves is from what they say: ten seconds for three runs
    Rehearsal,
    /// Following a restart of 50 pods, beside kubectl rollout, in the same places: some minutes
    LifecycleRollout,
    /// Linting 1,000 workloads from a file: some seconds, once it is built
    LifecycleLint,
    All,
}

fn main() -> ExitCode {
    let Arguments { topic, verbose, runs, load, server_ahead } = Arguments::parse();
    let mut is_within_limits = true;
    if [Topic::Help, Topic::All].contains(&topic) {
        for plugin in PLUGINS {
            is_within_limits &= measure_start_up(&size::build(plugin));
        }
    }
    let subjects = [
        (Subject::Isolate, Topic::Isolate),
        (Subject::DebugMode, Topic::DebugMode),
        (Subject::Bundle, Topic::Bundle),
        (Subject::BundleDiff, Topic::BundleDiff),
        (Subject::BundleRollback, Topic::BundleRollback),
        (Subject::LifecycleRollout, Topic::LifecycleRollout),
    ];
    for (subject, wanted) in subjects {
        if [wanted, Topic::All].contains(&topic) {
            is_within_limits &= measure_remote(subject, &size::build(subject.package()), verbose);
        }
    }
    if [Topic::Evidence, Topic::All].contains(&topic) {
        is_within_limits &= measure_evidence(&size::build("kubectl-isolate"));
    }
    if [Topic::Lifecycle, Topic::All].contains(&topic) {
        is_within_limits &= measure_lifecycle(runs, load, server_ahead);
    }
    if [Topic::LifecycleLint, Topic::All].contains(&topic) {
        lint::measure(&size::build("kubectl-lifecycle"));
    }
    if [Topic::Rehearsal, Topic::All].contains(&topic) {
        is_within_limits &= measure_rehearsal(runs, load);
    }
    if is_within_limits { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure_start_up(plugin: &Path) -> bool {
    let start_up = StartUp::measure(plugin, &Cluster::get().kubectl);
    let size = Size::of(plugin);
    println!("{start_up}{size}\n");
    !start_up.is_over_limit() && !size.is_over_limit()
}

/// By an example, as [`measure_remote`].
fn measure_lifecycle(runs: usize, load: bool, server_ahead: i64) -> bool {
    let (runs, server_ahead) = (runs.to_string(), format!("--server-ahead={server_ahead}"));
    let program = ["--quiet", "--release", "--package", "bench", "--example", "lifecycle", "--"];
    let mut arguments = [&program[..], &["--runs", &runs, &server_ahead]].concat();
    arguments.extend(load.then_some("--load"));
    Cargo::new("run").run(&arguments).success()
}

/// By an example, as [`measure_remote`].
fn measure_evidence(plugin: &Path) -> bool {
    let plugin = plugin.to_str().expect("the target folder's name is text");
    let program = ["--quiet", "--release", "--package", "bench", "--example", "evidence", "--"];
    Cargo::new("run").run(&[&program[..], &["measure", plugin]].concat()).success()
}

/// By an example, as [`measure_remote`].
fn measure_rehearsal(runs: usize, load: bool) -> bool {
    let runs = runs.to_string();
    let program = ["--quiet", "--release", "--package", "bench", "--example", "rehearsal", "--"];
    let mut arguments = [&program[..], &["--runs", &runs]].concat();
    arguments.extend(load.then_some("--load"));
    Cargo::new("run").run(&arguments).success()
}

/// By an example, as the harness finds what it runs from where the running program lies, and expects it three folders
/// below the target folder, where Cargo puts tests and examples.
fn measure_remote(subject: Subject, plugin: &Path, verbose: bool) -> bool {
    let plugin = plugin.to_str().expect("the target folder's name is text");
    let program = ["--quiet", "--release", "--package", "bench", "--example", "remote", "--"];
    let mut arguments = [&program[..], &["measure", subject.name(), plugin]].concat();
    arguments.extend(verbose.then_some("--verbose"));
    Cargo::new("run").run(&arguments).success()
}
