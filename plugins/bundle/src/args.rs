//! What a person typed, checked before any request.

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand};
use drover::cli::{ConnectionArgs, Failure, OutputFormat};

use crate::root::Root;

const ABOUT: &str = "\
See everything that a Service or workload depends on, and why.

Reads pod templates, so that a workload scaled to zero keeps its ConfigMaps and Secrets; of these it
reads the metadata alone.";

const EXAMPLES: &str = "\
Examples:
  # All that belongs to a Service
  kubectl bundle show svc/web

  # Of several roots together, with every reason
  kubectl bundle show svc/web cj/report -o wide

  # For a script
  kubectl bundle show svc/web -o name";

#[derive(Debug, Parser)]
#[command(
    name = "kubectl bundle",
    bin_name = "kubectl bundle",
    version,
    about = ABOUT,
    disable_help_flag = true,
    after_help = EXAMPLES,
    subcommand_required = true,
    disable_help_subcommand = true
)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Print this help
    // One help for -h and --help: the short form, since the reference is the README.
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = "Options")]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show what belongs to a Service or workload, with the reason for each member
    Show(ShowArgs),
}

#[derive(Debug, ClapArgs)]
pub struct ShowArgs {
    /// Where to start: TYPE/NAME of a svc, deploy, sts, ds, cj or job
    #[arg(value_name = "ROOT", required = true)]
    roots: Vec<String>,
    /// Form of the answer: wide, json, yaml or name
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<OutputFormat>,
}

impl ShowArgs {
    /// Checks all that can be checked without a cluster.
    pub fn roots(&self) -> Result<Vec<Root>, Failure> {
        let mut roots = Vec::new();
        for text in &self.roots {
            let root = Root::parse(text)?;
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Ok(roots)
    }
}
