//! Pure: from what was recorded of a pod to the steps of its start or of its shutdown.

mod moment;
mod step;

pub use moment::Moment;
pub use step::{Certainty, Extent, Phase, Sign, Step, Trace, Verdict, What};
