//! What a person typed about the scene, checked before any request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use drover::cli::{Failure, parse_duration};

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
                Some(command) => offline::Wish::Run(offline::Step::of_shell(&command)),
                None if no_offline => offline::Wish::Nothing,
                None => offline::Wish::AsAnnotated,
            },
        })
    }
}

impl Destination {
    /// An archive is new; a folder may be one that has other evidence.
    fn of(path: PathBuf) -> Result<Self, Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_archive = ARCHIVE_ENDINGS.iter().any(|ending| name.ends_with(ending));
        let failure = |why: &str| Failure::new(format!("--evidence {}: {why}", path.display()));
        if path.symlink_metadata().is_ok() && (is_archive || !path.is_dir()) {
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
}
