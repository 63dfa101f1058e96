//! Ways to a cluster: credentials, proxies, kubeconfigs; and what is said when one leads nowhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use harness::{Cluster, Finished, Namespace};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::connect_proxy::ConnectProxy;
use crate::pods::pods;
use crate::promises::{expect_words, refused};
use crate::shop::shop;

/// A folder with the administrator's kubeconfig, to be changed.
struct Files {
    folder: TempDir,
    namespace: Namespace,
}

impl Files {
    fn new(test: &str) -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), namespace: Namespace::new(test) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A kubeconfig with the administrator's cluster and the user or cluster changed.
    fn kubeconfig(&self, change: impl FnOnce(&mut Value)) -> String {
        let text = fs::read_to_string(&Cluster::get().kubeconfig).expect("the cluster has a kubeconfig");
        let mut kubeconfig: Value = serde_saphyr::from_str(&text).expect("a kubeconfig is YAML");
        change(&mut kubeconfig);
        let path = self.path("kubeconfig");
        fs::write(&path, kubeconfig.to_string()).expect("the folder can be written to");
        path.to_str().expect("a plain path").to_owned()
    }

    /// A credential plugin: a script that notes that it ran.
    fn plugin(&self, script: &str) -> String {
        let path = self.path("plugin");
        let note = self.path("runs");
        let text = format!("#!/bin/sh\necho run >> {}\n{script}\n", note.display());
        fs::write(&path, text).expect("the folder can be written to");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("our own file");
        path.to_str().expect("a plain path").to_owned()
    }

    fn list(&self, flags: &[&str]) -> Finished {
        self.namespace.kubectl([&["isolate", "list"], flags].concat())
    }
}

fn token() -> String {
    let text = fs::read_to_string(&Cluster::get().kubeconfig).expect("the cluster has a kubeconfig");
    let kubeconfig: Value = serde_saphyr::from_str(&text).expect("a kubeconfig is YAML");
    kubeconfig["users"][0]["user"]["token"].as_str().expect("the administrator has a token").to_owned()
}

fn exec(command: &str) -> Value {
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "IfAvailable",
        "installHint": "get it from the platform team", "provideClusterInfo": false,
    }})
}

#[test]
fn a_credential_plugin_runs_once_for_many_requests() {
    let files = Files::new("exec-once");
    let answer = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token()}});
    let plugin = files.plugin(&format!("echo '{answer}'"));
    let kubeconfig = files.kubeconfig(|config| config["users"][0]["user"] = exec(&plugin));
    files.list(&["--kubeconfig", &kubeconfig]).success();
    let runs = fs::read_to_string(files.path("runs")).expect("the plugin notes its runs");
    assert_eq!(runs, "run\n", "it ran once");
}

#[test]
fn a_credential_plugin_that_fails_is_told_with_its_hint_and_without_its_output() {
    let files = Files::new("exec-fails");
    for script in ["echo secret-token; exit 3", "echo secret-token"] {
        let plugin = files.plugin(script);
        let kubeconfig = files.kubeconfig(|config| config["users"][0]["user"] = exec(&plugin));
        let failed = files.list(&["--kubeconfig", &kubeconfig]).failure(1);
        assert!(failed.stderr.contains(&format!("credential plugin {plugin}")), "{}", failed.stderr);
        assert!(failed.stderr.contains("get it from the platform team"), "its hint: {}", failed.stderr);
        assert!(!failed.stderr.contains("secret-token"), "what it printed may be a token: {}", failed.stderr);
    }
}

#[test]
fn a_credential_plugin_that_is_missing_or_wants_a_terminal_is_told() {
    let files = Files::new("exec-missing");
    let kubeconfig = files.kubeconfig(|config| config["users"][0]["user"] = exec("/no/such/plugin"));
    let failed = files.list(&["--kubeconfig", &kubeconfig]).failure(1);
    assert!(failed.stderr.contains("get it from the platform team"), "{}", failed.stderr);
    let plugin = files.plugin("read answer; exit 1");
    let kubeconfig = files.kubeconfig(|config| {
        config["users"][0]["user"] = exec(&plugin);
        config["users"][0]["user"]["exec"]["interactiveMode"] = json!("Always");
    });
    let failed = files.list(&["--kubeconfig", &kubeconfig]).failure(1);
    assert!(failed.stderr.contains("needs a terminal"), "{}", failed.stderr);
}

#[test]
fn a_missing_file_of_a_list_is_skipped_and_an_explicit_one_is_not() {
    let files = Files::new("kubeconfig-list");
    let list = format!("/no/such/file:{}", files.kubeconfig(|_| ()));
    files.namespace.command(["isolate", "list"]).environment("KUBECONFIG", &list).run().success();
    let failed = files.list(&["--kubeconfig", "/no/such/file"]).failure(1);
    assert!(failed.stderr.contains("kubeconfig /no/such/file does not exist"), "{}", failed.stderr);
}

#[test]
fn a_certificate_that_is_not_trusted_and_a_token_that_is_not_accepted_are_told() {
    let files = Files::new("not-trusted");
    let untrusted = files.kubeconfig(|config| {
        config["clusters"][0]["cluster"]["certificate-authority"] =
            json!("/etc/ssl/certs/ca-certificates.crt");
        let cluster = config["clusters"][0]["cluster"].as_object_mut().expect("a cluster");
        cluster.remove("certificate-authority-data");
    });
    if Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        let failed = files.list(&["--kubeconfig", &untrusted]).failure(1);
        assert!(failed.stderr.contains("certificate is not trusted"), "{}", failed.stderr);
    }
    let failed = files.list(&["--token", "expired"]).failure(1);
    assert!(
        failed.stderr.contains("Unauthorized") && failed.stderr.contains("log in again"),
        "{}",
        failed.stderr
    );
}

#[test]
fn somebody_else_is_asked_as_that_somebody() {
    let files = Files::new("impersonate");
    let failed = files.list(&["--as", "nobody"]).failure(1);
    assert!(failed.stderr.contains("User \"nobody\" cannot list"), "{}", failed.stderr);
}

#[test]
fn the_kubeconfigs_proxy_is_used_and_the_environments_gives_way_to_no_proxy() {
    let files = Files::new("by-proxy");
    let proxy = ConnectProxy::start();
    let kubeconfig = files.kubeconfig(|config| {
        config["clusters"][0]["cluster"]["proxy-url"] = json!(proxy.url());
    });
    files.list(&["--kubeconfig", &kubeconfig]).success();
    assert_eq!(proxy.connections(), 1, "proxy-url is used, by one connection");
    let list = || files.namespace.command(["isolate", "list"]).environment("HTTPS_PROXY", &proxy.url());
    list().run().success();
    assert_eq!(proxy.connections(), 2, "HTTPS_PROXY is used");
    list().environment("NO_PROXY", "127.0.0.1,").run().success();
    assert_eq!(proxy.connections(), 2, "NO_PROXY names the server, and a trailing comma does no harm");
}

#[test]
fn what_a_refusal_suggests_works_on_the_same_cluster() {
    // Given a pod that serves, on a cluster that is named by a flag
    let namespace = shop("same-cluster", 1);
    let pod = &pods(&namespace, "app=web")[0];
    let kubeconfig = namespace.kubeconfig().display().to_string();

    // When it is to be put back, then what is suggested names that cluster as well
    let command = ["isolate", "restore", pod.name(), "--kubeconfig", &kubeconfig];
    let said = refused(namespace.kubectl(command));
    let list =
        format!("see what is:  kubectl isolate list -n {} --kubeconfig {kubeconfig}", namespace.name());
    expect_words(&said, &["is not isolated", &list]);
}
