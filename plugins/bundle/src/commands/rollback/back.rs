//! Puts everything back as it was before a rollback.

use drover::change::Lock;
use drover::cli::{Cancel, Failure, Streams};
use drover::model::object::ObjectRef;
use drover::print::counted;
use futures::join;

use super::carry::{Carried, Carrying, acquire, failure, release};
use super::{ledger, scene};
use crate::args::RollbackArgs;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::rollback::{Journal, backwards, plan};
use crate::store::{Stored, load, stored};

pub async fn abort(
    session: &Session<'_>,
    arguments: &RollbackArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let masking = Masking::new(false)?;
    let (stored, by) = join!(stored(cluster, name), cluster.user_name());
    let journal = ledger::expect_one(name, &stored?)?;
    let lock = acquire(session, name, &by).await?;
    let put_back = put_back(session, arguments, &lock, &journal, &masking, streams).await;
    release(session, lock).await;
    let count = counted(put_back?, "object");
    session.answer(
        name,
        &format!("as it was before the rollback to version {}: {count} put back", journal.to),
        streams,
    )
}

/// Brings back the version that was kept before, of what the rollback was about to write, and nothing that
/// somebody else changed since; how many objects are as they were.
pub async fn put_back(
    session: &Session<'_>,
    arguments: &RollbackArgs,
    lock: &Lock,
    journal: &Journal,
    masking: &Masking,
    streams: &mut Streams,
) -> Result<usize, Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let about = format!("bundle/{name}");
    let choose = |_: &Stored| Ok(journal.clone().into());
    let scene = scene::read(cluster, name, Some(&journal.to), choose, streams);
    let (scene, before) = join!(scene, load(cluster, name, &journal.undo));
    let (scene, before) = (scene?, before?);
    let items = plan(&scene.question(&journal.options, journal.at, masking));
    let (works, theirs) =
        backwards(journal, &scene.subjects, &items, &before.objects, &before.index.absent, masking);
    // What was begun comes to its end although the person wants to stop.
    let cancel = Cancel::never();
    let carrying =
        Carrying { session, lock, cancel: &cancel, masking, wait: false, timeout: arguments.timeout };
    let objects: Vec<_> = scene.subjects.iter().map(|subject| subject.object.clone()).collect();
    let again = format!("kubectl bundle rollback {name} --abort");
    match carrying.out(&works, scene.live(), &objects, streams).await {
        Ok(Carried::Done(..)) => {}
        Ok(Carried::Slow(missing)) => {
            return Err(Failure::new(format!("{about}: {missing}")).hint(format!("go on with:  {again}")));
        }
        Ok(Carried::Stopped) => {
            return Err(Failure::new(format!("{about}: stopped before the end"))
                .hint(format!("go on with:  {again}")));
        }
        Err(problem) => return Err(failure(problem, &about).hint(format!("go on with:  {again}"))),
    }
    ledger::close(session, name, scene.stored, None, streams).await?;
    if theirs.is_empty() {
        return Ok(journal.objects.len());
    }
    let names: Vec<_> = theirs.iter().map(ObjectRef::to_string).collect();
    let words = format!("{about}: {} changed by somebody else meanwhile, and left so", names.join(", "));
    Err(Failure::new(words)
        .hint(format!("see what differs:  kubectl bundle diff {name} {}", journal.undo))
        .hint(format!("put it back all the same:  kubectl bundle rollback {name} {}", journal.undo)))
}
