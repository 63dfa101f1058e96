//! Where in a command line a word stands.

use clap::{Arg, ArgAction, Command};

use super::candidate::Candidate;

/// A word that is being typed.
#[derive(Debug, Clone, Copy)]
pub struct Place<'w> {
    /// What is there of it; of `--flag=value`, the value.
    pub word: &'w str,
    /// The words before it that belong to no flag, since the verb.
    pub before: &'w [&'w str],
}

/// How the words before were understood.
pub(super) struct Walk<'c, 'w> {
    /// The command or subcommand that they lead to.
    pub command: &'c Command,
    /// The words since then that belong to no flag.
    pub before: Vec<&'w str>,
    /// The flags that were given, wherever.
    pub given: Vec<(&'c Arg, Option<&'w str>)>,
    /// The flag whose value comes next.
    open: Option<&'c Arg>,
    /// After `--`.
    only_words: bool,
}

/// What may stand in a place.
#[derive(Clone, Copy)]
pub(super) struct Asked<'c, 'w> {
    /// What is there of it.
    pub word: &'w str,
    /// It begins with a dash.
    pub is_flag: bool,
    /// It is a flag's value.
    pub is_after_flag: bool,
    pub may_be_subcommand: bool,
    /// Whose value it is.
    pub argument: Option<&'c Arg>,
}

impl<'c, 'w> Walk<'c, 'w> {
    /// Follows the words from a command that was built.
    pub fn along(command: &'c Command, words: &'w [String]) -> Self {
        let mut walk = Self { command, before: Vec::new(), given: Vec::new(), open: None, only_words: false };
        words.iter().for_each(|word| walk.step(word));
        walk
    }

    fn step(&mut self, word: &'w str) {
        if let Some(flag) = self.open.take() {
            self.given.push((flag, Some(word)));
        } else if self.only_words {
            self.before.push(word);
        } else if word == "--" {
            self.only_words = true;
        } else if let Some(long) = word.strip_prefix("--") {
            self.long(long);
        } else if let Some(shorts) = word.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
            self.shorts(shorts);
        } else if let Some(verb) = self.subcommand(word) {
            self.command = verb;
        } else {
            self.before.push(word);
        }
    }

    /// A verb stands before all other words.
    fn subcommand(&self, word: &str) -> Option<&'c Command> {
        self.command.find_subcommand(word).filter(|_| self.before.is_empty())
    }

    fn long(&mut self, text: &'w str) {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if let Some(flag) = self.flag_named(name) {
            self.note(flag, value);
        }
    }

    fn shorts(&mut self, text: &'w str) {
        for (start, letter) in text.char_indices() {
            let named = |flag: &&'c Arg| flag.get_short() == Some(letter);
            let Some(flag) = self.command.get_arguments().find(named) else { return };
            if takes_value(flag) {
                let value = &text[start + letter.len_utf8()..];
                let value = value.strip_prefix('=').unwrap_or(value);
                return self.note(flag, (!value.is_empty()).then_some(value));
            }
            self.note(flag, None);
        }
    }

    fn note(&mut self, flag: &'c Arg, value: Option<&'w str>) {
        if value.is_none() && takes_value(flag) && !flag.is_require_equals_set() {
            self.open = Some(flag);
        } else {
            self.given.push((flag, value));
        }
    }

    fn flag_named(&self, long: &str) -> Option<&'c Arg> {
        self.command.get_arguments().find(|flag| flag.get_long() == Some(long))
    }

    /// What the word after these may be.
    pub fn asked(&self, word: &'w str) -> Asked<'c, 'w> {
        let nothing =
            Asked { word, is_flag: false, is_after_flag: false, may_be_subcommand: false, argument: None };
        let value = |word, argument| Asked { word, is_after_flag: true, argument, ..nothing };
        if let Some(flag) = self.open {
            return value(word, Some(flag));
        }
        if !self.only_words && word.starts_with('-') {
            return match word.strip_prefix("--").and_then(|flag| flag.split_once('=')) {
                Some((name, word)) => value(word, self.flag_named(name)),
                None => Asked { is_flag: true, ..nothing },
            };
        }
        let may_be_subcommand = !self.only_words && self.before.is_empty();
        Asked { may_be_subcommand, argument: self.positional(), ..nothing }
    }

    /// The argument that the next word without a flag belongs to.
    fn positional(&self) -> Option<&'c Arg> {
        // Where no argument asks for it, `--` just ends the flags.
        let behind_dashes = self.only_words && self.command.get_positionals().any(Arg::is_last_set);
        let fits = |argument: &&Arg| argument.is_last_set() == behind_dashes;
        let positionals: Vec<_> = self.command.get_positionals().filter(fits).collect();
        let many = positionals.last().copied().filter(|last| takes_many(last));
        positionals.get(self.before.len()).copied().or(many)
    }

    /// The flags that can still be given.
    pub fn flags(&self) -> impl Iterator<Item = Candidate> {
        let is_open = |flag: &&Arg| {
            is_repeatable(flag) || !self.given.iter().any(|(given, _)| given.get_id() == flag.get_id())
        };
        let flags = self.command.get_arguments().filter(|flag| !flag.is_hide_set()).filter(is_open);
        flags.filter_map(|flag| {
            let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
            Some(Candidate::new(format!("--{}", flag.get_long()?)).described(help))
        })
    }
}

fn takes_value(flag: &Arg) -> bool {
    flag.get_action().takes_values()
}

fn is_repeatable(flag: &Arg) -> bool {
    matches!(flag.get_action(), ArgAction::Append | ArgAction::Count)
}

fn takes_many(argument: &Arg) -> bool {
    is_repeatable(argument) || argument.get_num_args().is_some_and(|number| number.max_values() > 1)
}
