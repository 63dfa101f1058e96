//! Pods as the tests look at them, and what marks the isolated ones.

pub use scenarios::pods::*;

pub const ISOLATED_LABEL: &str = "drover.dev/isolated";
pub const RECORD: &str = "drover.dev/isolation";
