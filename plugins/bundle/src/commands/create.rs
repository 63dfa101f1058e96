//! `kubectl bundle create`: a bundle with its first version, and what is still known of the past.

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;
use drover::model::object::{CONFIG_MAPS, ObjectRef};
use drover::print::counted;
use futures::{join, try_join};

use super::record::{Answer, RIGHTS, Recording};
use super::session::Session;
use super::show::expect_roots;
use crate::args::CreateArgs;
use crate::membership::Pins;
use crate::observe::{self, Depth};
use crate::root::Root;
use crate::state::Current;
use crate::store::{BundleName, Definition, Origin, Stored, stored};

pub async fn run(
    session: &Session<'_>,
    name: &BundleName,
    roots: &[Root],
    arguments: &CreateArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let cluster = session.cluster;
    let roots: Vec<_> = roots.iter().map(|root| root.in_namespace(&cluster.namespace)).collect();
    let rights: Vec<_> = RIGHTS.into_iter().chain([("create", CONFIG_MAPS)]).collect();
    let (rights, survey, stored, by) = join!(
        session.need(&rights),
        observe::survey(cluster, &roots),
        stored(cluster, name),
        cluster.user_name()
    );
    rights?;
    let (survey, stored) = (survey?, stored?);
    refuse_another(cluster, name, &roots, &stored)?;
    let observed = survey.members(cluster, &roots, &Pins::default(), Depth::Whole).await?;
    expect_roots(cluster, &roots, &observed.members).await?;
    let current = Current::of(observed);
    streams.warnings(&current.warnings)?;
    let (images, (mut past, warnings)) =
        try_join!(observe::images(cluster, &current.objects), observe::revisions(cluster, &current))?;
    streams.warnings(&warnings.into_iter().collect::<Vec<_>>())?;
    // What was recorded of the past before stays, also from a bundle that was deleted without its versions.
    past.retain(|past| !stored.versions.contains_key(&name.index(&cluster.namespace, &past.version).name));
    let definition = Definition { roots, ..Definition::default() };
    let recording = Recording {
        name,
        by,
        message: arguments.message.clone(),
        origin: Origin::Recorded,
        definition: Some(definition.config_map(name, &cluster.namespace)),
        images,
        past,
        absent: Vec::new(),
    };
    let snapshot = session.prepare(recording, &current, &stored)?;
    let plan = snapshot.plan(&stored, cluster.now())?;
    let is_dry_run = session.is_dry_run(&plan).await?;
    if !is_dry_run {
        let words: Vec<_> = arguments.words().collect();
        let again = format!("kubectl bundle create {} --name {name}", words.join(" "));
        let decide = |stored: &_| snapshot.plan(stored, cluster.now());
        let stored = session.write(name, stored, decide, &again, streams).await?;
        if let Some(overtaken) = snapshot.overtaken(&stored) {
            return Err(overtaken);
        }
    }
    let summary = &snapshot.version.summary;
    let past = match snapshot.past.len() {
        0 => String::new(),
        count => format!(", and {} of the past", counted(count, "version")),
    };
    let what = format!("created, version {}: {}{past}", summary.version, counted(summary.objects, "object"));
    session.answer(name, &what, streams)?;
    let answer = Answer { bundle: name.as_str(), summary, recorded: !is_dry_run };
    streams.structured(session.change.output, "BundleVersionList", &[answer])?;
    Ok(())
}

/// A bundle of that name is in the way, unless it is this one, and nothing was recorded yet.
fn refuse_another(
    cluster: &Cluster,
    name: &BundleName,
    roots: &[ObjectRef],
    stored: &Stored,
) -> Result<(), Failure> {
    let Some(config_map) = &stored.definition else { return Ok(()) };
    let same = Definition { roots: roots.to_vec(), ..Definition::default() };
    if Definition::read(config_map) == Some(same) && stored.last().is_none() {
        return Ok(());
    }
    let namespace = &cluster.namespace;
    Err(Failure::new(format!("bundle/{name} exists already in namespace {namespace:?}"))
        .hint(format!("record a new version of it:  kubectl bundle snapshot {name}"))
        .hint("begin another:  the same command with --name"))
}
