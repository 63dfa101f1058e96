//! Output for machines.

use std::io::{self, Write};

use serde::Serialize;

/// A form that programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    /// Indented JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Writes a value in that form, with a final line break.
///
/// # Errors
/// When the output can't be written.
pub fn write_structured<T: Serialize>(form: Structured, value: &T, out: &mut dyn Write) -> io::Result<()> {
    match form {
        Structured::Json => {
            serde_json::to_writer_pretty(&mut *out, value)?;
            writeln!(out)
        }
        Structured::Yaml => {
            let text = serde_saphyr::to_string(value).map_err(io::Error::other)?;
            writeln!(out, "{}", text.trim_end())
        }
    }
}
