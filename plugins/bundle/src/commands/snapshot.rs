//! `kubectl bundle snapshot`: a new version, if anything changed.

use std::collections::BTreeSet;

use drover::cli::{Failure, Streams};
use drover::model::object::ObjectRef;
use drover::print::counted;
use futures::channel::oneshot::Sender;
use futures::join;

use super::live;
use super::record::{Answer, RIGHTS, Recording};
use super::session::{Session, does_not_exist, read_definition};
use crate::args::SnapshotArgs;
use crate::compare::Masking;
use crate::membership::Start;
use crate::observe::{self, Depth};
use crate::state::{Current, differ};
use crate::store::{Definition, Image, LoadError, Loaded, Origin, Stored, Summary, load_known, stored};

/// How often it begins anew when somebody else recorded a version at the same time.
const TRIES: u32 = 5;

pub async fn run(
    session: &Session<'_>,
    arguments: &SnapshotArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let mut tries = 1;
    while let Some(overtaken) = once(session, arguments, streams).await? {
        if tries == TRIES {
            return Err(overtaken);
        }
        tries += 1;
    }
    Ok(())
}

/// Records what is there now; where somebody else recorded a version meanwhile, nothing but how to say so.
async fn once(
    session: &Session<'_>,
    arguments: &SnapshotArgs,
    streams: &mut Streams,
) -> Result<Option<Failure>, Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let read = async |begin: Sender<Start>| {
        let (rights, stored, by) = join!(session.need(&RIGHTS), stored(cluster, name), cluster.user_name());
        rights?;
        let stored = stored?;
        let Some(config_map) = &stored.definition else { return Err(does_not_exist(cluster, name).await) };
        let definition = read_definition(name, &cluster.namespace, config_map)?;
        let _ = begin.send(definition.start());
        let before = last(session, arguments, &stored).await?;
        Ok::<_, Failure>((definition, stored, before, by))
    };
    let (observed, (definition, stored, before, by)) =
        observe::members_while(cluster, Depth::Whole, read).await?;
    let current = Current::of(observed);
    refuse_unread_roots(arguments, &definition, &current)?;
    live::warn(name, &definition, &current, streams)?;
    let masking = Masking::new(false)?;
    let images = observe::images(cluster, &current.objects).await?;
    match before {
        Some((summary, Ok(before))) if is_unchanged(&before, &current, &images, &masking) => {
            let what = format!("unchanged since version {}", summary.version);
            return answer(session, arguments, &summary, false, &what, streams);
        }
        Some((_, Err(lost))) => {
            streams.say(&format!("warning: {}; a new version is recorded", lost.message), 9)?;
        }
        _ => {}
    }
    let recording = Recording {
        name,
        by,
        message: arguments.message.clone(),
        origin: Origin::Recorded,
        definition: None,
        images,
        past: Vec::new(),
        absent: Vec::new(),
    };
    let snapshot = session.prepare(recording, &current, &stored)?;
    let plan = snapshot.plan(&stored, cluster.now())?;
    let is_dry_run = session.is_dry_run(&plan).await?;
    if !is_dry_run {
        let again = format!("kubectl bundle snapshot {name}");
        let decide = |stored: &_| snapshot.plan(stored, cluster.now());
        let stored = session.write(name, stored, decide, &again, streams).await?;
        if let Some(overtaken) = snapshot.overtaken(&stored) {
            return Ok(Some(overtaken));
        }
    }
    let summary = &snapshot.version.summary;
    let what = format!("version {} recorded: {}", summary.version, counted(summary.objects, "object"));
    answer(session, arguments, summary, !is_dry_run, &what, streams)
}

/// All that hangs on a root would be left out with it, unnamed.
fn refuse_unread_roots(
    arguments: &SnapshotArgs,
    definition: &Definition,
    current: &Current,
) -> Result<(), Failure> {
    let unread = |root: &&ObjectRef| current.unread.iter().any(|unread| unread.object == **root);
    let Some(root) = definition.roots.iter().find(unread) else { return Ok(()) };
    let name = &arguments.name;
    Err(Failure::new(format!("you may not read {root}, which bundle/{name} starts from"))
        .hint("the README of kubectl bundle has a ClusterRole with all that it reads"))
}

/// The last version with its objects, or why it is lost.
async fn last(
    session: &Session<'_>,
    arguments: &SnapshotArgs,
    stored: &Stored,
) -> Result<Option<(Summary, Result<Loaded, Failure>)>, Failure> {
    let Some(summary) = stored.last().cloned() else { return Ok(None) };
    match load_known(session.cluster, &arguments.name, &summary).await {
        Ok(loaded) => Ok(Some((summary, Ok(loaded)))),
        Err(LoadError::Lost(failure)) => Ok(Some((summary, Err(failure)))),
        Err(LoadError::Refused(failure)) => Err(failure),
    }
}

/// Members that could not be read then, or now, are no difference of the objects, but of what is known.
fn is_unchanged(before: &Loaded, current: &Current, images: &[Image], masking: &Masking) -> bool {
    before.index.unread == current.unread
        && !differ(&before.objects, &current.objects, masking)
        && !have_moved(&before.index.images, images)
}

/// Whether a container runs something else under the same name of an image: the tag was moved. What ran then and
/// does not now, or the other way round, is no change of its own.
fn have_moved(before: &[Image], now: &[Image]) -> bool {
    let tag = |image: &Image| (image.workload.clone(), image.container.clone(), image.image.clone());
    let tags: BTreeSet<_> = before.iter().map(tag).collect();
    now.iter().any(|image| tags.contains(&tag(image)) && !before.contains(image))
}

fn answer(
    session: &Session<'_>,
    arguments: &SnapshotArgs,
    summary: &Summary,
    recorded: bool,
    what: &str,
    streams: &mut Streams,
) -> Result<Option<Failure>, Failure> {
    session.answer(&arguments.name, what, streams)?;
    let answer = Answer { bundle: arguments.name.as_str(), summary, recorded };
    streams.structured(session.change.output, "BundleVersionList", &[answer])?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(tag: &str, digest: &str) -> Image {
        let text = str::to_owned;
        Image {
            workload: text("deployment.apps/web"),
            container: text("web"),
            image: text(tag),
            image_id: text(digest),
        }
    }

    #[test]
    fn a_tag_that_moved_is_a_change_and_a_pod_more_or_less_is_none() {
        let before = [image("web:1", "a")];
        assert!(have_moved(&before, &[image("web:1", "b")]));
        assert!(have_moved(&before, &[image("web:1", "a"), image("web:1", "b")]));
        for now in [vec![], vec![image("web:1", "a")], vec![image("web:2", "b")]] {
            assert!(!have_moved(&before, &now), "{now:?}");
        }
        assert!(!have_moved(&[image("web:1", "a"), image("web:1", "b")], &before));
    }
}
