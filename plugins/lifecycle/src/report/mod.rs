//! What people and programs are told.

mod bar;
mod chrome_trace;
mod figure;
mod label;
pub mod lint;
mod numbers;
mod rehearsal;
mod room;
mod scale;
pub mod show;
mod svg;
mod verdicts;
mod waterfall;
mod words;

pub use chrome_trace::chrome_trace;
pub use rehearsal::rehearsal;
pub use svg::svg;
pub use waterfall::{waterfall, waterfall_lines};
pub use words::headline;

/// Where a waterfall is shown.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// None where nothing limits a line.
    pub width: Option<usize>,
    /// None where there may be any number of lines.
    pub height: Option<usize>,
    pub colour: bool,
}

#[cfg(test)]
mod sample;
