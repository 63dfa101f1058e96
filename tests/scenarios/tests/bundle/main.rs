//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod damage;
mod delete;
mod membership;
mod past;
mod prune;
mod rights;
mod secrets;
mod shop;
mod sizes;
mod snapshot;
mod together;
mod versions;
