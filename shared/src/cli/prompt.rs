//! Questions that only a person can answer.

use super::{Failure, Streams};

/// Asks a question that is answered with yes or no; anything but yes means no.
///
/// # Errors
/// When nobody is there to answer: then `--yes` must have been given; and when the answer is no.
pub fn confirm(streams: &mut Streams, question: &str) -> Result<(), Failure> {
    if !streams.input_is_terminal {
        let failure = Failure::new(format!("{question} Nobody can answer here"));
        return Err(failure.hint("when you are sure:  the same command with --yes"));
    }
    streams.say(question, 2)?;
    write!(streams.err, "(y/N): ")?;
    streams.err.flush()?;
    let mut answer = String::new();
    streams.input.read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new("not confirmed: nothing was changed")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn ask(typed: &str, input_is_terminal: bool) -> Result<(), Failure> {
        let mut streams = Streams {
            input: Box::new(Cursor::new(typed.to_owned())),
            input_is_terminal,
            out: Box::new(Vec::new()),
            err: Box::new(Vec::new()),
            err_is_terminal: false,
            width: None,
            out_width: None,
            colour: false,
        };
        confirm(&mut streams, "Delete pod/web-1?")
    }

    #[test]
    fn only_a_person_who_says_yes_means_yes() {
        assert!(ask("y\n", true).is_ok() && ask("Yes\n", true).is_ok());
        for typed in ["\n", "", "n\n", "yeah\n"] {
            assert!(ask(typed, true).is_err(), "{typed:?}");
        }
        assert!(ask("y\n", false).unwrap_err().hints[0].ends_with("--yes"));
    }
}
