//! A namespace per test.

use std::ffi::OsStr;
use std::path::Path;
use std::process;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::command::{Finished, Invocation};
use crate::kubectl::Kubectl;
use crate::proxy::Proxy;
use crate::users::User;

/// Carries the id of the test process, so that `kubectl get namespaces -L drover.test/process` tells what a killed
/// run left behind.
const PROCESS_LABEL: &str = "drover.test/process";

/// A namespace of its own for one test, deleted when dropped, also after a panic.
pub struct Namespace {
    name: String,
    kubectl: Kubectl,
}

impl Namespace {
    /// Creates a namespace whose name starts with the test's name; the API server makes it unique.
    pub fn new(test: &str) -> Self {
        let administrator = Cluster::get().administrator();
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"generateName": format!("{test}-"), "labels": {PROCESS_LABEL: process::id().to_string()}},
        });
        let name = Kubectl::new(administrator.clone(), "default")
            .command(["create", "--filename=-", "--output=jsonpath={.metadata.name}"])
            .input(manifest.to_string())
            .run()
            .success()
            .stdout;
        let namespace = Self { kubectl: Kubectl::new(administrator.clone(), &name), name };
        // Pods are refused until their default ServiceAccount exists, shortly after the namespace.
        namespace.wait("serviceaccount/default", "create", 30);
        namespace
    }

    /// The namespace's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs kubectl as the administrator, with this namespace as the context's default.
    pub fn kubectl(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Finished {
        self.command(arguments).run()
    }

    /// The same, not started yet: to give it input, another deadline, or to run it in the background.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
        self.kubectl.command(arguments)
    }

    /// The administrator of this namespace, behind a proxy.
    pub fn through(&self, proxy: &Proxy) -> User {
        User::new(self.kubectl.through(proxy))
    }

    /// The kubeconfig that kubectl runs with, as long as this value lives.
    pub fn kubeconfig(&self) -> &Path {
        self.kubectl.kubeconfig()
    }

    /// Applies manifests.
    pub fn apply(&self, manifests: &str) {
        self.command(["apply", "--filename=-"]).input(manifests).run().success();
    }

    /// One object as it is now, for example `get("deployment/web")`.
    pub fn get(&self, object: &str) -> Value {
        let json = self.kubectl(["get", object, "--output=json"]).success().stdout;
        serde_json::from_str(&json).expect("`kubectl get --output=json` prints JSON")
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // During a panic a second one would end the whole test process, so a failure is only reported.
        let deletion = self.command(["delete", "namespace", &self.name, "--wait=false"]).start().try_finish();
        match deletion {
            Ok(finished) if finished.code == 0 => {}
            Ok(finished) => eprintln!("namespace {} is left: {}", self.name, finished.stderr),
            Err(hang) => eprintln!("namespace {} is left: {hang}", self.name),
        }
    }
}
