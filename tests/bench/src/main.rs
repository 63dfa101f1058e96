//! `cargo measure`: what a plugin costs before it does anything, beside kubectl in the same run.
//!
//! Times are printed, never judged: they depend on the machine, so only their ratio means something. The size of
//! the released binary does not, and going over its limit fails.

mod help;
mod size;
mod table;

use std::process::ExitCode;

use harness::Cluster;

use crate::help::HelpCost;
use crate::size::Size;

fn main() -> ExitCode {
    let plugin = size::build();
    let kubectl = &Cluster::get().kubectl;
    let [own, beside] = help::measure([&plugin, kubectl]);
    print!("{}", HelpCost::table(&own, &beside));

    let size = Size::of(&plugin);
    println!("\n{size}");
    if size.is_over_limit() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
