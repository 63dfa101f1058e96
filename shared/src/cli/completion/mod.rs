//! What the shell offers while a command is typed: subcommands, flags and their values from the command
//! line's own definition, and live names from the cluster.
//!
//! kubectl (1.26 and later) calls `kubectl_complete-NAME WORD…`, which calls the plugin with `__complete`
//! in front. The answer is cobra's: one candidate a line, its description behind a tab, and a last line
//! such as `:4`, which says what else the shell is to do.
//!
//! Not clap_complete's engine: what completes a value there knows the word alone, neither `-n` nor the
//! words before it, and its answer is for shells, not for kubectl.

mod candidate;
mod live;
mod place;
mod script;
mod verb;

use std::collections::BTreeSet;
use std::io;

use clap::Command;

use super::Streams;
use crate::print::escape;
use candidate::Directive;
use place::Walk;

pub use candidate::{Candidate, Completes, Names, Offer};
pub use place::Place;
pub use verb::CompletionArgs;

/// The word that stands before what was typed, as cobra has it: no name of an object has such characters.
pub(super) const ENTRY: &str = "__complete";

/// Prints what the last word can become. Whatever goes wrong, nothing is said: a person is typing.
///
/// # Errors
/// When stdout can't be written.
pub(super) async fn complete(
    mut command: Command,
    words: &[String],
    streams: &mut Streams,
) -> io::Result<()> {
    command.build();
    let (candidates, directive) = answer(&command, words).await;
    write(&candidates, directive, streams)
}

async fn answer(command: &Command, words: &[String]) -> (Vec<Candidate>, Directive) {
    let (last, before) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
    let walk = Walk::along(command, before);
    let asked = walk.asked(last);
    let before = if asked.is_after_flag { &[] } else { walk.before.as_slice() };
    let place = Place { word: asked.word, before };
    let mut candidates = Vec::new();
    let mut directive = Directive::NoFiles;
    if asked.is_flag {
        candidates.extend(walk.flags());
    }
    if asked.may_be_subcommand {
        candidates.extend(candidate::subcommands(walk.command));
    }
    if let Some(argument) = asked.argument {
        directive = Directive::of(argument);
        let offer = candidate::values(argument, &place);
        candidates.extend(live::names(&offer, &walk, &place).await);
        candidates.extend(offer.candidates);
    }
    let mut seen = BTreeSet::new();
    candidates.retain(|candidate| candidate.continues(&place) && seen.insert(candidate.word.clone()));
    // A type still lacks its name.
    if candidates.iter().any(|candidate| candidate.word.ends_with('/')) {
        directive = Directive::NoSpace;
    }
    (candidates, directive)
}

fn write(candidates: &[Candidate], directive: Directive, streams: &mut Streams) -> io::Result<()> {
    for Candidate { word, description } in candidates {
        match description.lines().next() {
            Some(description) => writeln!(streams.out, "{word}\t{}", escape(description))?,
            None => writeln!(streams.out, "{word}")?,
        }
    }
    writeln!(streams.out, ":{}", directive as u8)
}

#[cfg(test)]
mod tests;
