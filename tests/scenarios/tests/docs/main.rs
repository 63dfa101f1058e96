//! What docs/ says is so.

mod completion;
mod cookbook;
mod cronjob;
mod help;
mod k9s;
mod links;
mod permissions;
mod repository;
mod schema;
mod schemas;
mod shells;
mod shims;
mod version;
