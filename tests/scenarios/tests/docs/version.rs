//! What runs here and there.

use std::collections::BTreeSet;
use std::fs;

use harness::{Fault, Namespace, Proxy, Select};
use serde_json::Value;

use crate::repository::{path, read};
use crate::shims::PLUGINS;

#[test]
fn both_versions_are_told_and_the_server_was_tested() {
    let namespace = Namespace::new("version");
    let kubectls = json(&namespace.kubectl(["version", "-o", "json"]).success().stdout);
    for plugin in PLUGINS {
        let told = namespace.kubectl([plugin, "version"]).success();
        let server = kubectls["serverVersion"]["gitVersion"].as_str().expect("kubectl knows it");
        assert!(told.stdout.starts_with("Client Version: v"), "{}", told.stdout);
        assert!(told.stdout.ends_with(&format!("\nServer Version: {server}\n")), "{}", told.stdout);
        assert_eq!(told.stderr, "", "the cluster of the tests is one of those tested");
        let answer = json(&namespace.kubectl([plugin, "version", "-o", "json"]).success().stdout);
        assert_eq!(
            answer["serverVersion"], kubectls["serverVersion"],
            "programs read the same as of kubectl"
        );
    }
}

/// Those that `cargo skew` runs against, and that of all other tests.
#[test]
fn the_tested_versions_are_those_that_can_be_built() {
    let modules = read("tests/cluster/go.mod");
    let usual = modules.lines().find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v1."));
    let usual = usual.and_then(|version| version.split('.').next()).expect("the cluster is a Kubernetes");
    let files = fs::read_dir(path("tests/cluster/skew")).expect("there are others");
    let names =
        files.map(|file| file.expect("a folder can be read").file_name().into_string().expect("text"));
    let others = names.filter_map(|name| Some(name.strip_prefix("1.")?.strip_suffix(".mod")?.to_owned()));
    let minors = others.chain([usual.to_owned()]).map(|minor| minor.parse::<u32>().expect("a number"));
    let minors: BTreeSet<u32> = minors.collect();
    let (first, last) = minors.first().zip(minors.last()).expect("there is one");
    assert!(minors.iter().copied().eq(*first..=*last), "none is left out: {minors:?}");

    let said = format!("Tested with 1.{first} to 1.{last};");
    assert!(read("README.md").contains(&said), "{said}");
    let known = format!("RangeInclusive<u32> = {first}..={last};");
    assert!(read("shared/src/cli/version.rs").contains(&known), "{known}");
}

#[test]
fn the_client_alone_needs_no_cluster() {
    let namespace = Namespace::new("version-client");
    let command = namespace.command(["isolate", "version", "--client", "-o", "yaml"]);
    let told = command.environment("KUBECONFIG", "/no/such/file").run().success().stdout;
    let read: Value = serde_saphyr::from_str(&told).expect("-o yaml prints YAML");
    assert_eq!(read["clientVersion"]["gitVersion"], format!("v{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(read["serverVersion"], Value::Null);
}

#[test]
fn what_is_known_here_is_told_though_the_server_refuses() {
    let namespace = Namespace::new("version-refused");
    let proxy = Proxy::start();
    proxy.break_request(Select::Number(1), Fault::Status(403));
    let told = namespace.through(&proxy).kubectl(["isolate", "version"]).failure(1);
    assert!(told.stdout.starts_with("Client Version: v"), "{}", told.stdout);
    assert!(told.stderr.starts_with("error: the server's version: "), "{}", told.stderr);
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("-o json prints JSON")
}
