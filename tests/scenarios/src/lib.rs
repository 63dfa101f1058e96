//! What the suite promises, told once, on a real cluster: the stories are in `tests/`, and here is what those of
//! several plugins are told with.

pub mod clones;
pub mod pods;
pub mod roles;
pub mod shop;
pub mod words;
