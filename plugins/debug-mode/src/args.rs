//! What a person typed, checked before any request.

use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};
use drover::cli::{
    ChangeArgs, CommonVerb, Completes, ConnectionArgs, Deferred, Failure, OutputFormat, parse_duration,
};

use crate::options::{Conflict, Mode, OffOptions, OnOptions, Overrides, Part};
use crate::target::{Kind, Target};
use crate::{completion, help};

#[derive(Debug, Parser)]
#[command(name = "kubectl debug-mode", about = help::ABOUT, after_help = help::EXAMPLES, subcommand_required = true)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Redeploy a workload without probes and hooks, out of all traffic
    On(Deferred<OnArgs>),
    /// Bring back exactly what was there
    Off(Deferred<OffArgs>),
    /// Show what debug mode changed on a workload, and what changed since
    Status(Deferred<StatusArgs>),
    /// List what is in debug mode
    #[command(visible_alias = "ls")]
    List(Deferred<ListArgs>),
    #[command(flatten)]
    Common(CommonVerb),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::ON)]
pub struct OnArgs {
    /// Workload: TYPE/NAME or TYPE NAME; a deploy, sts, ds or rs, or with --copy also a job, cj or pod
    #[arg(value_name = "WORKLOAD", required = true, add = completion::WORKLOADS)]
    workload: Vec<String>,
    /// Run this instead of the container's own command
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Keep the container alive doing nothing, for an app that exits by itself
    #[arg(long, conflicts_with = "command")]
    hold: bool,
    /// Image with a static /bin/busybox that --hold falls back to where the image has no sleep
    #[arg(long, value_name = "IMAGE", default_value = "busybox:1.37.0-musl")]
    hold_image: String,
    /// Change this container only; with several containers, the one for --hold or COMMAND
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Keep some of: liveness, readiness, startup, poststart, prestop
    #[arg(long, value_name = "PARTS", value_enum, value_delimiter = ',', hide_possible_values = true)]
    keep: Vec<Part>,
    /// Set an environment variable; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = key_value)]
    env: Vec<(String, String)>,
    /// Use another image for a container; may be repeated
    #[arg(long = "set-image", value_name = "CONTAINER=IMAGE", value_parser = key_value)]
    images: Vec<(String, String)>,
    /// Grace period of the debug pods [default: 1s where held, else as before]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    grace_period: Option<Duration>,
    /// Leave the readiness gate out: the debug pods get traffic from their Services
    #[arg(long)]
    allow_traffic: bool,
    /// Keep HorizontalPodAutoscalers from changing the number of pods meanwhile
    #[arg(long)]
    suspend_hpa: bool,
    /// Leave the workload alone and make one pod beside it
    #[arg(long, conflicts_with = "in_place")]
    copy: bool,
    /// Change the workload's own template; needed for sts, ds and rs, which must delete a pod for it
    #[arg(long)]
    in_place: bool,
    /// Which claims a StatefulSet's copy mounts
    #[arg(long, value_name = "N", requires = "copy")]
    ordinal: Option<u32>,
    /// Why, for those who find it later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// How long to wait until the containers run
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::OFF)]
pub struct OffArgs {
    /// Workloads: TYPE/NAME… or TYPE NAME…
    #[arg(value_name = "WORKLOAD", required_unless_present = "all", add = completion::IN_DEBUG_MODE)]
    workloads: Vec<String>,
    /// Everything that is in debug mode in the namespace
    #[arg(long, conflicts_with = "workloads")]
    all: bool,
    /// All is as before: changes that others made to the template meanwhile go, and debug pods with
    /// traffic that nothing takes over from
    #[arg(long, conflicts_with = "keep_theirs")]
    force_restore: bool,
    /// Changes that others made to the template meanwhile stay; what debug mode did is taken back
    #[arg(long)]
    keep_theirs: bool,
    /// How long to wait until the debug pods are gone
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = help::STATUS)]
pub struct StatusArgs {
    /// Workload: TYPE/NAME or TYPE NAME
    #[arg(value_name = "WORKLOAD", required = true, add = completion::IN_DEBUG_MODE)]
    workload: Vec<String>,
    /// Form of the answer: json, yaml or name
    #[arg(short, long, value_name = "FORM", value_parser = OutputFormat::parse_without_wide, add = Completes::Words(&["json", "yaml", "name"]))]
    pub output: Option<OutputFormat>,
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

impl OnArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<OnOptions, Failure> {
        let target = Target::parse_one(&self.workload)?;
        let mode = match (self.copy, self.in_place) {
            (true, _) => Some(Mode::Copy),
            (false, true) => Some(Mode::InPlace),
            (false, false) => None,
        };
        if self.ordinal.is_some() && target.kind != Kind::StatefulSet {
            return Err(Failure::new("--ordinal goes with a StatefulSet"));
        }
        let grace_period = self.grace_period.map(|period| period.as_secs());
        Ok(OnOptions {
            target,
            mode,
            overrides: Overrides {
                keep: self.keep.into_iter().collect(),
                container: self.container,
                hold: self.hold,
                command: self.command,
                env: self.env.into_iter().collect(),
                images: self.images.into_iter().collect(),
                grace_period: grace_period.or_else(|| self.hold.then_some(1)),
                allow_traffic: self.allow_traffic,
                suspend_hpa: self.suspend_hpa,
            },
            ordinal: self.ordinal,
            hold_image: self.hold_image,
            reason: self.reason,
            yes: self.yes,
            timeout: self.timeout,
            change: self.change,
        })
    }
}

impl OffArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<OffOptions, Failure> {
        let targets = if self.all { Vec::new() } else { Target::parse_all(&self.workloads)? };
        let conflict = match (self.force_restore, self.keep_theirs) {
            (true, _) => Conflict::ForceRestore,
            (false, true) => Conflict::KeepTheirs,
            (false, false) => Conflict::Refuse,
        };
        Ok(OffOptions { targets, conflict, timeout: self.timeout, change: self.change })
    }
}

impl StatusArgs {
    /// The workload that is meant.
    pub fn target(&self) -> Result<Target, Failure> {
        Target::parse_one(&self.workload)
    }
}

/// Reads `KEY=VALUE`.
fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(arguments: &[&str]) -> Result<OnOptions, String> {
        let typed = [&["kubectl-debug_mode", "on"], arguments].concat();
        match Args::try_parse_from(typed).map_err(|error| error.to_string())?.verb {
            Verb::On(Deferred(arguments)) => arguments.validate().map_err(|failure| failure.message),
            other => panic!("{other:?}"),
        }
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
    fn a_command_stands_behind_two_dashes() {
        let options =
            on(&["deploy", "web", "-c", "app", "--keep=prestop,startup", "--", "sh", "-c", "x"]).unwrap();
        assert_eq!(options.overrides.command, ["sh", "-c", "x"]);
        assert_eq!(options.overrides.keep.len(), 2);
        assert!(on(&["deploy/web", "--hold", "--", "sh"]).is_err(), "one or the other");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(on(&["deploy/web", "--copy", "--in-place"]).is_err());
        assert!(on(&["deploy/web", "--copy", "--ordinal=0"]).is_err());
        assert!(on(&["deploy/web", "--env=X"]).is_err());
        assert!(on(&["deploy/web", "deploy/api"]).is_err());
        assert!(on(&["sts/db", "--ordinal=0"]).is_err(), "only a copy has a choice");
    }
}
