//! `kubectl bundle export`: manifests that can be applied.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use drover::cli::{Failure, Streams};
use drover::cluster::Cluster;
use drover::print::{Structured, counted, write_structured};
use serde_json::Value;

use super::live;
use super::session::does_not_exist;
use crate::args::ExportArgs;
use crate::export::{Manifest, kustomization, manifests};
use crate::kinds::SECRETS;
use crate::store::{BundleName, Kept, load_known, stored};

const KUSTOMIZATION: &str = "kustomization.yaml";

pub async fn run(cluster: &Cluster, arguments: &ExportArgs, streams: &mut Streams) -> Result<(), Failure> {
    let name = &arguments.subject.bundle;
    if arguments.folder != "-" {
        prepare(Path::new(&arguments.folder), arguments.force)?;
    }
    let objects = match &arguments.subject.version {
        Some(version) => recorded(cluster, name, version, streams).await?,
        None => live::read(cluster, name, streams).await?.objects,
    };
    let (secrets, mut manifests): (Vec<_>, Vec<_>) =
        manifests(&objects).into_iter().partition(|manifest| manifest.object.resource == SECRETS);
    if arguments.secrets {
        manifests.extend(secrets);
    } else if !secrets.is_empty() {
        let count = counted(secrets.len(), "Secret");
        streams.say(&format!("warning: {count} left out: --secrets writes them too"), 9)?;
    }
    if arguments.folder == "-" {
        for manifest in &manifests {
            writeln!(streams.out, "---")?;
            write_structured(Structured::Yaml, &manifest.body, &mut streams.out)?;
        }
        return Ok(());
    }
    write_folder(Path::new(&arguments.folder), &manifests)?;
    let count = counted(manifests.len(), "object");
    writeln!(streams.out, "bundle.drover.dev/{name} exported: {count} in {}", arguments.folder)?;
    Ok(())
}

async fn recorded(
    cluster: &Cluster,
    name: &BundleName,
    version: &str,
    streams: &mut Streams,
) -> Result<Vec<Kept>, Failure> {
    let stored = stored(cluster, name).await?;
    if stored.definition.is_none() && stored.versions.is_empty() {
        return Err(does_not_exist(cluster, name).await);
    }
    let summary = stored.named(name, version)?;
    let loaded = load_known(cluster, name, summary).await?;
    for unread in &loaded.index.unread {
        streams.say(&format!("warning: {} is not in version {version}: {}", unread.object, unread.why), 9)?;
    }
    Ok(loaded.objects)
}

/// Makes the folder, before anything is asked of the cluster.
fn prepare(folder: &Path, force: bool) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| about(folder, &error))?;
    if !force && entries.next().is_some() {
        return Err(Failure::new(format!("{}: the folder is not empty", folder.display()))
            .hint("give a new folder, or overwrite what is there:  the same command with --force"));
    }
    Ok(())
}

fn about(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

/// One file an object, and one that lists them.
fn write_folder(folder: &Path, manifests: &[Manifest]) -> Result<(), Failure> {
    let list = (KUSTOMIZATION, kustomization(manifests));
    let files = manifests.iter().map(|manifest| (manifest.file.as_str(), manifest.body.clone()));
    for (file, body) in files.chain([list]) {
        let path = folder.join(file);
        write_file(&path, &body).map_err(|error| about(&path, &error))?;
    }
    Ok(())
}

/// Readable for nobody else where it holds a Secret.
fn write_file(path: &Path, body: &Value) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if body["kind"] == SECRETS.kind {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    write_structured(Structured::Yaml, body, &mut file)?;
    file.flush()
}
