//! Which bundles, versions and objects the shell offers.

use drover::cli::{Candidate, Completes, Names, Offer, Place};
use drover::model::object::CONFIG_MAPS;

use crate::kinds::SECRETS;
use crate::root;
use crate::store::{BUNDLE_LABEL, BundleName, Definition, summary, versions_of};
use crate::typed;

/// A bundle.
pub const BUNDLE: Completes = Completes::With(|_| Offer::names([bundles()]));

/// A bundle, or what one may start from.
pub const BUNDLE_OR_ROOT: Completes =
    Completes::With(|place| Offer::names_or_objects(bundles(), &root::KINDS, place));

/// What a bundle may start from.
pub const ROOT: Completes = Completes::With(|place| Offer::objects(&root::KINDS, place));

/// Any object that a bundle may have.
pub const OBJECT: Completes = Completes::With(|place| {
    // The words before are a bundle, or objects themselves: never a type.
    Offer::objects(&typed::KINDS, &Place { before: &[], ..*place })
});

/// A version of the bundle before it.
pub const VERSION: Completes =
    Completes::With(|place| Offer::names(place.before.first().and_then(|bundle| versions(bundle))));

/// `NAME`, or `NAME@VERSION`.
pub const NAMED_VERSION: Completes = Completes::With(|place| match place.word.split_once('@') {
    Some((bundle, _)) => Offer::names(versions(bundle).map(|names| names.behind(format!("{bundle}@")))),
    None => Offer::names([bundles()]),
});

fn bundles() -> Names {
    Names::of(CONFIG_MAPS)
        .labelled(BUNDLE_LABEL)
        .told_by(|metadata| Definition::name_in(metadata).map(|name| Candidate::new(name.as_str())))
}

fn versions(bundle: &str) -> Option<Names> {
    let bundle = BundleName::parse(bundle).ok()?;
    Some(Names::of(SECRETS).labelled(versions_of(&bundle)).told_by(|index| {
        let summary = summary(index.clone())?;
        Some(Candidate::new(summary.version).described(summary.message.unwrap_or_default()))
    }))
}
