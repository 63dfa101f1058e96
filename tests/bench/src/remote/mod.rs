//! Plugins far from the API server, each beside the recipe for kubectl: in a namespace of a few pods, and in one of
//! 10,000 other objects.

mod client;
mod cost;
mod fleet;
mod helm;
mod many;
mod report;
mod runs;
mod shop;
mod strangers;

use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use harness::Namespace;

use runs::Runs;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Isolating and restoring a pod.
    Isolate,
    /// Debug mode on and off.
    DebugMode,
    /// Showing what belongs to a Service.
    Bundle,
    /// What changed in 50 ConfigMaps since a version.
    BundleDiff,
    /// The same brought back.
    BundleRollback,
    /// Following a restart of 50 pods.
    LifecycleRollout,
}

impl Subject {
    /// As it is named on the command line and above a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isolate => "isolate",
            Self::DebugMode => "debug-mode",
            Self::Bundle => "bundle",
            Self::BundleDiff => "bundle-diff",
            Self::BundleRollback => "bundle-rollback",
            Self::LifecycleRollout => "lifecycle-rollout",
        }
    }

    /// Sequential requests at most, watches aside: what somebody far from the server waits for beside the pods
    /// themselves.
    fn most_waves(self) -> usize {
        match self {
            Self::Isolate => 8,
            Self::DebugMode => 12,
            Self::Bundle => 3,
            Self::BundleDiff => 4,
            Self::BundleRollback => 10,
            Self::LifecycleRollout => 6,
        }
    }

    /// How many pods it is about.
    fn pods(self) -> usize {
        match self {
            Self::LifecycleRollout => fleet::COUNT,
            _ => shop::REPLICAS,
        }
    }

    /// Whether it asks as much in a crowded namespace, to the request.
    fn has_same_requests(self) -> bool {
        self == Self::LifecycleRollout
    }

    /// How many times faster than the recipe it has to be among 10,000 objects, where that is promised.
    fn least_speedup(self) -> Option<f64> {
        match self {
            Self::Isolate | Self::DebugMode | Self::LifecycleRollout => None,
            Self::Bundle | Self::BundleRollback => Some(12.0),
            Self::BundleDiff => Some(20.0),
        }
    }

    /// Among 10,000 objects.
    fn most_mebibytes(self) -> f64 {
        match self {
            Self::Isolate | Self::DebugMode => 20.0,
            Self::Bundle | Self::BundleDiff | Self::BundleRollback => 32.0,
            Self::LifecycleRollout => 40.0,
        }
    }

    /// The package, which is also the program.
    pub fn package(self) -> &'static str {
        match self {
            Self::Isolate => "kubectl-isolate",
            Self::DebugMode => "kubectl-debug_mode",
            Self::Bundle | Self::BundleDiff | Self::BundleRollback => "kubectl-bundle",
            Self::LifecycleRollout => "kubectl-lifecycle",
        }
    }
}

/// Prints what everything costs; whether all of it is within its limits.
pub fn measure(subject: Subject, plugin: &Path, verbose: bool) -> bool {
    let small = Runs::of(subject, plugin, Namespace::new("bench"));
    report::print(&format!("{}, {} pods", subject.name(), subject.pods()), &small, verbose);

    let crowded = Namespace::new("bench-crowded");
    let started = Instant::now();
    strangers::create(&crowded);
    let created = started.elapsed();
    strangers::settle(&crowded);
    let settled = started.elapsed();
    println!(
        "\n10,000 other objects: created within {:.0} s, known to all controllers after {:.0} s\n",
        created.as_secs_f64(),
        settled.as_secs_f64()
    );
    let full = Runs::of(subject, plugin, crowded);
    report::print("among 10,000", &full, verbose);

    let complaints = report::complaints(subject, &small, &full);
    for complaint in &complaints {
        println!("\n{complaint}");
    }
    complaints.is_empty()
}
