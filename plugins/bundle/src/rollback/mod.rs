//! Bringing back a version: from what it keeps, what is there and what a person allows, to what is done
//! with each object. Pure.

mod certificate;
mod consequences;
mod consumers;
mod decide;
mod hold;
mod images;
mod immutable;
mod journal;
mod objections;
mod options;
mod order;
mod plan;
mod proof;
#[cfg(test)]
mod random;
mod restore;
mod work;
mod works;

pub use decide::{plan, plan_rest};
pub use journal::{JOURNAL, Journal};
pub use options::Options;
pub use order::groups;
pub use plan::{Action, Because, Consequence, Held, Item, Now, Question, Reason, Subject, Then, Unpinned};
pub use proof::{goes_with_its_set, unproven};
pub use work::{Live, Manner, Work, plan as next};
pub use works::{backwards, changed_since, works};
