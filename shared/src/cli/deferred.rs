//! Flags of verbs that nobody typed cost nothing.

use std::convert::identity;
use std::ffi::OsString;

use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The arguments of a verb, which are made only where it is typed. All flags of all verbs would be most of what it
/// costs to answer `--help`.
#[derive(Debug)]
pub struct Deferred<T>(pub T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(verb: Command) -> Command {
        verb.defer(|verb| before_global(verb, T::augment_args))
    }

    fn augment_args_for_update(verb: Command) -> Command {
        verb.defer(|verb| before_global(verb, T::augment_args_for_update))
    }
}

/// Adds a verb's own flags. It has those of the whole plugin already, since they are handed down before what is
/// deferred is done; in its help they come last all the same.
fn before_global(verb: Command, add: fn(Command) -> Command) -> Command {
    let global: Vec<_> = verb.get_arguments().map(|argument| argument.get_id().clone()).collect();
    // What describes a group of flags would describe the verb.
    let about = verb.get_about().cloned().unwrap_or_default();
    // An argument that is changed becomes the last one.
    global.into_iter().fold(add(verb).about(about), |verb, id| verb.mut_arg(id, identity))
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

/// A command line as far as these words can reach: without the flags of verbs that are not among them.
pub(super) fn reached_by(command: Command, words: &[OsString]) -> Command {
    let mut is_any_typed = false;
    let command = command.mut_subcommands(|verb| {
        let is_typed =
            words.iter().any(|word| verb.get_name_and_visible_aliases().into_iter().any(|name| word == name));
        is_any_typed |= is_typed;
        if is_typed { verb } else { verb.defer(identity) }
    });
    // Without a verb there is none to hand a flag down to.
    if is_any_typed { command } else { command.mut_args(|argument| argument.global(false)) }
}
