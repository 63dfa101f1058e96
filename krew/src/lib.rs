//! How a release is packaged, and how the krew manifests of this repository are written and checked.
//!
//! krew reads the files `plugins/*.yaml` of an index, so this repository is its own index.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod agreement;
mod archive;
mod args;
mod cache;
mod cargo;
pub mod commands;
mod glibc;
mod manifest;
pub mod platform;
mod process;
mod release;
mod serve;
mod validator;
mod workspace;
mod zig;

pub use cargo::build_here;
pub use glibc::Glibc;
pub use manifest::Manifest;
pub use release::Release;
pub use serve::FileServer;
pub use validator::{krew_folder, validate};
pub use workspace::{Plugin, Workspace};
