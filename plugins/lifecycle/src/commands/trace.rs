//! `kubectl lifecycle trace`: what is still known of a start or shutdown.

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;

use crate::args::TraceArgs;
use crate::target::Target;

pub async fn run(
    _cluster: &Cluster,
    target: &Target,
    _arguments: &TraceArgs,
    _streams: &mut Streams,
) -> Result<(), Failure> {
    Err(Failure::new(format!("{}: not yet", target.name)))
}
