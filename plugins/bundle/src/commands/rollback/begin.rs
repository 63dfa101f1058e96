//! Begins to bring a version back: the plan, what speaks against it, and whether it is meant.

use std::time::Instant;

use drover::change::{Lock, preflight};
use drover::cli::{Cancel, DryRunArg, Failure, Streams, confirm};
use drover::cluster::ErrorKind;
use drover::model::object::{CONFIG_MAPS, LEASES, PODS, Resource};
use futures::future::{OptionFuture, join};
use futures::{StreamExt, join, stream};

use super::answer;
use super::carry::{acquire, release};
use super::keep::Keeping;
use super::ledger;
use super::scene::{self, Chosen, Scene};
use super::underway::Rollback;
use crate::FIELD_MANAGER;
use crate::args::RollbackArgs;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::kinds::SECRETS;
use crate::observe;
use crate::rollback::{Live, Manner, Work, plan, works};
use crate::store::Stored;

/// What is read, kept and written beside the members.
pub const RIGHTS: [(&str, Resource); 12] = [
    ("get", CONFIG_MAPS),
    ("patch", CONFIG_MAPS),
    ("get", SECRETS),
    ("list", SECRETS),
    ("create", SECRETS),
    ("patch", SECRETS),
    ("list", PODS),
    ("create", LEASES),
    ("get", LEASES),
    ("patch", LEASES),
    ("delete", LEASES),
    ("list", CONFIG_MAPS),
];

/// How many dry-runs are under way at once.
const AT_ONCE: usize = 8;

pub async fn begin(
    session: &Session<'_>,
    arguments: &RollbackArgs,
    version: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    // Before anything is read: without it no value may be shown.
    let masking = Masking::new(false)?;
    let options = arguments.options(cluster).await?;
    let choose = |stored: &Stored| {
        ledger::expect_none(name, stored)?;
        Ok(Chosen { version: version.to_owned(), options: options.clone(), objects: Vec::new() })
    };
    let scene = scene::read(cluster, name, Some(version), choose, streams);
    let (rights, by, scene) = join!(session.need(&RIGHTS), cluster.user_name(), scene);
    // Who lacks the rights to read as well is told of that first.
    let mut scene = match (&rights, scene) {
        (Err(_), Err(_)) => return rights,
        (_, scene) => scene?,
    };
    let started = Instant::now();
    let at = cluster.now();
    let items = plan(&scene.question(&options, at, &masking));
    let works = works(&scene.subjects, &items, None);
    answer::show_plan(session, &scene, &items, streams)?;
    if works.is_empty() {
        return answer::without_a_write(session, &scene, &items, "unchanged: it is at", name, streams);
    }
    let mut needed = rights_of(&works);
    if rights.is_err() {
        // All that is missing is named at once.
        needed.retain(|right| !RIGHTS.contains(right));
        needed.extend(RIGHTS);
    }
    let live = scene.live();
    scene.current.keep_too(works.iter().filter_map(|work| Some((&work.object, work.seen.as_ref()?))));
    // Who is not asked locks the bundle and stores its objects while the server checks.
    let is_agreed = arguments.yes && session.change.dry_run == DryRunArg::None && rights.is_ok();
    let keep = |scene: &Scene| Keeping::of(session, name, &by, &options, scene, &works);
    let keeping = is_agreed.then(|| keep(&scene)).transpose()?;
    let checks = async {
        let proof = async {
            match session.change.dry_run {
                DryRunArg::Client => Ok(Vec::new()),
                _ => prove(session, &works, &live, &masking).await,
            }
        };
        // The images are kept with the version that is recorded before.
        let running = observe::images(cluster, &scene.current.objects);
        let (rights, unproven, running) = join!(session.need(&needed), proof, running);
        rights?;
        Ok::<_, Failure>((unproven?, running?))
    };
    let cancel = is_agreed.then(Cancel::on_signal);
    let ahead = OptionFuture::from(cancel.as_ref().zip(keeping.as_ref()).map(|(cancel, keeping)| {
        let stored = std::mem::take(&mut scene.stored);
        join(acquire(session, name, &by), keeping.store_objects(cancel, stored, streams))
    }));
    let (checked, ahead) = join!(checks, ahead);
    let ((unproven, running), ahead) = agree(session, checked, ahead).await?;
    for warning in unproven {
        streams.say(&warning, 9)?;
    }
    if session.change.dry_run != DryRunArg::None {
        return answer::without_a_write(session, &scene, &items, "rolled back to", name, streams);
    }
    if !arguments.yes {
        let place = format!("{}/{}", cluster.context, cluster.namespace);
        let next = scene.stored.next_number();
        confirm(
            streams,
            &format!(
                "Roll back {place} to version {version}? What is there is kept as version {next} first."
            ),
        )?;
    }
    let cancel = cancel.unwrap_or_else(Cancel::on_signal);
    let keeping = match keeping {
        Some(keeping) => keeping,
        None => keep(&scene)?,
    };
    let lock = match ahead {
        Some((lock, stored)) => {
            scene.stored = stored;
            lock
        }
        None => acquire(session, name, &by).await?,
    };
    let rollback = Rollback { session, arguments, scene, items, works, masking, cancel, lock, started };
    rollback.begin(keeping, running, by, at, options, streams).await
}

/// What was done ahead comes to nothing where any of it failed: the lock is let go, and nobody refers to the objects.
async fn agree<C, S>(
    session: &Session<'_>,
    checked: Result<C, Failure>,
    ahead: Option<(Result<Lock, Failure>, Result<S, Failure>)>,
) -> Result<(C, Option<(Lock, S)>), Failure> {
    let Some((lock, stored)) = ahead else { return Ok((checked?, None)) };
    match (checked, lock, stored) {
        (Ok(checked), Ok(lock), Ok(stored)) => Ok((checked, Some((lock, stored)))),
        (Err(failure), Ok(lock), _) | (Ok(_), Ok(lock), Err(failure)) => {
            release(session, lock).await;
            Err(failure)
        }
        (Err(failure), Err(_), _) | (Ok(_), Err(failure), _) => Err(failure),
    }
}

/// What is written to members, by kind.
pub fn rights_of(works: &[Work]) -> Vec<(&'static str, Resource)> {
    let mut rights = Vec::new();
    for work in works {
        for right in work.verbs().iter().map(|verb| (*verb, work.object.resource)) {
            if !rights.contains(&right) {
                rights.push(right);
            }
        }
    }
    rights
}

/// Lets the server check each write that does not need another one first. What it refuses is refused before
/// anything is written; a webhook that refuses to be asked leaves its write unproven, in these words.
async fn prove(
    session: &Session<'_>,
    works: &[Work],
    live: &Live,
    masking: &Masking,
) -> Result<Vec<String>, Failure> {
    let field_manager = session.change.field_manager(FIELD_MANAGER);
    let manner = Manner { field_manager, wait: false, masking };
    let steps: Vec<_> = works
        .iter()
        .filter(|work| work.is_provable)
        .filter_map(|work| Some((work, work.step(live, &manner).ok()??)))
        .collect();
    let checks = stream::iter(&steps)
        .map(async |(work, step)| (work, preflight(session.cluster, step, field_manager).await));
    let checks: Vec<_> = checks.buffered(AT_ONCE).collect().await;
    let (mut unproven, mut refused) = (Vec::new(), None::<Failure>);
    for (work, check) in checks {
        let Err(error) = check else { continue };
        if error.kind == ErrorKind::Rejected && error.message.contains("does not support dry run") {
            let words = "a webhook refuses dry-runs: whether it lets the change pass is not proven";
            unproven.push(format!("warning: {}: {words}", work.object));
            continue;
        }
        let failure = Failure::from(error);
        refused = Some(match refused {
            None => failure,
            Some(first) => first.hint(failure.message),
        });
    }
    match refused {
        None => Ok(unproven),
        Some(failure) => Err(failure
            .hint("nothing was changed; leave an object out:  the same command with --except TYPE/NAME")),
    }
}
