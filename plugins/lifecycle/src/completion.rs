//! Which pods and workloads the shell offers.

use drover::cli::{Completes, Names, Offer};
use drover::model::object::{DAEMON_SETS, DEPLOYMENTS, PODS, REPLICA_SETS, Resource, STATEFUL_SETS};

use crate::workload::KINDS;

/// A pod, or whatever has pods.
pub const TARGET: Completes =
    Completes::With(|place| Offer::names_or_objects(Names::of(PODS), &KINDS, place));

/// Those whose pods do not end by themselves.
const LASTING: [Resource; 5] = [PODS, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, REPLICA_SETS];

/// A pod, or whatever has pods that are stopped.
pub const REHEARSED: Completes =
    Completes::With(|place| Offer::names_or_objects(Names::of(PODS), &LASTING, place));
