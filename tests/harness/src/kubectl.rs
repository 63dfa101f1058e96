//! kubectl as one user in one namespace has it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binaries;
use crate::cluster::{Cluster, Connection};
use crate::command::Invocation;
use crate::proxy::Proxy;

/// A kubeconfig, and a home folder that nothing else uses.
pub(crate) struct Kubectl {
    connection: Connection,
    namespace: String,
    kubeconfig: PathBuf,
    home: PathBuf,
    /// Holds both of the above; removed when neither this nor any of its commands needs it.
    folder: Arc<TempDir>,
}

impl Kubectl {
    pub(crate) fn new(connection: Connection, namespace: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("drover-test-")
            .tempdir()
            .expect("a temporary folder can be created");
        let home = folder.path().join("home");
        fs::create_dir(&home).expect("a folder can be created in a new temporary folder");
        let kubeconfig = folder.path().join("kubeconfig");
        fs::write(&kubeconfig, kubeconfig_text(&connection, namespace).to_string())
            .expect("a file can be written in a new temporary folder");
        Self { connection, namespace: namespace.to_owned(), kubeconfig, home, folder: Arc::new(folder) }
    }

    /// The same user in the same namespace, by another way. What kubectl keeps in its home folder is kept apart, so
    /// nothing that was asked on one way is known on the other.
    pub(crate) fn through(&self, proxy: &Proxy) -> Self {
        let connection = Connection { cluster: proxy.cluster(), user: self.connection.user.clone() };
        Self::new(connection, &self.namespace)
    }

    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// kubectl with an environment that holds nothing but what it needs.
    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
        let cluster = Cluster::get();
        let mut command = Command::new(&cluster.kubectl);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", &self.home)
            .env("KUBECONFIG", &self.kubeconfig);
        Invocation::new(command).keep(self.folder.clone())
    }
}

/// The PATH of every command: the plugins, the cluster's kubectl, and the machine's own programs.
pub fn search_path() -> OsString {
    let own_folder = Cluster::get().kubectl.parent().expect("kubectl lies in a folder");
    let path = [binaries::folder(), own_folder, Path::new("/usr/bin"), Path::new("/bin")];
    std::env::join_paths(path).expect("no folder has a colon in its name")
}

/// JSON is YAML, so kubectl reads this as any other kubeconfig.
fn kubeconfig_text(connection: &Connection, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "drover",
        "contexts": [{"name": "drover", "context": {"cluster": "drover", "user": "drover", "namespace": namespace}}],
        "clusters": [{"name": "drover", "cluster": connection.cluster}],
        "users": [{"name": "drover", "user": connection.user}],
    })
}
