//! What a person typed, checked before any request.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use drover::cli::{
    ChangeArgs, CommonVerb, Completes, ConnectionArgs, Deferred, Failure, OutputFormat, parse_duration,
};
use drover::model::name::is_dns_subdomain;

use crate::plan::quarantine::Quarantine;
use crate::scene::{SceneArgs, SceneOptions};
use crate::{completion, help};

/// How long the pod that makes room goes on serving, unless told otherwise.
pub const DRAIN: &str = "10s";
/// How long `restore` waits beside that.
pub const RESTORE_TIMEOUT: &str = "2m";
/// How long `cleanup` waits beyond the grace period.
pub const CLEANUP_TIMEOUT: &str = "30s";

/// Words that are, or will be, verbs: never taken for the name of a pod.
const VERBS: [&str; 9] =
    ["cleanup", "completion", "evidence", "list", "ls", "restore", "show", "version", "watch"];

#[derive(Debug, Parser)]
#[command(
    name = "kubectl isolate",
    about = help::ABOUT,
    after_help = help::EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub isolate: IsolateArgs,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Put isolated pods back into their Deployment and into traffic
    Restore(Deferred<RestoreArgs>),
    /// Delete isolated pods
    Cleanup(Deferred<CleanupArgs>),
    /// List isolated pods, half-isolated ones first
    #[command(visible_alias = "ls")]
    List(Deferred<ListArgs>),
    /// Show all that is known of an isolated pod
    Show(Deferred<ShowArgs>),
    #[command(flatten)]
    Common(CommonVerb),
}

/// How a pod is chosen among a Deployment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pick {
    Sickest,
}

/// Which pods are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Those of these names, each once, in the order given.
    Pods(Vec<String>),
    /// The sickest of this Deployment.
    SickestOf(String),
}

#[derive(Debug, ClapArgs)]
pub struct IsolateArgs {
    /// Pods to isolate: NAME, pod/NAME or pod NAME; or deploy/NAME with --pick
    #[arg(value_name = "POD", required = true, add = completion::TO_ISOLATE)]
    pods: Vec<String>,
    /// Which pod of deploy/NAME: sickest is one that is not Ready, else the one with most restarts
    #[arg(long, value_name = "WHICH", value_enum, hide_possible_values = true)]
    pick: Option<Pick>,
    /// Why, for those who find the pod later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How long it is needed, such as 2h: cleanup --expired deletes it then
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    ttl: Option<Duration>,
    /// Cut it off the network too, by a NetworkPolicy of its own: all, ingress or egress
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_missing_value = "all",
        num_args = 0..=1,
        require_equals = true,
        hide_possible_values = true
    )]
    quarantine: Option<Quarantine>,
    /// Leave traffic and nothing else: the controller keeps the pod, and nothing takes its place
    #[arg(long, conflicts_with_all = ["traffic_first", "allow_second_writer"])]
    traffic_only: bool,
    /// Leave traffic at once, before the replacement is there: capacity is one pod less until then
    #[arg(long)]
    traffic_first: bool,
    /// Isolate although the pod and its replacement would both write to the same volume
    #[arg(long)]
    allow_second_writer: bool,
    /// How long to wait for the replacement [default: the Deployment's progressDeadlineSeconds]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    scene: SceneArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::RESTORE)]
pub struct RestoreArgs {
    /// Pods to put back: NAME, pod/NAME or pod NAME
    #[arg(value_name = "POD", required = true, add = completion::ISOLATED)]
    pods: Vec<String>,
    /// How long the pod that makes room goes on serving what still reaches it, before it is deleted
    #[arg(long, value_name = "DURATION", default_value = DRAIN, value_parser = parse_duration)]
    drain: Duration,
    /// How long to wait for traffic and for the controller
    #[arg(long, value_name = "DURATION", default_value = RESTORE_TIMEOUT, value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::CLEANUP)]
pub struct CleanupArgs {
    /// Pods to delete: NAME, pod/NAME or pod NAME
    #[arg(value_name = "POD", required_unless_present_any = ["all", "selector", "expired"], add = completion::ISOLATED)]
    pods: Vec<String>,
    /// All isolated pods of the namespace
    #[arg(long, conflicts_with_all = ["pods", "selector", "expired"])]
    all: bool,
    /// Those whose time (--ttl) is over
    #[arg(long, conflicts_with = "pods")]
    expired: bool,
    /// Isolated pods with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR", conflicts_with = "pods")]
    selector: Option<String>,
    /// How long to wait until they are gone, beyond each pod's grace period
    #[arg(long, value_name = "DURATION", default_value = CLEANUP_TIMEOUT, value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::LIST)]
pub struct ListArgs {
    /// In all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only pods with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Form of the answer: wide, json, yaml or name
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<OutputFormat>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::SHOW)]
pub struct ShowArgs {
    /// The isolated pod: NAME, pod/NAME or pod NAME
    #[arg(value_name = "POD", required = true, add = completion::ISOLATED)]
    pods: Vec<String>,
    /// Form of the answer: json, yaml or name
    #[arg(short, long, value_name = "FORM", value_parser = OutputFormat::parse_without_wide, add = Completes::Words(&["json", "yaml", "name"]))]
    pub output: Option<OutputFormat>,
}

impl ShowArgs {
    /// The names of the pods, each once.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        pod_names(&self.pods)
    }
}

/// What `kubectl isolate POD…` is to do.
#[derive(Debug, Clone)]
pub struct IsolateOptions {
    /// Which pods.
    pub chosen: Chosen,
    /// Why.
    pub reason: Option<String>,
    /// How long it is needed.
    pub ttl: Option<Duration>,
    /// What of the network is cut off.
    pub quarantine: Option<Quarantine>,
    /// Out of traffic, and of nothing else.
    pub traffic_only: bool,
    /// Both phases at once.
    pub traffic_first: bool,
    /// Two pods may write to one volume.
    pub allow_second_writer: bool,
    /// How long to wait for the replacement.
    pub timeout: Option<Duration>,
    /// How it is done and answered.
    pub change: ChangeArgs,
    /// What is kept, looked at and run around it.
    pub scene: SceneOptions,
}

/// What `kubectl isolate restore POD…` is to do.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// Pod names, each once, in the order given.
    pub names: Vec<String>,
    /// How long the pod that makes room stays after it left every slice.
    pub drain: Duration,
    /// How long to wait beside that.
    pub timeout: Duration,
    /// How it is done and answered.
    pub change: ChangeArgs,
}

/// What `kubectl isolate cleanup` is to do.
#[derive(Debug, Clone)]
pub struct CleanupOptions {
    /// Pod names, or none when they are selected.
    pub names: Vec<String>,
    /// Labels that narrow the isolated pods down; empty for all.
    pub selector: String,
    /// Only those whose time is over.
    pub expired: bool,
    /// How long to wait beyond the grace period.
    pub timeout: Duration,
    /// How it is done and answered.
    pub change: ChangeArgs,
}

impl IsolateArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<IsolateOptions, Failure> {
        let Self { pods, pick, change, .. } = self;
        let chosen = match (deployment_name(&pods), pick) {
            (Some(name), Some(Pick::Sickest)) => Chosen::SickestOf(name.to_owned()),
            (Some(name), None) => {
                return Err(Failure::new(format!(
                    "which pod of deployment {name}? name one, or add --pick sickest"
                )));
            }
            (None, Some(_)) => return Err(Failure::new("--pick goes with one deploy/NAME")),
            (None, None) => Chosen::Pods(pod_names(&pods)?),
        };
        if self.ttl.is_some_and(|ttl| ttl < Duration::from_secs(1)) {
            return Err(Failure::new("--ttl is a length of time such as 90s, 30m or 2h"));
        }
        Ok(IsolateOptions {
            chosen,
            reason: self.reason,
            ttl: self.ttl,
            quarantine: self.quarantine,
            traffic_only: self.traffic_only,
            traffic_first: self.traffic_first,
            allow_second_writer: self.allow_second_writer,
            timeout: self.timeout,
            change,
            scene: self.scene.validate()?,
        })
    }
}

impl RestoreArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<RestoreOptions, Failure> {
        let Self { pods, drain, timeout, change } = self;
        Ok(RestoreOptions { names: pod_names(&pods)?, drain, timeout, change })
    }
}

impl CleanupArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<CleanupOptions, Failure> {
        let Self { pods, all: _, expired, selector, timeout, change } = self;
        let names = if pods.is_empty() { Vec::new() } else { pod_names(&pods)? };
        Ok(CleanupOptions { names, selector: selector.unwrap_or_default(), expired, timeout, change })
    }
}

/// The name in a lone `deploy/NAME`.
fn deployment_name(arguments: &[String]) -> Option<&str> {
    let [argument] = arguments else { return None };
    let (kind, name) = argument.split_once('/')?;
    let is_deployment = matches!(kind, "deploy" | "deployment" | "deployments" | "deployment.apps");
    (is_deployment && is_dns_subdomain(name)).then_some(name)
}

fn is_pods(kind: &str) -> bool {
    matches!(kind, "pod" | "pods" | "po")
}

/// A pod's name as it is typed where a verb could stand.
pub fn typed_name(name: &str) -> String {
    if is_pods(name) || VERBS.contains(&name) { format!("pod/{name}") } else { name.to_owned() }
}

/// Reads `NAME`, `pod/NAME` and `pod NAME…`.
fn pod_names(arguments: &[String]) -> Result<Vec<String>, Failure> {
    let (kind_first, arguments) = match arguments.split_first() {
        Some((kind, rest)) if is_pods(kind) => (true, rest),
        _ => (false, arguments),
    };
    if arguments.is_empty() {
        return Err(Failure::new("which pod? name one: kubectl isolate POD"));
    }
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for argument in arguments {
        let name = match argument.split_once('/') {
            Some((kind, name)) if is_pods(kind) => name,
            Some((kind, _)) => {
                return Err(Failure::new(format!("{argument}: only pods can be isolated, not {kind}")));
            }
            None if !kind_first && VERBS.contains(&argument.as_str()) => {
                let message = format!("{argument:?} stands where a pod's name is expected");
                return Err(Failure::new(message)
                    .hint(format!("if a pod has that name: kubectl isolate pod/{argument}")));
            }
            None => argument,
        };
        if !is_dns_subdomain(name) {
            return Err(Failure::new(format!("{name:?} can't be the name of a pod")));
        }
        if seen.insert(name.to_owned()) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<String>, String> {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        pod_names(&arguments).map_err(|failure| failure.message)
    }

    #[test]
    fn the_help_is_as_in_kubectl() {
        harness::help::expect_help(drover::cli::command::<Args>());
    }

    #[test]
    fn the_manual_is_the_programs_own() {
        harness::manual::expect_own_manual(drover::cli::command::<Args>());
    }

    #[test]
    fn a_pod_can_be_named_in_kubectls_three_ways() {
        let expected = Ok(vec!["web-1".to_owned(), "web-2".to_owned()]);
        assert_eq!(names(&["web-1", "web-2"]), expected);
        assert_eq!(names(&["pod/web-1", "po/web-2"]), expected);
        assert_eq!(names(&["pod", "web-1", "web-2", "web-1"]), expected);
    }

    #[test]
    fn a_pod_can_be_picked_from_a_deployment() {
        let chosen = |arguments: &[&str]| {
            let typed = [&["kubectl-isolate"], arguments].concat();
            Args::try_parse_from(typed).unwrap().isolate.validate().map(|options| options.chosen)
        };
        let sickest = chosen(&["deploy/web", "--pick", "sickest"]);
        assert_eq!(sickest, Ok(Chosen::SickestOf("web".to_owned())));
        assert!(chosen(&["deploy/web"]).is_err());
        assert!(chosen(&["web-1", "--pick=sickest"]).is_err());
    }

    #[test]
    fn what_is_not_a_pod_is_refused() {
        for arguments in [&["deploy/web"][..], &["pod"], &["Web"], &["a/b/c"], &["-x"], &["web-"], &[""]] {
            assert!(names(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn a_verb_is_never_taken_for_a_pod() {
        assert!(Args::try_parse_from(["kubectl-isolate", "cleanup"]).is_err(), "which ones?");
        assert!(names(&["web-1", "restore"]).is_err());
        assert!(names(&["restore", "web-1"]).is_err());
        assert_eq!(names(&["pod/restore"]), Ok(vec!["restore".to_owned()]));
        let typed = Args::try_parse_from(["kubectl-isolate", "web-1", "list"]).unwrap();
        assert!(typed.verb.is_none() && typed.isolate.validate().is_err());
    }
}
