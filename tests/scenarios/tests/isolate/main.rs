//! What `kubectl isolate` promises, told through kubectl on a real cluster.

mod admission;
mod dry_runs;
mod half_done;
mod list;
mod names;
mod owners;
mod pods;
mod policies;
mod promises;
mod put_back;
mod refusals;
mod rights;
mod services;
mod serving;
mod shop;
mod slices;
mod two_hands;
mod unready;
