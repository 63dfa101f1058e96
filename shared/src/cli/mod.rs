//! What a person types and sees.

mod cancel;
mod connection;
mod exit;
mod output;
mod progress;
mod streams;

pub use cancel::Cancel;
pub use connection::ConnectionArgs;
pub use exit::{ExitCode, Failure, main};
pub use output::{DryRunArg, OutputFormat, parse_duration};
pub use progress::{FinishedStage, Progress};
pub use streams::Streams;
