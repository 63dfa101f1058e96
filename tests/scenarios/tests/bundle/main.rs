//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod damage;
mod delete;
mod diff;
mod events;
mod export;
mod going;
mod membership;
mod owners;
mod past;
mod pins;
mod prune;
mod rights;
mod rollback;
mod secrets;
mod shop;
mod sizes;
mod snapshot;
mod together;
mod used_by;
mod versions;
mod well_known;
