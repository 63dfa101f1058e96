//! Why a tour ends early.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("interrupted")]
    Interrupted,
    #[error("{0}")]
    Failed(String),
    #[error("{0}")]
    Output(#[from] io::Error),
}
