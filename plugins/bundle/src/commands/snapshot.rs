//! `kubectl bundle snapshot`: a new version, if anything changed.

use drover::cli::{Failure, Streams};
use drover::print::counted;
use futures::{join, try_join};

use super::live;
use super::record::{Answer, RIGHTS, Recording};
use super::session::{Session, does_not_exist, read_definition};
use crate::args::SnapshotArgs;
use crate::compare::Masking;
use crate::observe::{self, Depth};
use crate::state::{Current, differ};
use crate::store::{Loaded, Summary, load, stored};

pub async fn run(
    session: &Session<'_>,
    arguments: &SnapshotArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (cluster, name) = (session.cluster, &arguments.name);
    let (rights, survey, stored, by) = join!(
        session.need(&RIGHTS),
        observe::survey(cluster, &[]),
        stored(cluster, name),
        cluster.user_name()
    );
    rights?;
    let (survey, stored) = (survey?, stored?);
    let Some(config_map) = &stored.definition else { return Err(does_not_exist(cluster, name).await) };
    let definition = read_definition(name, &cluster.namespace, config_map)?;
    let last = stored.last();
    let (observed, before) = try_join!(
        async { Ok(survey.members(cluster, &definition.roots, &definition.pins(), Depth::Whole).await?) },
        async {
            match last {
                Some(summary) => load(cluster, name, &summary.version).await.map(Some),
                None => Ok(None),
            }
        },
    )?;
    let current = Current::of(observed);
    live::warn(name, &definition, &current, streams)?;
    let masking = Masking::new(false)?;
    if let Some((summary, before)) = last.zip(before)
        && is_unchanged(&before, &current, &masking)
    {
        let what = format!("unchanged since version {}", summary.version);
        return answer(session, arguments, summary, false, &what, streams);
    }
    let images = observe::images(cluster, &current.objects).await?;
    let recording = Recording {
        name,
        by,
        message: arguments.message.clone(),
        definition: None,
        images,
        past: Vec::new(),
    };
    let snapshot = session.prepare(recording, &current, &stored)?;
    let plan = snapshot.plan(&stored, cluster.now())?;
    if !session.is_dry_run(&plan).await? {
        let again = format!("kubectl bundle snapshot {name}");
        let decide = |stored: &_| snapshot.plan(stored, cluster.now());
        session.write(name, stored, decide, &again, streams).await?;
    }
    let summary = &snapshot.version.summary;
    let what = format!("version {} recorded: {}", summary.version, counted(summary.objects, "object"));
    answer(session, arguments, summary, true, &what, streams)
}

/// Members that could not be read then, or now, are no difference of the objects, but of what is known.
fn is_unchanged(before: &Loaded, current: &Current, masking: &Masking) -> bool {
    before.index.unread == current.unread && !differ(&before.objects, &current.objects, masking)
}

fn answer(
    session: &Session<'_>,
    arguments: &SnapshotArgs,
    summary: &Summary,
    recorded: bool,
    what: &str,
    streams: &mut Streams,
) -> Result<(), Failure> {
    session.answer(&arguments.name, what, streams)?;
    let answer = Answer { bundle: arguments.name.as_str(), summary, recorded };
    streams.structured(session.change.output, "BundleVersionList", &[answer])?;
    Ok(())
}
