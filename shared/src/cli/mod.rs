//! What a person types and sees.

mod answer;
mod cancel;
mod change;
mod command_line;
mod common;
mod completion;
mod connection;
mod deferred;
mod exit;
mod output;
mod progress;
mod prompt;
mod region;
mod streams;
mod usage;
mod version;

pub use cancel::Cancel;
pub use change::ChangeArgs;
pub use command_line::{command, parse, program, typed_verb};
pub use common::CommonVerb;
pub use completion::{Candidate, Completes, Names, Offer, Place};
pub use connection::ConnectionArgs;
pub use deferred::Deferred;
pub use exit::{ExitCode, Failure, main};
pub use output::{DryRunArg, OutputFormat, parse_duration};
pub use progress::{FinishedStage, Progress};
pub use prompt::confirm;
pub use region::Region;
pub use streams::Streams;
