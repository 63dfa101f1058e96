//! The real cluster of `tests/cluster`, shared by all tests.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

/// The running cluster, as `cluster status -o json` describes it.
#[derive(Deserialize)]
pub struct Cluster {
    /// The kubectl that was built with the cluster. One found on the machine may be of any version, or a wrapper.
    pub kubectl: PathBuf,
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// The API server's address, reachable from everywhere on this machine.
    pub server: String,
    state: String,
}

impl Cluster {
    /// The cluster, started first if it does not run. A first start takes minutes; its progress goes to stderr.
    pub fn get() -> &'static Cluster {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            cluster_output(&["up"]);
            let status = cluster_output(&["status", "-o", "json"]);
            let cluster: Cluster = serde_json::from_slice(&status)
                .expect("`cluster status -o json` prints the cluster's description");
            assert_eq!(cluster.state, "running", "the cluster's state after `cluster up`");
            cluster
        })
    }

    /// A command inside the cluster's network namespace, the only place from which pods and Services are reachable.
    pub fn exec_command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = cluster_command();
        command.args(["exec", "--"]).arg(program);
        command
    }

    /// How the administrator reaches this cluster: the `cluster` and the `user` of a kubeconfig, with every file
    /// they refer to included.
    pub(crate) fn administrator(&self) -> &'static Connection {
        static ADMINISTRATOR: OnceLock<Connection> = OnceLock::new();
        ADMINISTRATOR.get_or_init(|| {
            let mut view = Command::new(&self.kubectl);
            view.args(["config", "view", "--raw", "--flatten", "--minify", "--output=json", "--kubeconfig"]);
            let mut config: Value = serde_json::from_slice(&output_of(view.arg(&self.kubeconfig)))
                .expect("`kubectl config view --output=json` prints JSON");
            Connection {
                cluster: config["clusters"][0]["cluster"].take(),
                user: config["users"][0]["user"].take(),
            }
        })
    }
}

/// The two halves of a kubeconfig that say where the API server is and who calls it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub cluster: Value,
    pub user: Value,
}

/// The folder of the workspace.
pub(crate) fn repository_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate lies two folders below the root")
}

fn cluster_command() -> Command {
    Command::new(repository_root().join("tests/cluster/cluster"))
}

/// Of another version there is only a control plane (`cargo skew`).
fn cluster_output(arguments: &[&str]) -> Vec<u8> {
    let is_other = std::env::var_os("DROVER_KUBERNETES").is_some();
    output_of(cluster_command().args(arguments).args(is_other.then_some("--control-plane")))
}

/// Standard error is inherited, so that a person sees what takes long and what went wrong.
fn output_of(command: &mut Command) -> Vec<u8> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", output.status);
    output.stdout
}
