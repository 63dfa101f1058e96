//! What a plugin answers on its own, it answers without a cluster: neither a kubeconfig nor the network is touched.

use std::process::Command;
use std::time::Duration;

use harness::Namespace;

const PLUGINS: [&str; 4] = ["isolate", "debug-mode", "bundle", "lifecycle"];

#[test]
fn help_version_and_usage_errors_need_no_kubeconfig() {
    // Given a kubeconfig that nobody can open and come back: a pipe that nobody writes to. It names the only server
    // that there is, so who does not read it asks none
    let namespace = Namespace::new("start-up");
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let kubeconfig = folder.path().join("kubeconfig");
    let made = Command::new("mkfifo").arg(&kubeconfig).status().expect("mkfifo can be started");
    assert!(made.success());
    let kubeconfig = kubeconfig.to_str().expect("a temporary folder's name is text");

    for plugin in PLUGINS {
        for (question, code) in [("--help", 0), ("--version", 0), ("--no-such-flag", 1)] {
            // When somebody asks what needs no cluster, then it is answered
            let answer = namespace
                .command([plugin, question])
                .environment("KUBECONFIG", kubeconfig)
                .deadline(Duration::from_secs(10))
                .run()
                .failure(code);
            let words = format!("{}{}", answer.stdout, answer.stderr);
            assert!(words.contains(plugin), "kubectl {plugin} {question}:\n{words}");
        }
    }
}
