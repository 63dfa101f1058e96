//! From the index to a plugin that works, and back to nothing.

use std::fs;
use std::path::Path;

use scenarios::pods::{Pod, pods};
use scenarios::shop::shop;

use crate::home::{Home, text};
use crate::index::{Index, workspace};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

#[test]
fn five_commands_of_the_readme_lead_to_an_isolated_pod() {
    // Given somebody with krew, a cluster with a sick pod, and the README
    let namespace = shop("krew-readme", 2);
    let home = Home::new(&namespace);
    let index = Index::of_this_repository();
    let sick = pods(&namespace, "app=web").remove(0);
    let readme = fs::read_to_string(README).expect("there is a README");
    let commands = first_commands(&readme);
    assert_eq!(commands.len(), 5, "{commands:?}");

    // When they type what it says, with their pod's name
    for command in &commands {
        let words = command.split_whitespace().map(|word| match word {
            "POD" => sick.name(),
            url if url.starts_with("https://") => text(index.repository.path()),
            word => word,
        });
        let words: Vec<_> = words.collect();
        assert_eq!(words[0], "kubectl", "{command}");
        home.command(&words[1..]).run().success();
    }

    // Then the pod is isolated
    let isolated = Pod(namespace.get(&format!("pod/{}", sick.name())));
    assert_eq!(isolated.label("drover.dev/isolated"), Some("true"));
    assert!(isolated.is_released());
}

#[test]
fn every_plugin_is_installed_run_as_kubectl_runs_it_and_uninstalled() {
    // Given an index that krew has added
    let namespace = shop("krew-all", 1);
    let index = Index::of_this_repository();
    let home = Home::with_index(&namespace, index.repository.path());

    // When every plugin is installed
    let plugins: Vec<_> = workspace().plugins.into_iter().map(|plugin| plugin.name).collect();
    let wanted: Vec<_> = plugins.iter().map(|plugin| format!("drover/{plugin}")).collect();
    let install = ["krew", "install"].into_iter().chain(wanted.iter().map(String::as_str));
    home.command(&install.collect::<Vec<_>>()).run().success();

    // Then each does its work on the cluster
    let pod = pods(&namespace, "app=web").remove(0);
    let runs: [(&str, &[&str], &str); 4] = [
        ("isolate", &["isolate", pod.name(), "--dry-run=client"], "isolated (dry run)"),
        ("debug-mode", &["debug-mode", "on", "deploy/web", "--dry-run=client"], "(dry run)"),
        ("bundle", &["bundle", "show", "svc/web"], "deployment/web"),
        ("lifecycle", &["lifecycle", "show", "deploy/web"], "GET :8080/ready"),
    ];
    assert_eq!(plugins.len(), runs.len(), "{plugins:?}");
    for (plugin, arguments, answer) in runs {
        assert!(plugins.iter().any(|name| name == plugin), "{plugin} is a plugin");
        let stdout = home.command(arguments).run().success().stdout;
        assert!(stdout.contains(answer), "{plugin}:\n{stdout}");
    }

    // and when they are uninstalled, nothing is left of them
    for plugin in &plugins {
        home.kubectl(["krew", "uninstall", plugin]).success();
    }
    assert_eq!(home.installed(), [].into());
}

#[test]
fn an_archive_that_somebody_changed_is_refused() {
    // Given an archive that is not the one that the manifest tells of
    let namespace = shop("krew-tampered", 1);
    let index = Index::of_this_repository();
    append_a_byte(index.archives.path());

    // When somebody installs the plugin
    let home = Home::with_index(&namespace, index.repository.path());
    let refused = home.kubectl(["krew", "install", "drover/isolate"]).failure(1);

    // Then krew does not, and says why
    assert!(refused.stderr.contains("checksum does not match"), "{}", refused.stderr);
    assert_eq!(home.installed(), [].into());
}

/// The commands of the first block below "Install".
fn first_commands(readme: &str) -> Vec<&str> {
    let install = readme.split_once("\n## Install\n").expect("there is a chapter about it").1;
    let block = install.split("```").nth(1).expect("there is a block in it");
    block.trim().lines().filter(|line| !line.is_empty()).collect()
}

fn append_a_byte(archives: &Path) {
    for entry in fs::read_dir(archives).expect("there are archives") {
        let path = entry.expect("a folder can be read").path();
        let mut contents = fs::read(&path).expect("an archive can be read");
        contents.push(0);
        fs::write(&path, contents).expect("an archive can be written");
    }
}
