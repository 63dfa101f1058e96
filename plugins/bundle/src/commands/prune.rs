//! `kubectl bundle prune`: deletes all but the newest versions, and what no version needs.

use std::collections::BTreeSet;

use drover::cli::{Failure, Streams};
use drover::model::object::CONFIG_MAPS;
use drover::print::counted;
use futures::join;

use super::session::{Session, does_not_exist};
use crate::args::PruneArgs;
use crate::kinds::SECRETS;
use crate::plan::prune::{self, kept};
use crate::rollback::Journal;
use crate::store::{Part, Stored, Summary, stored};

pub async fn run(session: &Session<'_>, arguments: &PruneArgs, streams: &mut Streams) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let rights = [("get", CONFIG_MAPS), ("list", SECRETS), ("get", SECRETS), ("delete", SECRETS)];
    let (rights, stored) = join!(session.need(&rights), stored(cluster, name));
    rights?;
    let stored = stored?;
    if stored.definition.is_none() && stored.versions.is_empty() && stored.chunks.is_empty() {
        return Err(does_not_exist(cluster, name).await);
    }
    let keep = usize::try_from(arguments.keep).unwrap_or(usize::MAX);
    let mut stays = kept(&stored, keep);
    // A rollback that is not finished needs both: to go on, and to go back.
    let journal = stored.definition.as_ref().and_then(Journal::read);
    stays.extend(journal.iter().flat_map(|journal| [journal.to.as_str(), journal.undo.as_str()]));
    let is_old = |part: &&Part<Summary>| match &part.says {
        Some(summary) if summary.number().is_some() => !stays.contains(summary.version.as_str()),
        Some(summary) => arguments.partial && !stays.contains(summary.version.as_str()),
        // What it is can't be known, so it stays.
        None => false,
    };
    // Decided once: a version that is recorded meanwhile is none of those that are old.
    let old: BTreeSet<_> =
        stored.versions.values().filter(is_old).map(|part| part.metadata.uid.clone()).collect();
    let goes = |part: &Part<Summary>| old.contains(&part.metadata.uid);
    // A run whose version was there at first is over, also once that version is pruned.
    let over: BTreeSet<String> = stored.committed().into_iter().map(str::to_owned).collect();
    let decide = |stored: &Stored| {
        let mut committed = stored.committed();
        committed.extend(over.iter().map(String::as_str));
        let now = cluster.now();
        prune::plan(stored, &cluster.namespace, goes, |mark| mark.is_over(&committed, now))
    };
    let foreseen = decide(&stored);
    let unreadable: Vec<_> = stored.unreadable().map(|part| part.metadata.name.clone()).collect();
    if !session.is_dry_run(&foreseen.plan).await? {
        let partial = if arguments.partial { " --partial" } else { "" };
        let again = format!("kubectl bundle prune {name} --keep={keep}{partial}");
        session.write(name, stored, |stored| Ok(decide(stored).plan), &again, streams).await?;
    }
    let what = match (foreseen.versions.len(), foreseen.chunks) {
        (0, 0) => "has nothing to prune".to_owned(),
        (0, chunks) => format!("pruned of {} that no version needs", counted(chunks, "chunk")),
        (versions, _) => format!("pruned of {}", counted(versions, "version")),
    };
    for name in unreadable {
        let words = "its summary can't be read: as long as it is there, chunks that it may need stay";
        streams.say(&format!("warning: secret/{name}: {words}"), 9)?;
    }
    if foreseen.protected > 0 {
        let count = counted(foreseen.protected, "chunk");
        let words =
            "may be of a version that is being recorded; 10 minutes from now prune takes what is left";
        streams.say(&format!("warning: {count} {words}"), 9)?;
    }
    session.answer(name, &what, streams)?;
    streams.structured(session.change.output, "BundleVersionList", &foreseen.versions)?;
    Ok(())
}
