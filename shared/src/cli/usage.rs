//! What clap has to say.

use clap::error::ErrorKind;

use super::{Failure, Streams};

/// `--help` and `--version` go to stdout, and the help where no verb was given, as in kubectl; everything else is a
/// failure, in clap's words.
///
/// # Errors
/// When it was no question for help, or stdout can't be written.
pub(super) fn usage(streams: &mut Streams, error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            write!(streams.out, "{}", error.render())?;
            Ok(())
        }
        _ => {
            let text = error.render().to_string();
            let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
            let message = message.strip_prefix("error: ").unwrap_or(message);
            let lines = rest.lines().map(str::trim).filter(|line| !line.is_empty());
            Err(lines.fold(Failure::new(message), Failure::hint))
        }
    }
}
