//! What docs/ says is so.

mod completion;
mod cookbook;
mod cronjob;
mod k9s;
mod permissions;
mod repository;
mod schema;
mod schemas;
mod shells;
mod shims;
mod version;
