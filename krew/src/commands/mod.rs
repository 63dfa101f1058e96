//! One verb from options to report.

mod bump;
mod check;
mod manifests;
mod package;

use std::path::Path;

use drover::cli::{Failure, Streams, parse};

use crate::args::{Args, Verb};
use crate::workspace::Workspace;

pub use manifests::write;
pub use package::package;

/// Runs the whole command, in the repository that it is started in.
pub async fn run(mut streams: Streams) -> Result<(), Failure> {
    let Some(args) = parse::<Args>(&mut streams).await? else { return Ok(()) };
    let workspace = Workspace::read(Path::new("."))?;
    match args.verb {
        Verb::Package(arguments) => package::run(&workspace, arguments, &mut streams),
        Verb::Manifests(arguments) => manifests::run(&workspace, arguments, &mut streams),
        Verb::Check(arguments) => check::run(&workspace, arguments, &mut streams),
        Verb::Bump { version } => bump::run(&workspace, &version, &mut streams),
    }
}
