//! What a person typed about the scene, checked before any request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use drover::cli::{Failure, parse_duration};
use drover::print::{quoted, typed_duration};

use super::offline;

/// How a name ends that is meant for an archive.
const ARCHIVE_ENDINGS: [&str; 2] = [".tar.gz", ".tgz"];

#[derive(Debug, Args)]
#[command(next_help_heading = "Scene")]
pub struct SceneArgs {
    /// Before the first change, save the pod, its owners, Services, events and logs in a new FILE.tar.gz, or in a
    /// folder of their own in DIR; with --connections also what cat shows of /proc
    #[arg(long, value_name = "FILE|DIR")]
    evidence: Option<PathBuf>,
    /// Once out of traffic, show who is still connected to its Service ports; runs cat in a container, which
    /// security monitors notice
    #[arg(long)]
    connections: bool,
    /// Wait so long until nobody is connected any more, or say who remains; means --connections
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait_connections: Option<Duration>,
    /// Once out of traffic, run this by sh in the pod, such as to leave a service registry [default: annotation
    /// drover.dev/offline of the pod or its Deployment]
    #[arg(long, value_name = "COMMAND")]
    offline: Option<String>,
    /// Do not run what the annotation says
    #[arg(long, conflicts_with = "offline")]
    no_offline: bool,
}

/// What is kept, looked at and run around the isolation.
#[derive(Debug, Clone, Default)]
pub struct SceneOptions {
    /// Where the evidence goes.
    pub evidence: Option<Destination>,
    /// Whether connections are looked at, and how long they are waited for.
    pub connections: Option<Duration>,
    /// What runs once the pod is out of traffic.
    pub offline: offline::Wish,
}

/// Where evidence goes: never over other evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Archive(PathBuf),
    Folder(PathBuf),
}

impl SceneArgs {
    /// Checks all that can be checked without a cluster.
    pub fn validate(self) -> Result<SceneOptions, Failure> {
        let Self { evidence, connections, wait_connections, offline, no_offline } = self;
        Ok(SceneOptions {
            evidence: evidence.map(Destination::of).transpose()?,
            connections: wait_connections.or(connections.then_some(Duration::ZERO)),
            offline: match offline {
                Some(command) => offline::Wish::Run(command),
                None if no_offline => offline::Wish::Nothing,
                None => offline::Wish::AsAnnotated,
            },
        })
    }
}

impl SceneOptions {
    /// The flags for a run that goes on, each with a space before it.
    pub fn flags_again(&self) -> String {
        let Self { evidence, connections, offline } = self;
        let evidence = evidence.as_ref().map(|destination| destination.next().display().to_string());
        let evidence = evidence.map(|path| format!(" --evidence={}", quoted(&path)));
        let connections = connections.map(|wait| match wait {
            Duration::ZERO => " --connections".to_owned(),
            wait => format!(" --wait-connections={}", typed_duration(wait)),
        });
        let offline = match offline {
            offline::Wish::Run(command) => format!(" --offline={}", quoted(command)),
            offline::Wish::Nothing => " --no-offline".to_owned(),
            offline::Wish::AsAnnotated => String::new(),
        };
        format!("{}{}{offline}", evidence.unwrap_or_default(), connections.unwrap_or_default())
    }
}

impl Destination {
    /// An archive is new; a folder may be one that has other evidence.
    fn of(path: PathBuf) -> Result<Self, Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_archive = archive_ending(&name).is_some();
        let failure = |why: &str| Failure::new(format!("--evidence {}: {why}", path.display()));
        if is_there(&path) && (is_archive || !path.is_dir()) {
            return Err(failure("there is a file of that name: choose another"));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if !parent.unwrap_or(Path::new(".")).is_dir() {
            return Err(failure("the folder above it does not exist"));
        }
        Ok(if is_archive { Self::Archive(path) } else { Self::Folder(path) })
    }

    /// As the person named it.
    pub fn path(&self) -> &Path {
        match self {
            Self::Archive(path) | Self::Folder(path) => path,
        }
    }

    /// Where a run that goes on saves more: where this one began an archive, in the next one, such as `web.2.tgz`
    /// beside `web.tgz`.
    fn next(&self) -> PathBuf {
        let path = self.path();
        if matches!(self, Self::Folder(_)) || !is_there(path) {
            return path.to_owned();
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ending = archive_ending(&name).unwrap_or_default();
        let stem = name.strip_suffix(ending).unwrap_or(&name);
        let counted = stem.rsplit_once('.').and_then(|(stem, count)| Some((stem, count.parse::<u8>().ok()?)));
        let (stem, count) = counted.unwrap_or((stem, 1));
        let mut names =
            (u32::from(count)..).skip(1).map(|count| path.with_file_name(format!("{stem}.{count}{ending}")));
        names.find(|path| !is_there(path)).unwrap_or_default()
    }
}

fn archive_ending(name: &str) -> Option<&'static str> {
    ARCHIVE_ENDINGS.into_iter().find(|ending| name.ends_with(ending))
}

/// Also where it is a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_never_goes_over_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Destination::of(folder.path().join(name));
        assert!(matches!(at("web.tar.gz"), Ok(Destination::Archive(_))));
        assert!(matches!(at("web.tgz"), Ok(Destination::Archive(_))));
        assert!(matches!(at("web"), Ok(Destination::Folder(_))));
        assert!(matches!(at("."), Ok(Destination::Folder(_))));
        assert!(at("no/such/web").is_err());
        for name in ["web.tgz", "web"] {
            std::fs::write(folder.path().join(name), "").unwrap();
            assert!(at(name).is_err());
        }
    }

    #[test]
    fn a_run_that_goes_on_saves_beside_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let next = |name: &str| {
            let next = Destination::of(folder.path().join(name)).unwrap().next();
            next.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(next("web-0.tar.gz"), "web-0.tar.gz", "nothing was saved yet");
        let begin = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
        let saved = |name: &str| {
            let destination = Destination::of(folder.path().join(name)).unwrap();
            begin(name);
            destination.next().file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(saved("web-0.tar.gz"), "web-0.2.tar.gz");
        assert_eq!(saved("web-0.2.tar.gz"), "web-0.3.tar.gz");
        assert_eq!(saved("web.20261126.tgz"), "web.20261126.2.tgz");
        begin("web.2.tgz");
        assert_eq!(saved("web.tgz"), "web.3.tgz");
        std::fs::create_dir(folder.path().join("all")).unwrap();
        assert_eq!(next("all"), "all", "a folder takes more");
    }
}
