//! What `kubectl debug-mode` promises, told through kubectl on a real cluster.

mod again;
mod coming_up;
mod debugging;
mod kinds;
mod owners;
mod serving;
mod sick;
mod snapshot;
