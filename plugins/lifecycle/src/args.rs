//! What a person typed, checked before any request.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, ValueHint};
use drover::cli::{ChangeArgs, CommonVerb, ConnectionArgs, Deferred, Failure, parse_duration};
use drover::model::object::{CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, Resource, STATEFUL_SETS};

use crate::lint::Severity;
use crate::target::Target;
use crate::trace::Phase;
use crate::{completion, help};

#[derive(Debug, Parser)]
#[command(name = "kubectl lifecycle", about = help::ABOUT, after_help = help::EXAMPLES, subcommand_required = true)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show hooks, probes and the grace period of each container, in the order in which they run
    Show(Deferred<ShowArgs>),
    /// Show what is still known of a pod's latest start or shutdown, and what crashed containers logged
    Trace(Deferred<TraceArgs>),
    /// Check hooks, probes and grace periods against rules, in manifests or on the cluster
    Lint(Deferred<LintArgs>),
    /// Start and stop a clone outside every Service, and measure what its hooks really do
    Rehearse(Deferred<RehearseArgs>),
    /// Delete the clones that a rehearsal left behind
    Cleanup(Deferred<CleanupArgs>),
    #[command(flatten)]
    Common(CommonVerb),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::SHOW)]
pub struct ShowArgs {
    /// A pod, or TYPE/NAME of a deploy, sts, ds, rs, job, cj or pod
    #[arg(value_name = "POD|TYPE/NAME", required = true, add = completion::TARGET)]
    target: Vec<String>,
    /// Form of the answer: json or yaml
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<Form>,
}

impl ShowArgs {
    /// Checks all that can be checked without a cluster.
    pub fn target(&self) -> Result<Target, Failure> {
        Target::parse(&self.target)
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::TRACE)]
pub struct TraceArgs {
    /// A pod, or TYPE/NAME of a deploy, sts, ds, rs or job; a pod that is gone is known by its events for an hour
    #[arg(value_name = "POD|TYPE/NAME", required = true, add = completion::TARGET)]
    target: Vec<String>,
    /// Which of both: start or shutdown [default: the later one]
    #[arg(long, value_name = "PHASE", value_enum, hide_possible_values = true)]
    phase: Option<Phase>,
    /// Follow what is under way, or wait for the next
    #[arg(short, long)]
    pub follow: bool,
    /// Restart the pods of the workload first, as kubectl rollout restart does, and follow that
    #[arg(long)]
    pub restart: bool,
    /// Have the pod evicted first, as a drain does, and follow that
    #[arg(long, conflicts_with = "restart")]
    pub evict: bool,
    /// Do not ask before an eviction
    #[arg(short, long)]
    pub yes: bool,
    /// How long to follow at most
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10m")]
    pub timeout: Duration,
    /// Fail unless the pod was out of its slices so long before SIGTERM, as for CI
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub fail_if_margin_below: Option<Duration>,
    /// Form of the answer: json, yaml, chrome-trace or svg
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub output: Option<TraceForm>,
}

impl TraceArgs {
    /// Checks all that can be checked without a cluster.
    pub fn target(&self) -> Result<Target, Failure> {
        let target = Target::parse(&self.target)?;
        let is_pod = target.resource == PODS;
        if self.evict && !is_pod {
            return Err(Failure::new("--evict is for one pod: give a pod"));
        }
        if self.restart && !RESTARTED.contains(&target.resource) {
            return Err(Failure::new(
                "--restart is for a workload that replaces its pods: a deploy, sts or ds",
            ));
        }
        if self.phase.is_some() && !is_pod {
            return Err(Failure::new("--phase is for a pod: of a workload the rollout is shown"));
        }
        if self.fail_if_margin_below.is_some() && (!is_pod || self.phase == Some(Phase::Start)) {
            return Err(Failure::new("--fail-if-margin-below is about the shutdown of one pod"));
        }
        Ok(target)
    }

    /// Which of both; none where that is the later one.
    pub fn phase(&self) -> Option<Phase> {
        self.phase.or(self.fail_if_margin_below.map(|_| Phase::Shutdown))
    }

    /// What is caused is followed.
    pub fn follows(&self) -> bool {
        self.follow || self.restart || self.evict
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::LINT)]
pub struct LintArgs {
    /// TYPE/NAME of a deploy, sts, ds, rs, job, cj or pod [default: all of the namespace that make pods]
    #[arg(value_name = "TYPE/NAME", add = completion::TARGET)]
    target: Vec<String>,
    /// Manifests instead: a file, a folder, or - for stdin; may be repeated
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::AnyPath, conflicts_with_all = ["target", "all_namespaces"])]
    pub filename: Vec<PathBuf>,
    /// All namespaces
    #[arg(short = 'A', long, conflicts_with = "target")]
    pub all_namespaces: bool,
    /// Print what mends it instead: a patch of each workload, as far as one can be computed
    #[arg(long)]
    pub fix: bool,
    /// Look only for what is as bad as this: error, warning or info
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "info", hide_possible_values = true)]
    pub severity: Severity,
    /// Exit with 1 where something is as bad as this: error, warning, info or never
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "warning", hide_possible_values = true)]
    pub fail_on: FailOn,
    /// How long it takes in this cluster until a pod that goes gets no more requests
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "5s")]
    pub propagation: Duration,
    /// Form of the answer: table, json, yaml or sarif; of --fix: yaml or json
    #[arg(short, long, value_name = "FORM", value_enum, hide_possible_values = true)]
    output: Option<LintForm>,
}

impl LintArgs {
    /// Checks all that can be checked without a cluster. None where no object is named.
    pub fn target(&self) -> Result<Option<Target>, Failure> {
        if self.fix && matches!(self.output, Some(LintForm::Table | LintForm::Sarif)) {
            return Err(Failure::new("--fix prints patches: -o yaml or -o json"));
        }
        match &self.target[..] {
            [] => Ok(None),
            [name] if !name.contains('/') => {
                Err(Failure::new(format!("{name:?} does not say of which type it is"))
                    .hint(format!("say it:  kubectl lifecycle lint deploy/{name}")))
            }
            target => Target::parse(target).map(Some),
        }
    }

    pub fn output(&self) -> LintForm {
        self.output.unwrap_or(if self.fix { LintForm::Yaml } else { LintForm::Table })
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::REHEARSE)]
pub struct RehearseArgs {
    /// A pod, or TYPE/NAME of a deploy, sts, ds, rs or pod
    #[arg(value_name = "POD|TYPE/NAME", required = true, add = completion::REHEARSED)]
    target: Vec<String>,
    /// How often, one clone after the other
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
    /// Rehearse with this grace period instead of its own
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    grace_period: Option<Duration>,
    /// Which claims the clone of a StatefulSet mounts
    #[arg(long, value_name = "N", default_value = "0")]
    ordinal: u32,
    /// Image with a static /bin/busybox, for hooks of an image that has no sh
    #[arg(long, value_name = "IMAGE", default_value = "busybox:1.37.0-musl")]
    shell_image: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// How long each clone may take until it is ready
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What `rehearse` is to do.
#[derive(Debug, Clone)]
pub struct RehearseOptions {
    pub target: Target,
    pub times: u32,
    pub grace_seconds: Option<u64>,
    pub ordinal: u32,
    pub shell_image: String,
    pub yes: bool,
    pub timeout: Duration,
    pub change: ChangeArgs,
}

impl RehearseArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<RehearseOptions, Failure> {
        let target = Target::parse(&self.target)?;
        if [JOBS, CRON_JOBS].contains(&target.resource) {
            return Err(Failure::new("the pods of a Job end by themselves, so that nothing stops them"));
        }
        Ok(RehearseOptions {
            target,
            times: self.times,
            grace_seconds: self.grace_period.map(|period| period.as_secs()),
            ordinal: self.ordinal,
            shell_image: self.shell_image,
            yes: self.yes,
            timeout: self.timeout,
            change: self.change,
        })
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::CLEANUP)]
pub struct CleanupArgs {
    /// In all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// How long to wait until they are gone
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_duration)]
    pub timeout: Duration,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// What `kubectl rollout restart` knows.
const RESTARTED: [Resource; 3] = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS];

/// How an answer for programs is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Json,
    Yaml,
}

/// The same, with pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TraceForm {
    Json,
    Yaml,
    /// Opens in Perfetto and in chrome://tracing.
    ChromeTrace,
    /// The waterfall as a picture.
    Svg,
}

/// The forms of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintForm {
    /// For people.
    Table,
    Json,
    Yaml,
    /// For code scanning (SARIF 2.1.0).
    Sarif,
}

/// What makes a check fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity == Severity::Error,
            Self::Warning => severity <= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
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
