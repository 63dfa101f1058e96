//! Goes on where a rollback was cut off.

use std::time::Instant;

use drover::cli::{Cancel, Failure, Streams};
use drover::model::object::ObjectRef;
use futures::join;

use super::begin::{RIGHTS, rights_of};
use super::carry::acquire;
use super::underway::Rollback;
use super::{answer, ledger, scene};
use crate::args::RollbackArgs;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::rollback::{changed_since, plan_rest, works};
use crate::store::{Stored, load};

pub async fn go_on(
    session: &Session<'_>,
    arguments: &RollbackArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let masking = Masking::new(false)?;
    let choose = |stored: &Stored| Ok(ledger::expect_one(name, stored)?.into());
    let (rights, by, scene) =
        join!(session.need(&RIGHTS), cluster.user_name(), scene::read(cluster, name, None, choose, streams));
    rights?;
    let scene = scene?;
    let journal = ledger::expect_one(name, &scene.stored)?;
    let started = Instant::now();
    let question = scene.question(&journal.options, journal.at, &masking);
    let before = load(cluster, name, &journal.undo).await?;
    let items = plan_rest(&question, &before.objects, &journal.restarts);
    let theirs = changed_since(&journal, &scene.subjects, &items, &before.objects, &masking);
    if !theirs.is_empty() {
        let names: Vec<_> = theirs.iter().map(ObjectRef::to_string).collect();
        let words = format!("bundle/{name}: {} changed by somebody else meanwhile", names.join(", "));
        return Err(Failure::new(words)
            .hint(format!("see what differs:  kubectl bundle diff {name} {}", journal.undo))
            .hint(format!("put back all else as it was:  kubectl bundle rollback {name} --abort")));
    }
    let mut works = works(&scene.subjects, &items, Some(&journal));
    // What was not agreed to is not done, whatever became of it since.
    works.retain(|work| journal.objects.contains(&work.object));
    session.need(&rights_of(&works)).await?;
    let cancel = Cancel::on_signal();
    let lock = acquire(session, name, &by).await?;
    // stderr that is closed must not leave half of two versions, nor the lock.
    let _ = answer::show_plan(session, &scene, &items, streams);
    let rollback = Rollback { session, arguments, scene, items, works, masking, cancel, lock, started };
    rollback.finish(&journal, streams).await
}
