//! `kubectl isolate` and its `restore` far from the API server, beside the recipe for kubectl: in a namespace of three
//! pods, and in one of 10,000 other objects.

mod client;
mod cost;
mod report;
mod runs;
mod shop;
mod strangers;

use std::path::Path;
use std::time::Instant;

use harness::Namespace;

use runs::Runs;

/// Prints what everything costs; whether all of it is within its limits.
pub fn measure(plugin: &Path, verbose: bool) -> bool {
    let small = Runs::of(plugin, Namespace::new("bench"));
    report::print("isolate, 3 pods", &small, verbose);

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
    let full = Runs::of(plugin, crowded);
    report::print("among 10,000", &full, verbose);

    let complaints = report::complaints(&small, &full);
    for complaint in &complaints {
        println!("\n{complaint}");
    }
    complaints.is_empty()
}
