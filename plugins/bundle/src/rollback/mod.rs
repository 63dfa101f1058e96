//! Bringing back a version: from what it keeps, what is there and what a person allows, to what is done
//! with each object. Pure.

#![allow(dead_code, unused_imports)]

mod certificate;
mod consequences;
mod consumers;
mod decide;
mod hold;
mod images;
mod immutable;
mod objections;
mod options;
mod order;
mod plan;
mod proof;
#[cfg(test)]
mod random;
mod restore;
mod rollout;
mod work;

pub use decide::plan;
pub use options::Options;
pub use order::groups;
pub use plan::{Action, Because, Consequence, Held, Item, Now, Question, Reason, Subject, Then, Unpinned};
pub use proof::unproven;
pub use restore::{created, restored};
pub use work::{Goal, Live, Manner, Work, in_order, plan as next};
