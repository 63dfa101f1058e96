//! Brings a version back, and goes on where that was cut off.

use std::time::Instant;

use drover::change::{Lock, preflight};
use drover::cli::{Cancel, DryRunArg, Failure, FinishedStage, Streams, confirm};
use drover::cluster::ErrorKind;
use drover::model::object::{CONFIG_MAPS, LEASES, ObjectRef, PODS, Resource};
use futures::future::OptionFuture;
use futures::{StreamExt, join, stream};
use jiff::Timestamp;

use super::answer::{self, Proof};
use super::carry::{Carried, Carrying, acquire, failure, release};
use super::scene::{self, Chosen, Scene};
use super::{back, ledger};
use crate::FIELD_MANAGER;
use crate::args::RollbackArgs;
use crate::commands::record::Recording;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::kinds::SECRETS;
use crate::observe;
use crate::rollback::{
    Consequence, Item, Journal, Live, Manner, Options, Work, changed_since, plan, plan_rest, works,
};
use crate::store::{BundleName, Origin, Stored, load};

/// What is read, kept and written beside the members.
const RIGHTS: [(&str, Resource); 12] = [
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
    let proof = async {
        match session.change.dry_run {
            DryRunArg::Client => Ok(()),
            _ => prove(session, &works, &live, &masking, streams).await,
        }
    };
    let checks = async {
        // The images are kept with the version that is recorded before.
        let running = observe::images(cluster, &scene.current.objects);
        let (rights, proof, running) = join!(session.need(&needed), proof, running);
        rights.and(proof)?;
        Ok::<_, Failure>(running?)
    };
    // Who is not asked locks the bundle meanwhile, and lets it go if it comes to nothing.
    let is_agreed = arguments.yes && session.change.dry_run == DryRunArg::None;
    let cancel = is_agreed.then(Cancel::on_signal);
    let lock = OptionFuture::from(is_agreed.then(|| acquire(session, name, &by)));
    let (checked, lock) = join!(checks, lock);
    let (running, lock) = match (checked, lock.transpose()) {
        (Ok(running), lock) => (running, lock?),
        (Err(failure), lock) => {
            if let Ok(Some(lock)) = lock {
                release(session, lock).await;
            }
            return Err(failure);
        }
    };
    scene.running = running;
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
    let lock = match lock {
        Some(lock) => lock,
        None => acquire(session, name, &by).await?,
    };
    let rollback = Rollback { session, arguments, scene, items, works, masking, cancel, lock, started };
    rollback.begin(by, at, options, streams).await
}

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
    let items = plan_rest(&question, &journal.restarts);
    let before = load(cluster, name, &journal.undo).await?;
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
    let rollback = Rollback { session, arguments, scene, items, works, masking, cancel, lock, started };
    rollback.finish(&journal, streams).await
}

/// A rollback that was agreed to.
struct Rollback<'a> {
    session: &'a Session<'a>,
    arguments: &'a RollbackArgs,
    scene: Scene,
    items: Vec<Item>,
    works: Vec<Work>,
    masking: Masking,
    /// One for all of it: a Ctrl-C while what is there is kept is not forgotten afterwards.
    cancel: Cancel,
    lock: Lock,
    started: Instant,
}

impl Rollback<'_> {
    /// Keeps what is there, says what is begun, and does it.
    async fn begin(
        mut self,
        by: String,
        at: Timestamp,
        options: Options,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let kept = self.keep(&by, &options, streams).await;
        let journal = match kept {
            Ok(undo) => Journal {
                to: self.scene.version.version.clone(),
                undo,
                options,
                objects: self.works.iter().map(|work| work.object.clone()).collect(),
                restarts: self.restarts(),
                at,
                by,
            },
            Err(failure) => return self.give_up(failure).await,
        };
        let stored = std::mem::take(&mut self.scene.stored);
        match ledger::open(self.session, &self.cancel, &self.arguments.name, stored, &journal, streams).await
        {
            Ok(stored) => self.scene.stored = stored,
            Err(failure) => return self.give_up(failure).await,
        }
        self.finish(&journal, streams).await
    }

    fn restarts(&self) -> Vec<ObjectRef> {
        let restarts = |item: &&Item| item.consequences.contains(&Consequence::RestartsToLoad);
        self.items.iter().filter(restarts).map(|item| item.object.clone()).collect()
    }

    /// Records what is there now; the number of that version.
    async fn keep(&mut self, by: &str, options: &Options, streams: &mut Streams) -> Result<String, Failure> {
        let (session, name) = (self.session, &self.arguments.name);
        let seen = self.works.iter().filter_map(|work| Some((&work.object, work.seen.as_ref()?)));
        self.scene.current.keep_too(seen);
        let absent = self.works.iter().filter(|work| work.seen.is_none());
        let recording = Recording {
            name,
            by: by.to_owned(),
            message: Some(format!("before the rollback to version {}", self.scene.version.version)),
            origin: Origin::Automatic,
            definition: None,
            images: self.scene.running.clone(),
            past: Vec::new(),
            absent: absent.map(|work| work.object.clone()).collect(),
        };
        let snapshot = session.prepare(recording, &self.scene.current, &self.scene.stored)?;
        let stored = std::mem::take(&mut self.scene.stored);
        let decide = |stored: &Stored| snapshot.plan(stored, session.cluster.now());
        let to = &self.scene.version.version;
        let again = format!("kubectl bundle rollback {name} {to}{}", options.flags());
        self.scene.stored = session.write_until(&self.cancel, name, stored, decide, &again, streams).await?;
        match snapshot.overtaken(&self.scene.stored) {
            Some(overtaken) => Err(overtaken),
            None => Ok(snapshot.version.summary.version.clone()),
        }
    }

    /// Nothing was written to a member.
    async fn give_up(self, failure: Failure) -> Result<(), Failure> {
        release(self.session, self.lock).await;
        Err(failure)
    }

    /// Writes what is left to be written, and proves what came of it.
    async fn finish(self, journal: &Journal, streams: &mut Streams) -> Result<(), Failure> {
        let about = format!("bundle/{}", self.arguments.name);
        let carrying = Carrying {
            session: self.session,
            lock: &self.lock,
            cancel: &self.cancel,
            masking: &self.masking,
            wait: self.arguments.wait,
            timeout: self.arguments.timeout,
        };
        let objects: Vec<_> = self.scene.subjects.iter().map(|subject| subject.object.clone()).collect();
        match carrying.out(&self.works, self.scene.live(), &objects, streams).await {
            Ok(Carried::Done(live, stages)) => self.prove_done(journal, &live, stages, streams).await,
            Ok(Carried::Slow(missing)) => {
                let failure = slow(&about, &missing, &self.arguments.name);
                if streams.input_is_terminal
                    && confirm(streams, &format!("{}. Put all back as it was?", failure.message)).is_ok()
                {
                    return self.revert(journal, failure, streams).await;
                }
                self.give_up(failure).await
            }
            Ok(Carried::Stopped) => {
                self.undo(journal, Failure::new(format!("{about}: stopped before the end")), streams).await
            }
            Err(problem) => self.undo(journal, failure(problem, &about), streams).await,
        }
    }

    async fn prove_done(
        mut self,
        journal: &Journal,
        live: &Live,
        stages: Vec<FinishedStage>,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let name = &self.arguments.name;
        let proof = Proof::of(&self.scene.subjects, &self.items, live, &self.masking);
        let stored = std::mem::take(&mut self.scene.stored);
        // What was not reached is not what the bundle is at, and neither is what one workload was.
        let is_reached = proof.holds() && self.scene.version.number().is_some();
        let reached = is_reached.then_some(journal.to.as_str());
        let closed = ledger::close(self.session, name, stored, reached, streams);
        // Nothing is written to a member any more.
        let (closed, ()) = join!(closed, release(self.session, self.lock));
        let done = answer::Done {
            journal,
            items: &self.items,
            proof: &proof,
            written: self.works.len(),
            stages: &stages,
            took: self.started.elapsed(),
        };
        closed?;
        answer::done(self.session, name, &done, streams)
    }

    /// After a failure: back to how it was, unless a person wants to look first.
    async fn undo(self, journal: &Journal, failure: Failure, streams: &mut Streams) -> Result<(), Failure> {
        if self.arguments.no_auto_revert {
            let name = &self.arguments.name;
            let failure = failure
                .hint(format!("go on with:  kubectl bundle rollback {name} --continue"))
                .hint(format!("or put all back as it was:  kubectl bundle rollback {name} --abort"));
            return self.give_up(failure).await;
        }
        self.revert(journal, failure, streams).await
    }

    async fn revert(self, journal: &Journal, failure: Failure, streams: &mut Streams) -> Result<(), Failure> {
        // stderr that is closed must not keep half of two versions there.
        let _ = streams.say(&format!("{}: putting back what was written", failure.message), 2);
        let reverted =
            back::put_back(self.session, self.arguments, &self.lock, journal, &self.masking, streams).await;
        release(self.session, self.lock).await;
        reverted?;
        Err(failure.hint("all that was written is put back as it was"))
    }
}

fn slow(about: &str, missing: &str, name: &BundleName) -> Failure {
    Failure::new(format!("{about}: all is written, but {missing}"))
        .hint(format!("wait on:  kubectl bundle rollback {name} --continue"))
        .hint(format!("or put all back as it was:  kubectl bundle rollback {name} --abort"))
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
/// anything is written; a webhook that refuses to be asked leaves its write unproven.
async fn prove(
    session: &Session<'_>,
    works: &[Work],
    live: &Live,
    masking: &Masking,
    streams: &mut Streams,
) -> Result<(), Failure> {
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
    let mut refused: Option<Failure> = None;
    for (work, check) in checks {
        let Err(error) = check else { continue };
        if error.kind == ErrorKind::Rejected && error.message.contains("does not support dry run") {
            let words = "a webhook refuses dry-runs: whether it lets the change pass is not proven";
            streams.say(&format!("warning: {}: {words}", work.object), 9)?;
            continue;
        }
        let failure = Failure::from(error);
        refused = Some(match refused {
            None => failure,
            Some(first) => first.hint(failure.message),
        });
    }
    refused.map_or(Ok(()), |failure| {
        Err(failure
            .hint("nothing was changed; leave an object out:  the same command with --except TYPE/NAME"))
    })
}
