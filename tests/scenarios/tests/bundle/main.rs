//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod diff;
mod export;
mod going;
mod membership;
mod owners;
mod pins;
mod rights;
mod shop;
mod well_known;
