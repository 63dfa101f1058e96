//! Which workloads the shell offers.

use drover::cli::{Candidate, Completes, Names, Offer};
use drover::model::object::{CONFIG_MAPS, Metadata, PODS};

use crate::record::{COPY, CopyRecord, DEBUG_MODE_LABEL, RECORD};
use crate::target::{Kind, Target};

/// Whatever can be debugged.
pub const WORKLOADS: Completes =
    Completes::With(|place| Offer::objects(&Kind::ALL.map(Kind::resource), place));

/// What is in debug mode: its record is owned by it, and its copies say what they are made from.
pub const IN_DEBUG_MODE: Completes = Completes::With(|_| {
    let marked = |resource, value| Names::of(resource).labelled(format!("{DEBUG_MODE_LABEL}={value}"));
    Offer::names([marked(CONFIG_MAPS, RECORD).told_by(owner), marked(PODS, COPY).told_by(original)])
});

fn owner(record: &Metadata) -> Option<Candidate> {
    Target::of(&record.owner_references.first()?.into()).map(|target| Candidate::new(target.typed()))
}

fn original(copy: &Metadata) -> Option<Candidate> {
    let target = Target::of(&CopyRecord::in_metadata(copy)?.workload)?;
    Some(Candidate::new(target.typed()).described(format!("copy {}", copy.name)))
}
