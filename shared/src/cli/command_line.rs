//! A plugin's command line, as kubectl's users expect one.

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::{Arg, ArgAction, Command, CommandFactory, Parser};

use super::completion;
use super::deferred::without_flags;
use super::usage::usage;
use super::{Failure, Streams};

/// Examples first, as in kubectl's own help.
const HELP: &str = "{about}{after-help}\n\n{usage-heading} {usage}\n\n{all-args}";

/// No help is wider.
const WIDEST: usize = 100;

/// What the plugin's name is in the help of verbs that all plugins have.
const ANY_PLUGIN: &str = "kubectl PLUGIN";

/// The whole command line of a plugin: its arguments, with all that is alike in every plugin. The command's name
/// is as a person types it, such as `kubectl isolate`.
#[must_use]
pub fn command<A: CommandFactory>() -> Command {
    command_with::<A>(|_| true)
}

/// A command line as far as these words can reach.
fn command_for<A: CommandFactory>(words: &[OsString]) -> Command {
    command_with::<A>(|verb| {
        let mut names = verb.get_name_and_visible_aliases().into_iter();
        names.any(|name| words.iter().any(|word| word == name))
    })
}

/// A command line with the flags and the help of these verbs only; all the others are there by name.
fn command_with<A: CommandFactory>(is_meant: impl Fn(&Command) -> bool) -> Command {
    let command = A::command();
    let name = command.get_name().to_owned();
    // One help for -h and --help: the short form, since the reference is the README.
    let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print this help");
    let mut is_any_meant = false;
    let command = command
        .bin_name(&name)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .next_help_heading(None)
        .arg(help.global(true))
        .help_template(HELP)
        .max_term_width(WIDEST)
        .mut_subcommands(|verb| match is_meant(&verb) {
            true => {
                is_any_meant = true;
                with_help(verb, &name)
            }
            false => without_flags(verb),
        });
    // Without a verb there is none to hand a flag down to.
    if is_any_meant { command } else { command.mut_args(|argument| argument.global(false)) }
}

fn with_help(verb: Command, plugin: &str) -> Command {
    let examples = verb.get_after_help().map(|text| text.to_string());
    let of_any = examples.filter(|text| text.contains(ANY_PLUGIN));
    let verb = verb.help_template(HELP).max_term_width(WIDEST);
    let verb = match of_any {
        Some(examples) => verb.after_help(examples.replace(ANY_PLUGIN, plugin)),
        None => verb,
    };
    verb.mut_subcommands(|verb| with_help(verb, plugin))
}

/// The file name of the plugin that is typed so: `kubectl debug-mode` is `kubectl-debug_mode`.
#[must_use]
pub fn program(typed: &str) -> String {
    typed.replace('-', "_").replace(' ', "-")
}

/// The verb that was typed: the first word that is one.
#[must_use]
pub fn typed_verb<A: CommandFactory>() -> Option<String> {
    let command = A::command();
    let named = |word: OsString| {
        let mut names = command.get_subcommands().map(Command::get_name);
        names.find(|name| word == *name).map(str::to_owned)
    };
    std::env::args_os().skip(1).find_map(named)
}

/// Reads what a person typed. None where all is done: help was printed, or a word completed.
///
/// # Errors
/// When it can't be understood, in clap's words; or stdout can't be written.
pub async fn parse<A: Parser>(streams: &mut Streams) -> Result<Option<A>, Failure> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some((entry, words)) = words.split_first()
        && entry == completion::ENTRY
    {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        completion::complete(command::<A>(), &words, streams).await?;
        return Ok(None);
    }
    // Never taken apart: the process ends, or goes on without it.
    let mut command = ManuallyDrop::new(command_for::<A>(&words));
    let matches = command.try_get_matches_from_mut(std::env::args_os());
    let arguments = matches.and_then(|mut matches| A::from_arg_matches_mut(&mut matches));
    match arguments {
        Ok(arguments) => Ok(Some(arguments)),
        Err(error) => usage(streams, &error).map(|()| None),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches, Subcommand};

    use super::*;
    use crate::cli::{ConnectionArgs, Deferred};

    #[derive(Debug, Parser)]
    #[command(name = "kubectl herd")]
    struct Herd {
        #[command(subcommand)]
        verb: Verb,
        #[command(flatten)]
        connection: ConnectionArgs,
    }

    #[derive(Debug, Subcommand)]
    enum Verb {
        /// Count them
        #[command(visible_alias = "ls")]
        List(Deferred<ListArgs>),
        /// Drive them
        Drive(Deferred<DriveArgs>),
    }

    #[derive(Debug, Args)]
    struct ListArgs {
        #[arg(long)]
        calves: bool,
    }

    #[derive(Debug, Args)]
    struct DriveArgs {
        #[arg(long)]
        fast: bool,
    }

    fn flags(words: &[&str]) -> Vec<Vec<String>> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let mut command = command_for::<Herd>(&words);
        command.build();
        let of = |verb: &Command| {
            verb.get_arguments().filter_map(|flag| Some(flag.get_long()?.to_owned())).collect()
        };
        command.get_subcommands().map(of).collect()
    }

    #[test]
    fn only_the_verb_that_was_typed_has_flags_and_its_own_come_first() {
        let [list, drive] = &flags(&["-n", "shop", "ls"])[..] else { panic!("there are two verbs") };
        assert_eq!(list[..2], ["calves", "namespace"]);
        assert!(!drive.contains(&"fast".to_owned()));
        assert!(flags(&["--help"]).concat().is_empty(), "none was typed");
    }

    #[test]
    fn a_flag_of_all_verbs_may_stand_before_and_behind_them() {
        for words in [["-n", "shop", "drive", "--fast"], ["drive", "--fast", "-n", "shop"]] {
            let command = command_for::<Herd>(&words.map(OsString::from));
            let matches = command.try_get_matches_from([&["kubectl-herd"], &words[..]].concat()).unwrap();
            let herd = Herd::from_arg_matches(&matches).unwrap();
            assert_eq!(herd.connection.namespace.as_deref(), Some("shop"));
            assert!(matches!(herd.verb, Verb::Drive(Deferred(DriveArgs { fast: true }))));
        }
    }

    #[test]
    fn a_plugin_lies_in_the_file_that_kubectl_looks_for() {
        assert_eq!(program("kubectl debug-mode"), "kubectl-debug_mode");
    }
}
