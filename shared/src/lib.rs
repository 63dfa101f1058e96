//! What every Drover plugin is built on.
//!
//! [`cli`] turns what a person typed into options and shows what happens, [`cluster`] is the only door
//! to the API server, [`model`] is what Kubernetes means (pure), [`change`] turns a plan into writes
//! that can be trusted, and [`print`] makes it readable.
//!
//! Who may use whom: `change` → `cli` → `cluster` → `model`, each also what stands further right, and
//! all of them `print`, which uses none.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod change;
pub mod cli;
pub mod cluster;
pub mod model;
pub mod print;
