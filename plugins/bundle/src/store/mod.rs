//! How bundles and their versions lie in the cluster.
//!
//! A bundle is a ConfigMap with its roots. A version is an index Secret, and the objects it lists lie in
//! chunk Secrets, named by what is in them, so that versions share what did not change. Chunks are written
//! first and the index last: a version is there as a whole or not at all. Each index carries a summary in
//! an annotation, so that the history and what may be pruned are known from metadata alone.

mod definition;
mod load;
mod name;
mod pack;
mod read;
mod reference;
mod version;
mod write;

pub use definition::{DEFINITION, Definition, ROLLED_BACK};
pub use load::{LoadError, Loaded, complete, index, load, load_known};
pub use name::{BundleName, NamedVersion};
pub use pack::{Kept, hash, pack};
pub use read::{Part, Stored, bundles, definitions, stored, summaries, summary, versions_of};
pub use reference::objects;
pub use version::{Image, Index, Mark, Origin, Summary, Unread};
pub use write::{NewVersion, Snapshot};

/// On everything of a bundle: the bundle's name.
pub const BUNDLE_LABEL: &str = "drover.dev/bundle";

/// On Secrets: `version` or `chunk`.
const PART_LABEL: &str = "drover.dev/bundle-part";
