//! What is there is kept as a version of its own before a rollback writes to any of it.

use drover::cli::{Cancel, Failure, Streams};
use drover::model::object::ObjectRef;

use super::scene::Scene;
use crate::commands::record::Recording;
use crate::commands::session::Session;
use crate::rollback::{Options, Work};
use crate::store::{BundleName, Image, Origin, Snapshot, Stored};

/// The version that is recorded before.
pub struct Keeping<'a> {
    session: &'a Session<'a>,
    name: &'a BundleName,
    snapshot: Snapshot,
    /// The command that begins anew.
    again: String,
}

impl<'a> Keeping<'a> {
    /// Of all that the scene has; with what is not there, so that going back to this version takes away what the
    /// rollback is going to create. From then on there are minutes to record it, so a person is asked before.
    pub fn of(
        session: &'a Session<'a>,
        name: &'a BundleName,
        by: &str,
        options: &Options,
        scene: &Scene,
        works: &[Work],
    ) -> Result<Self, Failure> {
        let absent = works.iter().filter(|work| work.seen.is_none()).map(|work| work.object.clone());
        let to = &scene.version.version;
        let recording = Recording {
            name,
            by: by.to_owned(),
            message: Some(format!("before the rollback to version {to}")),
            origin: Origin::Automatic,
            definition: None,
            images: Vec::new(),
            past: Vec::new(),
            absent: absent.collect::<Vec<ObjectRef>>(),
        };
        let snapshot = session.prepare(recording, &scene.current, &scene.stored)?;
        Ok(Self {
            session,
            name,
            snapshot,
            again: format!("kubectl bundle rollback {name} {to}{}", options.flags()),
        })
    }

    /// Stores the objects. Nothing refers to them before [`record`](Self::record).
    pub async fn store_objects(
        &self,
        cancel: &Cancel,
        stored: Stored,
        streams: &mut Streams,
    ) -> Result<Stored, Failure> {
        let now = || self.session.cluster.now();
        let decide = |stored: &Stored| self.snapshot.plan_of_chunks(stored, now());
        self.session.write_until(cancel, self.name, stored, decide, &self.again, streams).await
    }

    /// Records the version, with the images that run; gives its number too.
    pub async fn record(
        mut self,
        images: Vec<Image>,
        cancel: &Cancel,
        stored: Stored,
        streams: &mut Streams,
    ) -> Result<(Stored, String), Failure> {
        self.snapshot.version.index.images = images;
        let now = || self.session.cluster.now();
        let decide = |stored: &Stored| self.snapshot.plan(stored, now());
        let stored =
            self.session.write_until(cancel, self.name, stored, decide, &self.again, streams).await?;
        match self.snapshot.overtaken(&stored) {
            Some(overtaken) => Err(overtaken),
            None => Ok((stored, self.snapshot.version.summary.version)),
        }
    }
}
