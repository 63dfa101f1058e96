//! What `kubectl bundle` promises, told through kubectl on a real cluster.

mod membership;
mod rights;
mod shop;
