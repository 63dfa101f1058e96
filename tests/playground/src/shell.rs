//! Runs command lines as a shell does, so that what is shown is what is run.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::Cluster;

use crate::stop::Stop;

/// Where the commands run, and with which environment.
pub struct Shell {
    /// The folder of this program, where Cargo also puts the plugins and the load generator.
    binaries: PathBuf,
    /// The folders in front of the machine's own `PATH`.
    path: Vec<PathBuf>,
    kubeconfig: Option<OsString>,
}

impl Shell {
    /// kubectl and its configuration as they are on this machine, and the plugins.
    pub fn new() -> Result<Self, Stop> {
        let program = env::current_exe()?;
        let binaries = program.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { path: vec![binaries.clone()], binaries, kubeconfig: None })
    }

    /// From now on kubectl is the cluster's own, and its only cluster is this one.
    pub fn enter(&mut self, cluster: &Cluster) {
        self.path.extend(cluster.kubectl.parent().map(Path::to_owned));
        self.kubeconfig = Some(cluster.kubeconfig.clone().into());
    }

    /// The folder of the plugins, as short as it can be written in the repository.
    pub fn binaries(&self) -> &Path {
        self.binaries.strip_prefix(repository_root()).unwrap_or(&self.binaries)
    }

    /// The command line, to be started in the repository's folder.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(repository_root());
        let machine = env::var_os("PATH").unwrap_or_default();
        let folders = self.path.iter().cloned().chain(env::split_paths(&machine));
        // Only a folder with a colon in its name cannot be joined; the machine's own PATH has none.
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        // What Cargo tells this program about its own package would look to build scripts (ring's, for one) like a
        // change, and they would be built again each time.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// What a command prints, without showing it.
    pub fn read(&self, line: &str) -> Result<String, Stop> {
        let output = self.command(line).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(Stop::Failed(format!("{line}: {}", output.status)))
        }
    }

    /// Runs a command with the terminal as its own, to its end.
    pub fn run(&self, line: &str) -> Result<(), Stop> {
        let status: io::Result<_> = self.command(line).status();
        match status? {
            status if status.success() => Ok(()),
            status => Err(Stop::Failed(format!("{line}: {status}"))),
        }
    }
}

/// The folder of the workspace.
fn repository_root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}
