//! What docs/ says is so.

mod completion;
mod repository;
mod shells;
mod shims;
mod version;
