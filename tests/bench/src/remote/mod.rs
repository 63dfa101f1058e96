//! Plugins far from the API server, each beside the recipe for kubectl: in a namespace of three pods, and in one of
//! 10,000 other objects.

mod client;
mod cost;
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
}

impl Subject {
    /// As it is named on the command line and above a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isolate => "isolate",
            Self::DebugMode => "debug-mode",
            Self::Bundle => "bundle",
        }
    }

    /// Sequential requests at most, watches aside: what somebody far from the server waits for beside the pods
    /// themselves.
    fn most_waves(self) -> usize {
        match self {
            Self::Isolate => 8,
            Self::DebugMode => 12,
            Self::Bundle => 3,
        }
    }

    /// The package, which is also the program.
    pub fn package(self) -> &'static str {
        match self {
            Self::Isolate => "kubectl-isolate",
            Self::DebugMode => "kubectl-debug_mode",
            Self::Bundle => "kubectl-bundle",
        }
    }
}

/// Prints what everything costs; whether all of it is within its limits.
pub fn measure(subject: Subject, plugin: &Path, verbose: bool) -> bool {
    let small = Runs::of(subject, plugin, Namespace::new("bench"));
    report::print(&format!("{}, 3 pods", subject.name()), &small, verbose);

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

    let complaints = report::complaints(subject.most_waves(), &small, &full);
    for complaint in &complaints {
        println!("\n{complaint}");
    }
    complaints.is_empty()
}
