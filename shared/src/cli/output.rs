//! `-o`, `--dry-run` and lengths of time, as kubectl takes them.

use std::time::Duration;

use clap::ValueEnum;
use jiff::SignedDuration;

use crate::print::Structured;

/// The forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// A table with more columns.
    Wide,
    /// The documented schema, as JSON.
    Json,
    /// The same, as YAML.
    Yaml,
    /// Only `kind/name`.
    Name,
}

impl OutputFormat {
    /// Reads a form of an answer that is no table.
    ///
    /// # Errors
    /// When it is not json, yaml or name.
    pub fn parse_without_wide(text: &str) -> Result<Self, String> {
        match Self::from_str(text, false) {
            Ok(Self::Wide) => Err("only lists have a wide form; here: json, yaml or name".to_owned()),
            Ok(form) => Ok(form),
            Err(_) => Err("json, yaml or name".to_owned()),
        }
    }

    /// Reads a form of an answer that is one document.
    ///
    /// # Errors
    /// When it is not json or yaml.
    pub fn parse_document(text: &str) -> Result<Self, String> {
        let form = Self::from_str(text, false).ok().filter(|form| form.structured().is_some());
        form.ok_or_else(|| "json or yaml".to_owned())
    }

    /// The value as it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Name => "name",
        }
    }

    /// The form for programs, if it is one.
    #[must_use]
    pub fn structured(self) -> Option<Structured> {
        match self {
            Self::Json => Some(Structured::Json),
            Self::Yaml => Some(Structured::Yaml),
            Self::Wide | Self::Name => None,
        }
    }
}

/// The values of `--dry-run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DryRunArg {
    /// Do it.
    #[default]
    None,
    /// Show the plan; send nothing that changes anything.
    Client,
    /// Let the server check the first write without storing it.
    Server,
}

impl DryRunArg {
    /// The value as it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// What kubectl adds to a line about an object.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}

/// Reads `90s`, `5m`, `1h30m`, or a bare number of seconds.
///
/// # Errors
/// When it is none of these, or negative.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| "not a length of time such as 90s, 5m or 1h30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::typed_duration;

    #[test]
    fn what_is_typed_is_read_as_it_was() {
        assert_eq!(typed_duration(Duration::from_secs(90)), "90s");
        for text in ["0", "90s", "1h30m", "500ms", "2.5s", "3us"] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(parse_duration(&typed_duration(duration)), Ok(duration), "{text}");
        }
    }

    #[test]
    fn durations_are_read_as_kubectl_reads_them() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("7"), Ok(Duration::from_secs(7)));
        assert!(parse_duration("-5s").is_err());
        assert!(parse_duration("soon").is_err());
    }
}
