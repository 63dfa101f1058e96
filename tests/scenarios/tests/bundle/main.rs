//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod diff;
mod events;
mod export;
mod going;
mod membership;
mod owners;
mod pins;
mod rights;
mod shop;
mod used_by;
mod well_known;
