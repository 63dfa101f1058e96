//! What `kubectl debug-mode` promises, told through kubectl on a real cluster.

mod coming_up;
mod debugging;
mod owners;
mod serving;
mod sick;
mod snapshot;
