//! Flags of verbs that nobody typed cost nothing.

use std::convert::identity;

use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The arguments of a verb, which are made only where it is typed. All flags of all verbs would be most of what it
/// costs to answer `--version`.
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

/// Leaves the flags of a verb out that would be made when they are needed.
pub(super) fn without_flags(verb: Command) -> Command {
    verb.defer(identity)
}
