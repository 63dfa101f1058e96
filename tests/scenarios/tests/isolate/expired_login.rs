//! A login that runs out in the middle of a long wait is renewed, and the wait goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use harness::{Cluster, Namespace};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pods::pods;
use crate::promises::expect_isolated;
use crate::shop::{half_isolate_with, let_in, slow_shop};

/// How long the API server may go on to accept a token that was revoked: it remembers for ten seconds.
const REVOKED: Duration = Duration::from_secs(60);

#[test]
fn a_credential_plugin_is_asked_once_more() {
    let home = TempDir::new().expect("a temporary folder");
    let (plugin, runs) = (home.path().join("plugin"), home.path().join("runs"));
    // Each run answers with the token of its number.
    let script = format!(
        "#!/bin/sh\necho run >> {runs}\ncat {folder}/answer-$(($(wc -l < {runs})))\n",
        runs = runs.display(),
        folder = home.path().display()
    );
    fs::write(&plugin, script).expect("the folder can be written to");
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o700)).expect("our own file");
    let exec = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": plugin, "interactiveMode": "Never",
    }});
    let answer = |number: usize, token: &str| {
        let answer = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token},
        });
        let file = home.path().join(format!("answer-{number}"));
        fs::write(file, answer.to_string()).expect("the folder can be written to");
    };

    it_outlives_its_login("exec-expires", &home, &exec, answer);

    assert_eq!(fs::read_to_string(runs).expect("the plugin notes its runs"), "run\nrun\n");
}

#[test]
fn a_file_with_a_token_is_read_once_more() {
    let home = TempDir::new().expect("a temporary folder");
    let file = home.path().join("token");
    let user = json!({"tokenFile": file});
    it_outlives_its_login("file-expires", &home, &user, |_, token| {
        fs::write(&file, token).expect("the folder can be written to");
    });
}

/// Given a command that waits for a replacement with the first of two logins, when that one is revoked while it waits,
/// then it goes on with the second.
fn it_outlives_its_login(test: &str, home: &TempDir, user: &Value, give: impl Fn(usize, &str)) {
    let namespace = slow_shop(test, 1);
    let sick = &pods(&namespace, "app=web")[0];
    let [first, second] = ["first", "second"].map(|name| Login::new(&namespace, name));
    give(1, &first.token);
    let kubeconfig = kubeconfig(home.path(), user);
    let flags = ["--kubeconfig", kubeconfig.to_str().expect("a plain path"), "-n", namespace.name()];

    let (command, replacement) = half_isolate_with(&namespace, sick, &flags);
    give(2, &second.token);
    first.revoke(&namespace);
    let_in(&namespace, &replacement);

    command.finish().success();
    expect_isolated(&namespace, sick);
}

/// A token that lives as long as a Secret does.
struct Login {
    secret: String,
    token: String,
}

impl Login {
    fn new(namespace: &Namespace, secret: &str) -> Self {
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "oncall"},
        });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "oncall"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "oncall", "namespace": namespace.name()}],
        });
        let bound_to = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret}});
        namespace.apply(&[account, binding, bound_to].map(|object| object.to_string()).join("\n---\n"));
        let name = format!("--bound-object-name={secret}");
        let answer = namespace.kubectl(["create", "token", "oncall", "--bound-object-kind=Secret", &name]);
        Self { secret: secret.to_owned(), token: answer.success().stdout.trim().to_owned() }
    }

    /// Waits until the API server has noticed; nothing can be watched for it.
    fn revoke(&self, namespace: &Namespace) {
        namespace.kubectl(["delete", "secret", &self.secret]).success();
        let deadline = Instant::now() + REVOKED;
        while namespace.kubectl(["auth", "whoami", "--token", &self.token]).code == 0 {
            assert!(Instant::now() < deadline, "the token is still accepted");
        }
    }
}

/// The administrator's kubeconfig with another user.
fn kubeconfig(home: &Path, user: &Value) -> PathBuf {
    let text = fs::read_to_string(&Cluster::get().kubeconfig).expect("the cluster has a kubeconfig");
    let mut kubeconfig: Value = serde_saphyr::from_str(&text).expect("a kubeconfig is YAML");
    kubeconfig["users"][0]["user"] = user.clone();
    let path = home.join("kubeconfig");
    fs::write(&path, kubeconfig.to_string()).expect("the folder can be written to");
    path
}
