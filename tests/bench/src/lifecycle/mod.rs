//! What `kubectl lifecycle trace` shows, beside what really happened.
//!
//! The containers of the pods write down themselves when each step began and ended, into a folder of this machine,
//! on which the cluster's node runs: all clocks are one.

mod compare;
mod life;
pub(crate) mod load;
mod pods;
pub(crate) mod shown;
mod table;
mod truth;

use std::thread;

use harness::{Cluster, Namespace};
use jiff::SignedDuration;

use compare::Finding;
use life::Life;
use load::Load;
use pods::Kind;

/// So many pods at once: each is watched by several processes.
const AT_ONCE: usize = 3;

/// Prints how far the trace is from the truth; whether the truth was within all bounds. The server's clock may be so many
/// seconds ahead.
pub fn measure(runs: usize, is_loaded: bool, server_ahead: i64) -> bool {
    let server_ahead = SignedDuration::from_secs(server_ahead);
    // Started first, so that no thread has to.
    Cluster::get();
    let namespace = Namespace::new("truth");
    namespace.apply(&pods::service().to_string());
    let load = is_loaded.then(Load::start);
    let mut findings = Vec::new();
    let numbers: Vec<usize> = (0..runs).collect();
    for batch in numbers.chunks(AT_ONCE) {
        findings.extend(live_together(&namespace, batch, server_ahead));
        eprintln!("{} of {runs} pods, {} times compared", batch[batch.len() - 1] + 1, findings.len());
    }
    drop(load);
    println!("{}", table::print(&findings));
    let wrong: Vec<_> = findings.iter().filter_map(Finding::complaint).collect();
    wrong.iter().for_each(|complaint| println!("{complaint}"));
    wrong.is_empty()
}

fn live_together(namespace: &Namespace, numbers: &[usize], server_ahead: SignedDuration) -> Vec<Finding> {
    let live = |number: usize| {
        let life = Life::live(namespace, Kind::of(number), number, server_ahead);
        compare::findings(&life)
    };
    thread::scope(|scope| {
        let lives: Vec<_> = numbers.iter().map(|&number| scope.spawn(move || live(number))).collect();
        lives.into_iter().flat_map(|life| life.join().expect("a pod's life panicked")).collect()
    })
}
