//! What `kubectl lifecycle` promises, told through kubectl on a real cluster.

mod ledger;
mod show;
