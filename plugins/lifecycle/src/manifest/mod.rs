//! Manifests: what files hold, and where in them it stands.

mod documents;
mod place;
mod read;

pub use place::Place;
pub use read::{Manifests, Origin, read};
