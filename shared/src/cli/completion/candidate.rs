//! What can be offered for an argument.

use clap::builder::ArgExt;
use clap::{Arg, Command, ValueHint};

use super::place::Place;
use crate::cluster::KubeconfigPart;
use crate::model::object::{Metadata, Resource};

/// What an argument is completed with, where its definition does not say it already: a value of an enum
/// and a path need none.
#[derive(Debug, Clone, Copy)]
pub enum Completes {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A name that the kubeconfig has.
    Kubeconfig(KubeconfigPart),
    /// What depends on the words before it, or is in the cluster.
    With(fn(&Place) -> Offer),
}

impl ArgExt for Completes {}

/// One word, and what a person is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub word: String,
    /// Empty for none.
    pub description: String,
}

impl Candidate {
    /// A word that speaks for itself.
    pub fn new(word: impl Into<String>) -> Self {
        Self { word: word.into(), description: String::new() }
    }

    /// The same, with a description.
    #[must_use]
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Whether it can come of what is typed, is not there yet, and is safe to print.
    pub(super) fn continues(&self, place: &Place) -> bool {
        self.word.starts_with(place.word)
            && !place.before.contains(&self.word.as_str())
            && !self.word.contains(|character: char| character.is_control() || character.is_whitespace())
    }
}

/// What an argument is completed with.
#[derive(Debug, Default)]
pub struct Offer {
    /// What is known at once.
    pub candidates: Vec<Candidate>,
    /// What the cluster is asked for.
    pub names: Vec<Names>,
    /// What the kubeconfig is asked for.
    pub kubeconfig: Option<KubeconfigPart>,
}

impl Offer {
    /// Names in the cluster.
    #[must_use]
    pub fn names(names: impl IntoIterator<Item = Names>) -> Self {
        Self { names: names.into_iter().collect(), ..Self::default() }
    }

    fn words(words: impl Iterator<Item = Candidate>) -> Self {
        Self { candidates: words.collect(), ..Self::default() }
    }

    /// Objects as kubectl names them, `TYPE/NAME` or `TYPE NAME…`: first the types, then the names of the one
    /// that is there.
    #[must_use]
    pub fn objects(kinds: &[Resource], place: &Place) -> Self {
        let kind_named = |text: &str| kinds.iter().copied().find(|kind| kind.is_named(text));
        if let Some((kind, _)) = place.word.split_once('/') {
            let names = kind_named(kind).map(|resource| Names::of(resource).behind(format!("{kind}/")));
            return Self::names(names);
        }
        if let Some(resource) = place.before.first().and_then(|kind| kind_named(kind)) {
            return Self::names([Names::of(resource)]);
        }
        Self::words(kinds.iter().map(|kind| Candidate::new(format!("{}/", kind.typed_name()))))
    }

    /// The same, or one of these names without a type.
    #[must_use]
    pub fn names_or_objects(names: Names, kinds: &[Resource], place: &Place) -> Self {
        let mut offer = Self::objects(kinds, place);
        if offer.names.is_empty() {
            offer.names.push(names);
        }
        offer
    }
}

/// Names of objects of one kind, read from the objects' metadata alone.
#[derive(Debug, Clone)]
pub struct Names {
    pub(super) resource: Resource,
    pub(super) selector: String,
    pub(super) is_namespaced: bool,
    pub(super) prefix: String,
    pub(super) candidate: fn(&Metadata) -> Option<Candidate>,
}

impl Names {
    /// All objects of a kind in the namespace.
    #[must_use]
    pub fn of(resource: Resource) -> Self {
        let candidate = |metadata: &Metadata| Some(Candidate::new(metadata.name.clone()));
        Self { resource, selector: String::new(), is_namespaced: true, prefix: String::new(), candidate }
    }

    /// Of a kind that lives in no namespace.
    #[must_use]
    pub fn cluster_scoped(resource: Resource) -> Self {
        Self { is_namespaced: false, ..Self::of(resource) }
    }

    /// Those whose labels match.
    #[must_use]
    pub fn labelled(mut self, selector: impl Into<String>) -> Self {
        self.selector = selector.into();
        self
    }

    /// With this before each.
    #[must_use]
    pub fn behind(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// What an object's metadata make of it, where that is not its name.
    #[must_use]
    pub fn told_by(mut self, candidate: fn(&Metadata) -> Option<Candidate>) -> Self {
        self.candidate = candidate;
        self
    }
}

/// What the shell does beside offering the candidates, in cobra's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    /// It offers files where there is no candidate.
    Files = 0,
    /// It offers nothing else.
    NoFiles = 4,
    /// The same, and the word goes on without a space.
    NoSpace = 6,
    /// It offers folders.
    Folders = 16,
}

impl Directive {
    pub(super) fn of(argument: &Arg) -> Self {
        match argument.get_value_hint() {
            ValueHint::AnyPath | ValueHint::FilePath => Self::Files,
            ValueHint::DirPath => Self::Folders,
            _ => Self::NoFiles,
        }
    }
}

/// What an argument's definition says of its values.
pub(super) fn values(argument: &Arg, place: &Place) -> Offer {
    match argument.get::<Completes>() {
        Some(Completes::With(offer)) => offer(place),
        Some(Completes::Kubeconfig(part)) => Offer { kubeconfig: Some(*part), ..Offer::default() },
        Some(Completes::Words(words)) => Offer::words(words.iter().copied().map(Candidate::new)),
        None => possible_values(argument, place.word),
    }
}

/// Those of an enum; of a list of them, the last is being typed.
fn possible_values(argument: &Arg, word: &str) -> Offer {
    let last_end = argument.get_value_delimiter().and_then(|delimiter| word.rfind(delimiter));
    let there = last_end.map_or("", |end| &word[..=end]);
    let values = argument.get_possible_values();
    Offer::words(values.iter().filter(|value| !value.is_hide_set()).map(|value| {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        Candidate::new(format!("{there}{}", value.get_name())).described(help)
    }))
}

/// The verbs of a command.
pub(super) fn subcommands(command: &Command) -> impl Iterator<Item = Candidate> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        Candidate::new(verb.get_name()).described(about)
    })
}
