//! Which pods and workloads the shell offers.

use drover::cli::{Completes, Names, Offer};
use drover::model::object::PODS;

use crate::workload::KINDS;

/// A pod, or whatever has pods.
pub const TARGET: Completes =
    Completes::With(|place| Offer::names_or_objects(Names::of(PODS), &KINDS, place));
