//! What is to be written, from what is stored: pure.

pub mod delete;
pub mod prune;
