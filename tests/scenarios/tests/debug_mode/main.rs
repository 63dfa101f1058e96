//! What `kubectl debug-mode` promises, told through kubectl on a real cluster.

mod again;
mod changed;
mod coming_up;
mod debugging;
mod kinds;
mod overrides;
mod owners;
mod rights;
mod serving;
mod sick;
mod snapshot;
