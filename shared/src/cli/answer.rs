//! The answer on stdout: one line per object for people, one document for programs.

use std::io;

use serde::Serialize;

use super::{OutputFormat, Streams};
use crate::print::write_structured;

/// All objects of one command.
#[derive(Serialize)]
struct List<'a, T> {
    kind: &'static str,
    items: &'a [T],
}

impl Streams {
    /// Writes the answer about one object, such as `pod/web-1`, where people read it.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn answer(&mut self, output: Option<OutputFormat>, object: &str, verb: &str) -> io::Result<()> {
        match output {
            None => writeln!(self.out, "{object} {verb}"),
            Some(OutputFormat::Name) => writeln!(self.out, "{object}"),
            Some(_) => Ok(()),
        }?;
        self.out.flush()
    }

    /// Writes the answer for programs, once for all objects.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn structured<T: Serialize>(
        &mut self,
        output: Option<OutputFormat>,
        kind: &'static str,
        items: &[T],
    ) -> io::Result<()> {
        match output.and_then(OutputFormat::structured) {
            Some(form) => write_structured(form, &List { kind, items }, &mut self.out),
            None => Ok(()),
        }
    }

    /// Writes what to know before anything happens to stderr.
    ///
    /// # Errors
    /// When stderr can't be written.
    pub fn warnings(&mut self, warnings: &[String]) -> io::Result<()> {
        warnings.iter().try_for_each(|warning| self.say(&format!("warning: {warning}"), 9))
    }
}
