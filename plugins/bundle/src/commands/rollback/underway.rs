//! A rollback that was agreed to, from what is kept before it to its proof.

use std::time::Instant;

use drover::change::Lock;
use drover::cli::{Cancel, Failure, FinishedStage, Streams, confirm};
use drover::model::object::ObjectRef;
use futures::join;
use jiff::Timestamp;

use super::answer::{self, Proof};
use super::carry::{Carried, Carrying, failure, release};
use super::keep::Keeping;
use super::scene::Scene;
use super::{back, ledger};
use crate::args::RollbackArgs;
use crate::commands::session::Session;
use crate::compare::Masking;
use crate::rollback::{Consequence, Item, Journal, Live, Options, Work};
use crate::store::{BundleName, Image};

/// A rollback that was agreed to.
pub struct Rollback<'a> {
    pub session: &'a Session<'a>,
    pub arguments: &'a RollbackArgs,
    pub scene: Scene,
    pub items: Vec<Item>,
    pub works: Vec<Work>,
    pub masking: Masking,
    /// One for all of it: a Ctrl-C while what is there is kept is not forgotten afterwards.
    pub cancel: Cancel,
    pub lock: Lock,
    pub started: Instant,
}

impl Rollback<'_> {
    /// Records what is there, says what is begun, and does it.
    pub async fn begin(
        mut self,
        keeping: Keeping<'_>,
        running: Vec<Image>,
        by: String,
        at: Timestamp,
        options: Options,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let stored = std::mem::take(&mut self.scene.stored);
        let (stored, undo) = match keeping.record(running, &self.cancel, stored, streams).await {
            Ok(recorded) => recorded,
            Err(failure) => return self.give_up(failure).await,
        };
        let journal = Journal {
            to: self.scene.version.version.clone(),
            undo,
            options,
            objects: self.works.iter().map(|work| work.object.clone()).collect(),
            restarts: self.restarts(),
            at,
            by,
        };
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

    /// Nothing was written to a member.
    async fn give_up(self, failure: Failure) -> Result<(), Failure> {
        release(self.session, self.lock).await;
        Err(failure)
    }

    /// Writes what is left to be written, and proves what came of it.
    pub async fn finish(self, journal: &Journal, streams: &mut Streams) -> Result<(), Failure> {
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
