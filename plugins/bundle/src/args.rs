//! What a person typed, checked before any request.

use std::time::Duration;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueHint};
use drover::cli::{
    ChangeArgs, CommonVerb, Completes, ConnectionArgs, Deferred, Failure, OutputFormat, parse_duration,
};
use drover::cluster::Cluster;

use crate::rollback::Options;
use crate::root::Root;
use crate::store::{BundleName, NamedVersion};
use crate::typed;
use crate::{completion, help};

#[derive(Debug, Parser)]
#[command(name = "kubectl bundle", about = help::ABOUT, after_help = help::EXAMPLES, subcommand_required = true)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show what belongs to a bundle, Service or workload, with the reason for each member
    Show(Deferred<ShowArgs>),
    /// Begin a bundle and record its first version
    Create(Deferred<CreateArgs>),
    /// Record a new version, if anything changed
    Snapshot(Deferred<SnapshotArgs>),
    /// Show what changed since a version, or between two
    Diff(Deferred<DiffArgs>),
    /// Bring the whole of a version back, proven
    Rollback(Deferred<RollbackArgs>),
    /// Write the members, or those of a version, as manifests
    Export(Deferred<ExportArgs>),
    /// Make an object a member, whatever refers to it
    #[command(after_help = help::ADD)]
    Add(Deferred<PinArgs>),
    /// Leave an object out, whatever refers to it
    #[command(after_help = help::REMOVE)]
    Remove(Deferred<PinArgs>),
    /// List the bundles
    List(Deferred<ListArgs>),
    /// List the versions of a bundle
    History(Deferred<HistoryArgs>),
    /// Delete all but the newest versions
    Prune(Deferred<PruneArgs>),
    /// Delete a bundle with its versions; its members stay as they are
    Delete(Deferred<DeleteArgs>),
    /// Tell what happened to the members, between the versions
    Events(Deferred<EventsArgs>),
    /// List who else uses the members
    UsedBy(Deferred<UsedByArgs>),
    #[command(flatten)]
    Common(CommonVerb),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::SHOW)]
pub struct ShowArgs {
    /// A bundle's name, or where to start: TYPE/NAME of a svc, deploy, sts, ds, cj or job
    #[arg(value_name = "NAME|ROOT", required = true, add = completion::BUNDLE_OR_ROOT)]
    subjects: Vec<String>,
    /// Form of the answer: wide, json, yaml or name
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<OutputFormat>,
}

/// Whose members are asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Subject {
    Bundle(BundleName),
    Roots(Vec<Root>),
}

impl ShowArgs {
    /// Checks all that can be checked without a cluster.
    pub fn subject(&self) -> Result<Subject, Failure> {
        match &self.subjects[..] {
            [name] if is_bundle(name) => Ok(Subject::Bundle(BundleName::parse(name)?)),
            roots => Ok(Subject::Roots(parse_roots(roots)?)),
        }
    }
}

/// A root has a type before its name.
fn is_bundle(text: &str) -> bool {
    !text.contains('/') || text.starts_with("bundle/")
}

fn parse_roots(texts: &[String]) -> Result<Vec<Root>, Failure> {
    let mut roots = Vec::new();
    for text in texts {
        let root = Root::parse(text)?;
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    Ok(roots)
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::CREATE)]
pub struct CreateArgs {
    /// Where to start: TYPE/NAME of a svc, deploy, sts, ds, cj or job
    #[arg(value_name = "ROOT", required = true, add = completion::ROOT)]
    roots: Vec<String>,
    /// Name of the bundle [default: the first root's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What to remember about the first version
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

impl CreateArgs {
    /// Checks all that can be checked without a cluster.
    pub fn check(&self) -> Result<(BundleName, Vec<Root>), Failure> {
        let roots = parse_roots(&self.roots)?;
        let name = match (&self.name, roots.first()) {
            (Some(name), _) => name,
            (None, Some(root)) => &root.name,
            (None, None) => return Err(Failure::new("give a root, such as svc/web")),
        };
        Ok((BundleName::parse(name)?, roots))
    }

    /// The roots as they were typed.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(String::as_str)
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::SNAPSHOT)]
pub struct SnapshotArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// What to remember about the version
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::LIST)]
pub struct ListArgs {
    /// In all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Form of the answer: wide, json, yaml or name
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<OutputFormat>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::HISTORY)]
pub struct HistoryArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// Form of the answer: wide, json, yaml or name
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<OutputFormat>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::PRUNE)]
pub struct PruneArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// How many of the newest versions stay, beside the last one that a person recorded
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
    /// Also those that were rebuilt from the past of a workload
    #[arg(long)]
    pub partial: bool,
    #[command(flatten)]
    pub change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::DELETE)]
pub struct DeleteArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// Leave its versions where they are: `create` with the same name finds them again
    #[arg(long)]
    pub keep_versions: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Succeed also when there is no such bundle
    #[arg(long)]
    pub ignore_not_found: bool,
    #[command(flatten)]
    pub change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::DIFF)]
pub struct DiffArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// The earlier version [default: the last one that a person recorded or rolled back to]
    #[arg(value_name = "A", add = completion::VERSION)]
    pub before: Option<String>,
    /// The later version [default: what is there now]
    #[arg(value_name = "B", add = completion::VERSION)]
    pub after: Option<String>,
    /// Show the values of Secrets
    #[arg(long)]
    pub reveal: bool,
    /// Form of the answer: json, yaml or name
    #[arg(short, long, value_name = "FORM", value_parser = OutputFormat::parse_without_wide, add = Completes::Words(&["json", "yaml", "name"]))]
    pub output: Option<OutputFormat>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::ROLLBACK)]
pub struct RollbackArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// The version to bring back
    #[arg(add = completion::VERSION)]
    pub version: Option<String>,
    /// Finish a rollback that was cut off
    #[arg(long = "continue")]
    pub go_on: bool,
    /// Put all back as it was before a rollback that was cut off
    #[arg(long)]
    pub abort: bool,
    /// Restore Secrets too
    #[arg(long, help_heading = "What is done only when asked for")]
    secrets: bool,
    /// Delete members that came after the version and that nobody else uses
    #[arg(long, help_heading = "What is done only when asked for")]
    prune: bool,
    /// Delete this object and create it anew, where a field can't be changed
    #[arg(long, value_name = "TYPE/NAME", help_heading = "What is done only when asked for", add = completion::OBJECT)]
    replace: Vec<String>,
    /// Do with this object what is left for safety, such as lowering its replicas
    #[arg(long, value_name = "TYPE/NAME", help_heading = "What is done only when asked for", add = completion::OBJECT)]
    allow: Vec<String>,
    /// Nothing but this object
    #[arg(long, value_name = "TYPE/NAME", add = completion::OBJECT)]
    only: Vec<String>,
    /// All but this object
    #[arg(long, value_name = "TYPE/NAME", add = completion::OBJECT)]
    except: Vec<String>,
    /// Run the images that ran, by their digests, wherever their tags are now
    #[arg(long)]
    pin_images: bool,
    /// Restart workloads that would not load a changed ConfigMap or Secret
    #[arg(long)]
    restart_consumers: bool,
    /// Wait until all pods run as in the version
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1,
        require_equals = true, action = ArgAction::Set)]
    pub wait: bool,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub timeout: Duration,
    /// Leave what was written where a write fails
    #[arg(long)]
    pub no_auto_revert: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub change: ChangeArgs,
}

impl RollbackArgs {
    /// Checks all that can be checked without a cluster.
    pub fn check(&self) -> Result<(), Failure> {
        let is_finishing = self.go_on || self.abort;
        let chosen = [self.secrets, self.prune, self.pin_images, self.restart_consumers];
        let named = [&self.replace, &self.allow, &self.only, &self.except];
        if is_finishing && (chosen.contains(&true) || named.iter().any(|list| !list.is_empty())) {
            return Err(Failure::new("--continue and --abort go on as it was begun: without other flags"));
        }
        Ok(())
    }

    /// What was asked for, with the objects that were named.
    ///
    /// # Errors
    /// When one of them can't be an object.
    pub async fn options(&self, cluster: &Cluster) -> Result<Options, Failure> {
        let find = async |texts: &[String]| {
            let objects = texts.iter().map(|text| typed::find(cluster, text));
            futures::future::try_join_all(objects).await
        };
        Ok(Options {
            secrets: self.secrets,
            prune: self.prune,
            replace: find(&self.replace).await?,
            allow: find(&self.allow).await?,
            only: find(&self.only).await?,
            except: find(&self.except).await?,
            pin_images: self.pin_images,
            restart_consumers: self.restart_consumers,
        })
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::EXPORT)]
pub struct ExportArgs {
    /// The bundle, or one of its versions
    #[arg(value_name = "NAME[@VERSION]", value_parser = named_version, add = completion::NAMED_VERSION)]
    pub subject: NamedVersion,
    /// Where to: a folder that is made, or - for stdout
    #[arg(value_name = "DIR|-", value_hint = ValueHint::DirPath)]
    pub folder: String,
    /// Secrets too, with all they hold
    #[arg(long)]
    pub secrets: bool,
    /// Overwrite what is in the folder
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, ClapArgs)]
pub struct PinArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// The objects: TYPE/NAME
    #[arg(value_name = "TYPE/NAME", required = true, add = completion::OBJECT)]
    pub objects: Vec<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::EVENTS)]
pub struct EventsArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// Go on with what happens, until Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// Form of the answer: json or yaml
    #[arg(short, long, value_name = "FORM", value_parser = OutputFormat::parse_document, add = Completes::Words(&["json", "yaml"]))]
    pub output: Option<OutputFormat>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::USED_BY)]
pub struct UsedByArgs {
    /// The bundle
    #[arg(value_parser = name, add = completion::BUNDLE)]
    pub name: BundleName,
    /// Of this member only
    #[arg(value_name = "TYPE/NAME", add = completion::OBJECT)]
    pub member: Option<String>,
    /// Form of the answer: wide, json, yaml or name
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<OutputFormat>,
}

fn named_version(text: &str) -> Result<NamedVersion, String> {
    NamedVersion::parse(text).map_err(|failure| failure.hints.join("; "))
}

fn name(text: &str) -> Result<BundleName, String> {
    BundleName::parse(text).map_err(|failure| failure.hints.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_is_as_in_kubectl() {
        harness::help::expect_help(drover::cli::command::<Args>());
    }

    #[test]
    fn the_manual_is_the_programs_own() {
        harness::manual::expect_own_manual(drover::cli::command::<Args>());
    }
}
