//! What a person types and sees.

mod answer;
mod cancel;
mod change;
mod connection;
mod exit;
mod output;
mod progress;
mod prompt;
mod region;
mod streams;
mod usage;

pub use cancel::Cancel;
pub use change::ChangeArgs;
pub use connection::ConnectionArgs;
pub use exit::{ExitCode, Failure, main};
pub use output::{DryRunArg, OutputFormat, parse_duration};
pub use progress::{FinishedStage, Progress};
pub use prompt::confirm;
pub use region::Region;
pub use streams::Streams;
pub use usage::usage;
