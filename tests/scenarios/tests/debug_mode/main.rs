//! What `kubectl debug-mode` promises, told through kubectl on a real cluster.

mod again;
mod changed;
mod coming_up;
mod copies;
mod debugging;
mod dry_runs;
mod foreseen;
mod kinds;
mod meanwhile;
mod not_up;
mod overrides;
mod overview;
mod owners;
mod refusals;
mod rights;
mod rollouts;
mod serving;
mod sick;
mod snapshot;
