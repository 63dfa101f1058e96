//! The flags of every verb that changes something.

use clap::Args;

use super::{Completes, DryRunArg, OutputFormat};

/// How a change is made and answered.
#[derive(Debug, Clone, Args)]
pub struct ChangeArgs {
    /// Show the plan (client), or also let the server check the first write (server)
    #[arg(
        long,
        value_name = "MODE",
        value_enum,
        default_value = "none",
        default_missing_value = "client",
        num_args = 0..=1,
        require_equals = true,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub dry_run: DryRunArg,
    /// Form of the answer: json, yaml or name
    #[arg(short, long, value_name = "FORM", value_parser = OutputFormat::parse_without_wide, add = Completes::Words(&["json", "yaml", "name"]))]
    pub output: Option<OutputFormat>,
    /// Name under which the server records our changes [default: the plugin's own]
    #[arg(long, value_name = "NAME", value_parser = field_manager)]
    field_manager: Option<String>,
}

impl ChangeArgs {
    /// The name under which the server records our changes: `own` unless another was given.
    #[must_use]
    pub fn field_manager<'a>(&'a self, own: &'a str) -> &'a str {
        self.field_manager.as_deref().unwrap_or(own)
    }

    /// These flags as they were typed, each with a space before it: for a command that is to be run again.
    #[must_use]
    pub fn flags(&self) -> String {
        let Self { dry_run, output, field_manager } = self;
        let dry_run = match dry_run {
            DryRunArg::None => String::new(),
            mode => format!(" --dry-run={}", mode.name()),
        };
        let output = output.map_or(String::new(), |form| format!(" -o {}", form.name()));
        let manager = field_manager.as_ref().map_or(String::new(), |name| format!(" --field-manager={name}"));
        format!("{dry_run}{output}{manager}")
    }
}

/// A name that the API server takes as a field manager, and that needs no escaping.
fn field_manager(name: &str) -> Result<String, String> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if name.is_empty() || name.len() > 128 || !is_plain {
        return Err("up to 128 letters, digits, '-', '.' and '_'".to_owned());
    }
    Ok(name.to_owned())
}
