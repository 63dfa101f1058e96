//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod going;
mod membership;
mod owners;
mod rights;
mod shop;
mod well_known;
