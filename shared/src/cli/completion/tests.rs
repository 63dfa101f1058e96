use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::*;
use crate::cli::{CommonVerb, ConnectionArgs, command};
use crate::model::object::{DEPLOYMENTS, PODS};

/// A plugin like ours, with nothing that needs a cluster.
#[derive(Debug, Parser)]
#[command(name = "kubectl herd", args_conflicts_with_subcommands = true)]
struct Herd {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Animals
    #[arg(add = Completes::Words(&["cow", "calf"]))]
    animals: Vec<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Drive them
    Drive(DriveArgs),
    #[command(flatten)]
    Common(CommonVerb),
}

#[derive(Debug, Args)]
struct DriveArgs {
    #[arg(add = Completes::With(|place| Offer::objects(&[PODS, DEPLOYMENTS], place)))]
    target: String,
    #[arg(last = true)]
    command: Vec<String>,
    #[arg(long, value_enum, value_delimiter = ',')]
    gait: Vec<Gait>,
    #[arg(long, value_name = "FILE")]
    map: Option<std::path::PathBuf>,
    #[arg(long, value_hint = ValueHint::DirPath)]
    to: Option<String>,
    /// Sure
    #[arg(short, long)]
    yes: bool,
    #[arg(long, num_args = 0..=1, require_equals = true)]
    pace: Option<Gait>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Gait {
    Walk,
    Trot,
}

async fn offered(typed: &[&str]) -> (Vec<String>, Directive) {
    let mut command = command::<Herd>();
    command.build();
    let words: Vec<_> = typed.iter().map(|word| (*word).to_owned()).collect();
    let (candidates, directive) = answer(&command, &words).await;
    (candidates.into_iter().map(|candidate| candidate.word).collect(), directive)
}

async fn words(typed: &[&str]) -> Vec<String> {
    offered(typed).await.0
}

#[tokio::test]
async fn verbs_and_names_are_offered_where_both_may_stand() {
    assert_eq!(words(&[""]).await, ["drive", "completion", "version", "cow", "calf"]);
    assert_eq!(words(&["c"]).await, ["completion", "cow", "calf"]);
    assert_eq!(words(&["completion", ""]).await[..2], ["install-shim", "bash"]);
}

#[tokio::test]
async fn behind_a_name_there_are_only_more_names_and_each_once() {
    assert_eq!(words(&["cow", ""]).await, ["calf"]);
    assert_eq!(words(&["-n", "cow", ""]).await.len(), 5, "a flag's value is no word of its own");
    assert_eq!(words(&["--", ""]).await, ["cow", "calf"]);
}

#[tokio::test]
async fn flags_are_offered_until_they_were_given() {
    assert_eq!(words(&["drive", "--y"]).await, ["--yes"]);
    assert_eq!(words(&["drive", "-y", "--y"]).await, [""; 0]);
    assert_eq!(words(&["drive", "--gait=walk", "--g"]).await, ["--gait"], "it may be repeated");
    assert_eq!(words(&["drive", "--names"]).await, ["--namespace"], "a flag of all verbs");
    assert_eq!(words(&["drive", "--", "--y"]).await, [""; 0]);
}

#[tokio::test]
async fn a_flags_value_comes_with_it_or_behind_it() {
    assert_eq!(words(&["drive", "--gait", ""]).await, ["walk", "trot"]);
    assert_eq!(words(&["drive", "--gait=t"]).await, ["trot"]);
    assert_eq!(words(&["drive", "--gait=walk,t"]).await, ["walk,trot"]);
    assert_eq!(words(&["drive", "--pace=w"]).await, ["walk"]);
    assert_eq!(
        words(&["drive", "--pace", ""]).await,
        ["po/", "deploy/"],
        "this flag's value never stands alone"
    );
    assert_eq!(words(&["drive", "--unknown=t"]).await, [""; 0]);
}

#[tokio::test]
async fn the_shell_is_told_what_else_to_offer() {
    assert_eq!(offered(&["drive", "--map", ""]).await.1, Directive::Files);
    assert_eq!(offered(&["drive", "--map="]).await.1, Directive::Files);
    assert_eq!(offered(&["drive", "--to", ""]).await.1, Directive::Folders);
    assert_eq!(offered(&["drive", "d"]).await, (vec!["deploy/".to_owned()], Directive::NoSpace));
    assert_eq!(offered(&["drive", "x"]).await, (Vec::new(), Directive::NoFiles));
    assert_eq!(offered(&["completion", "install-shim", ""]).await.1, Directive::Folders);
}

#[test]
fn objects_are_offered_in_kubectls_two_ways() {
    let asked = |word, before: &[&str]| {
        let offer = Offer::objects(&[PODS, DEPLOYMENTS], &Place { word, before });
        offer
            .names
            .iter()
            .map(|names| format!("{}{}", names.prefix, names.resource.plural))
            .collect::<Vec<_>>()
    };
    assert_eq!(asked("deployments/w", &[]), ["deployments/deployments"]);
    assert_eq!(asked("w", &["deploy"]), ["deployments"]);
    assert_eq!(asked("svc/w", &[]), [""; 0]);
    assert_eq!(asked("d", &["deploy/web"]), [""; 0]);
}
