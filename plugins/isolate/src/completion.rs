//! Which pods the shell offers.

use drover::cli::{Completes, Names, Offer, Place};
use drover::model::ISOLATED_LABEL;
use drover::model::object::{DEPLOYMENTS, PODS, Resource};

/// Pods that are not isolated yet, or `deploy/NAME` for `--pick`.
pub const TO_ISOLATE: Completes = Completes::With(|place| {
    let pods = Names::of(PODS).labelled(format!("!{ISOLATED_LABEL}"));
    pods_or(pods, &[DEPLOYMENTS], place)
});

/// Isolated pods.
pub const ISOLATED: Completes =
    Completes::With(|place| pods_or(Names::of(PODS).labelled(ISOLATED_LABEL), &[], place));

/// `NAME`, `pod/NAME` and `pod NAME`.
fn pods_or(pods: Names, kinds: &[Resource], place: &Place) -> Offer {
    match place.word.split_once('/') {
        Some((kind, _)) if PODS.is_named(kind) => Offer::names([pods.behind(format!("{kind}/"))]),
        _ => Offer::names_or_objects(pods, kinds, place),
    }
}
