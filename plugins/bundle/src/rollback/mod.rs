//! Bringing back a version: from what it keeps, what is there and what a person allows, to what is done
//! with each object. Pure.

#![allow(dead_code)]

mod options;
#[cfg(test)]
mod random;
mod restore;

pub use options::Options;
pub use restore::{created, restored};
