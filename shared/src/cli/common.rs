//! The verbs that every plugin has.

use clap::{CommandFactory, Subcommand};

use super::command_line::program;
use super::completion::CompletionArgs;
use super::version::{self, VersionArgs};
use super::{Failure, Streams};
use crate::cluster::Connection;

/// What every plugin can do.
#[derive(Debug, Subcommand)]
pub enum CommonVerb {
    /// Have the shell complete verbs, flags and live names
    Completion(CompletionArgs),
    /// Print the versions of the plugin and of the server
    Version(VersionArgs),
}

impl CommonVerb {
    /// Does it; `A` is the plugin's command line.
    ///
    /// # Errors
    /// When something can't be written, or the server does not say its version.
    pub async fn run<A: CommandFactory>(
        &self,
        connection: &Connection,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        match self {
            Self::Completion(arguments) => arguments.run(&program(A::command().get_name()), streams),
            Self::Version(arguments) => version::run(arguments, connection, streams).await,
        }
    }
}
