//! `kubectl lifecycle show`: what will run when.

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;

use crate::args::Form;
use crate::target::Target;

pub async fn run(
    _cluster: &Cluster,
    target: &Target,
    _form: Option<Form>,
    _streams: &mut Streams,
) -> Result<(), Failure> {
    Err(Failure::new(format!("{}: not yet", target.name)))
}
