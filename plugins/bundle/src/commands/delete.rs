//! `kubectl bundle delete`: a bundle goes, its members stay.

use drover::cli::{DryRunArg, Failure, Streams, confirm};
use drover::model::object::CONFIG_MAPS;
use drover::print::counted;
use futures::join;

use super::rollback::ledger;
use super::session::{Session, does_not_exist};
use crate::args::DeleteArgs;
use crate::kinds::SECRETS;
use crate::plan::delete;
use crate::store::stored;

pub async fn run(
    session: &Session<'_>,
    arguments: &DeleteArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let keep = arguments.keep_versions;
    let mut rights = vec![("get", CONFIG_MAPS), ("list", SECRETS), ("delete", CONFIG_MAPS)];
    if !keep {
        rights.push(("delete", SECRETS));
        rights.push(("get", SECRETS));
    }
    let (rights, stored) = join!(session.need(&rights), stored(cluster, name));
    rights?;
    let stored = stored?;
    let nothing_to_delete = keep || stored.versions.is_empty() && stored.chunks.is_empty();
    if stored.definition.is_none() && nothing_to_delete {
        if arguments.ignore_not_found {
            return Ok(());
        }
        return Err(does_not_exist(cluster, name).await);
    }
    // Its members are half of two versions, and only the bundle knows the way on and back.
    ledger::expect_none(name, &stored)?;
    let versions = if keep { 0 } else { stored.versions.len() };
    let decide = |stored: &_| delete::plan(stored, name, &cluster.namespace, keep);
    let foreseen = decide(&stored);
    if session.is_dry_run(&foreseen.plan).await? {
        return session.answer(name, "deleted", streams);
    }
    if !arguments.yes && versions > 0 && session.change.dry_run == DryRunArg::None {
        let place = format!("{}/{}", cluster.context, cluster.namespace);
        let question = format!("Delete bundle/{name} in {place} with {}?", counted(versions, "version"));
        confirm(streams, &question)?;
    }
    let flag = if keep { " --keep-versions" } else { "" };
    // All may be gone although it could not be read back.
    let again = format!("kubectl bundle delete {name}{flag} --yes --ignore-not-found");
    session.write(name, stored, |stored| Ok(decide(stored).plan), &again, streams).await?;
    session.answer(name, "deleted", streams)
}
