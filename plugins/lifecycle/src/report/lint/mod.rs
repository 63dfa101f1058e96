//! What was found in workloads.

mod sarif;
mod table;
mod words;

pub use sarif::sarif;
pub use table::table;
pub use words::{mended, summary};

use crate::lint::Finding;

/// What is so, in one sentence.
fn sentence(finding: &Finding) -> String {
    format!("{} {}", finding.place(), finding.text)
}
