//! What a rollback looks at: the version, and all that is there.

use std::collections::BTreeMap;

use drover::cli::{Failure, Streams};
use drover::cluster::{Cluster, ErrorKind};
use drover::model::object::{ObjectRef, Resource};
use futures::channel::oneshot::Sender;
use futures::future::{OptionFuture, try_join_all};
use futures::{join, try_join};
use jiff::Timestamp;
use serde_json::Value;

use crate::commands::live;
use crate::commands::session::{does_not_exist, read_definition};
use crate::compare::Masking;
use crate::kinds::{CLUSTER_ROLE_BINDINGS, SERVICE_ACCOUNTS};
use crate::membership::{Presence, Start};
use crate::observe::{self, Depth, Observed, Users};
use crate::rollback::{Journal, Live, Now, Options, Question, Subject, Then};
use crate::state::Current;
use crate::store::{BundleName, Image, Index, Loaded, Stored, Summary, complete, index, load, stored};
use crate::usage::{User, usages};

pub struct Scene {
    pub stored: Stored,
    pub version: Summary,
    pub images: Vec<Image>,
    pub absent: Vec<ObjectRef>,
    pub current: Current,
    /// Only where the plan depends on them.
    pub running: Vec<Image>,
    pub subjects: Vec<Subject>,
}

impl Scene {
    /// What is asked of the plan.
    pub fn question<'a>(
        &'a self,
        options: &'a Options,
        now: Timestamp,
        masking: &'a Masking,
    ) -> Question<'a> {
        Question {
            subjects: &self.subjects,
            options,
            recorded: self.version.at,
            absent: &self.absent,
            now,
            images: &self.images,
            running: &self.running,
            masking,
        }
    }
}

impl Scene {
    /// All objects as they are there.
    pub fn live(&self) -> Live {
        let live = |subject: &Subject| (subject.object.path(), subject.now.body().cloned());
        self.subjects.iter().map(live).collect()
    }
}

/// What a rollback is about.
pub struct Chosen {
    /// The version that is brought back.
    pub version: String,
    pub options: Options,
    /// What is written, where that was begun: it need not be a member any more.
    pub objects: Vec<ObjectRef>,
}

impl From<Journal> for Chosen {
    fn from(journal: Journal) -> Self {
        let Journal { to, options, objects, .. } = journal;
        Self { version: to, options, objects }
    }
}

/// Reads all of it; which version is meant may stand in what is stored. What is known of it beforehand is
/// the sooner read.
pub async fn read(
    cluster: &Cluster,
    name: &BundleName,
    known: Option<&str>,
    choose: impl Fn(&Stored) -> Result<Chosen, Failure>,
    streams: &mut Streams,
) -> Result<Scene, Failure> {
    let read = async |begin: Sender<Start>| {
        let early = OptionFuture::from(known.map(|version| index(cluster, name, version)));
        let (stored, early) = join!(stored(cluster, name), early);
        let stored = stored?;
        let Some(config_map) = &stored.definition else { return Err(does_not_exist(cluster, name).await) };
        let definition = read_definition(name, &cluster.namespace, config_map)?;
        let chosen = choose(&stored)?;
        let version = stored.named(name, &chosen.version)?.clone();
        let _ = begin.send(definition.start());
        let (loaded, users) = try_join!(
            async {
                Ok::<_, Failure>(match early {
                    Some(index) => complete(cluster, name, &version.version, index?).await?,
                    None => load(cluster, name, &version.version).await?,
                })
            },
            // Only who deletes has to know who else would miss it.
            async {
                Ok(if chosen.options.prune { observe::users(cluster).await? } else { Users::default() })
            },
        )?;
        Ok::<_, Failure>((stored, definition, chosen, version, loaded, users))
    };
    let (observed, (stored, definition, chosen, version, loaded, users)) =
        observe::members_while(cluster, Depth::Whole, read).await?;
    let prune = chosen.options.prune;
    let blind = blind_spots(&observed, &users);
    let used = if prune { users_of(name, &observed, users) } else { BTreeMap::new() };
    let subjects = subjects(cluster, &version, &chosen.objects, &loaded, &observed, used).await?;
    if prune {
        expect_all_seen(&subjects, &blind)?;
    }
    let current = Current::of(observed);
    live::warn(name, &definition, &current, streams)?;
    let running = match chosen.options.pin_images {
        true => observe::images(cluster, &current.objects).await?,
        false => Vec::new(),
    };
    let Index { images, absent, .. } = loaded.index;
    Ok(Scene { stored, version, images, absent, current, running, subjects })
}

/// What could not be seen of who uses what, by its kind where it tells.
fn blind_spots(observed: &Observed, users: &Users) -> Vec<(Option<Resource>, String)> {
    let unlisted = observed.unlisted.iter();
    let unlisted =
        unlisted.map(|kind| (Some(*kind), format!("you may not list {}", kind.qualified_plural())));
    unlisted.chain(users.warnings.iter().map(|warning| (None, warning.clone()))).collect()
}

/// Who may not see all users of an object can't tell that it has none, nor what else came since the version. Of
/// all that is deleted, only ServiceAccounts are used by bindings of the cluster, which few may list.
fn expect_all_seen(subjects: &[Subject], blind: &[(Option<Resource>, String)]) -> Result<(), Failure> {
    let is_extra = |subject: &&Subject| subject.then == Then::Absent && subject.now.body().is_some();
    let mut extra = subjects.iter().filter(is_extra);
    let deletes_accounts = extra.any(|subject| subject.object.resource == SERVICE_ACCOUNTS);
    let concerns = |kind: &Option<Resource>| *kind != Some(CLUSTER_ROLE_BINDINGS) || deletes_accounts;
    let unseen = blind.iter().filter(|(kind, _)| concerns(kind)).map(|(_, words)| words.as_str());
    let unseen: Vec<_> = unseen.collect();
    if unseen.is_empty() {
        return Ok(());
    }
    let words = unseen.join("; ");
    Err(Failure::new(format!(
        "--prune deletes what came since and nobody else uses, and that can't be seen: {words}"
    ))
    .hint("without deleting anything:  the same command without --prune"))
}

/// Who would miss each member and belongs to no bundle, by the member's path.
fn users_of(name: &BundleName, observed: &Observed, mut users: Users) -> BTreeMap<String, Vec<ObjectRef>> {
    users.bundles.remove(name);
    let known = &observed.known;
    let others = known.all().chain(users.jobs.iter().filter(|other| known.related(&other.object).is_none()));
    let mut all: BTreeMap<String, Vec<ObjectRef>> = BTreeMap::new();
    for usage in usages(&observed.members, known, others, &users.bundles) {
        if let User::Object(by) = usage.by {
            all.entry(usage.member.path()).or_default().push(by);
        }
    }
    all
}

/// Each object of the version, of the bundle as it is now, and of what was begun, with both its states.
async fn subjects(
    cluster: &Cluster,
    version: &Summary,
    begun: &[ObjectRef],
    loaded: &Loaded,
    observed: &Observed,
    mut users: BTreeMap<String, Vec<ObjectRef>>,
) -> Result<Vec<Subject>, Failure> {
    let mut then: BTreeMap<String, (ObjectRef, Then)> = BTreeMap::new();
    for kept in &loaded.objects {
        then.insert(kept.object.path(), (kept.object.clone(), Then::There(kept.body.clone())));
    }
    for unread in &loaded.index.unread {
        then.insert(unread.object.path(), (unread.object.clone(), Then::Unread));
    }
    // What one workload was says nothing of the rest.
    if version.number().is_some() {
        for member in observed.members.iter().filter(|member| member.is_kept()) {
            then.entry(member.object.path()).or_insert((member.object.clone(), Then::Absent));
        }
    }
    for object in begun {
        then.entry(object.path()).or_insert((object.clone(), Then::Absent));
    }
    let subjects = then.into_iter().map(async |(path, (object, then))| {
        let now = match observed.bodies.get(&path) {
            Some(body) => Now::There(body.clone()),
            None if is_forbidden(observed, &object) => Now::Forbidden,
            None => look(cluster, &object).await?,
        };
        Ok::<_, Failure>((path, object, then, now))
    });
    let subjects = try_join_all(subjects).await?;
    let subjects = subjects.into_iter().map(|(path, object, then, now)| {
        let users = users.remove(&path).unwrap_or_default();
        Subject { object, then, now, users }
    });
    Ok(subjects.collect())
}

fn is_forbidden(observed: &Observed, object: &ObjectRef) -> bool {
    observed.members.iter().any(|member| member.object == *object && member.presence == Presence::Forbidden)
}

/// One object as it is now.
pub async fn look(cluster: &Cluster, object: &ObjectRef) -> Result<Now, Failure> {
    match cluster.get::<Value>(object).await {
        Ok(body) => Ok(Now::There(body)),
        Err(error) if error.is_not_served() => Ok(Now::NotServed),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Now::Absent),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Now::Forbidden),
        Err(error) => Err(error.into()),
    }
}
