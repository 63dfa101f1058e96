//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod diff;
mod export;
mod membership;
mod pins;
mod rights;
mod shop;
