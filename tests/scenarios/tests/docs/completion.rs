//! What kubectl offers while a plugin is typed: asked by kubectl's own `__complete`, as every shell's script does.

use std::time::{Duration, Instant};

use harness::{Fault, Namespace, Proxy, Rights, Select, User};
use scenarios::pods::pods;
use scenarios::shop::shop;
use scenarios::words::{expect_words, refused};

use crate::shims::{PLUGINS, path_with_shims, until_there};

/// What kubectl prints: candidates with what they are, and what else the shell does.
struct Offered(Vec<String>);

impl Offered {
    fn words(&self) -> Vec<&str> {
        let words = self.0.iter().filter(|line| !line.starts_with(':'));
        words.map(|line| line.split('\t').next().expect("a split has a first part")).collect()
    }

    fn directive(&self) -> &str {
        self.0.last().expect("there is at least a directive")
    }
}

/// Names are there in time or not at all, so where everything else runs too it may take another press of the key.
fn offered(namespace: &Namespace, typed: &[&str]) -> Offered {
    until_there(|| offered_once(namespace, typed), |offered| !offered.words().is_empty())
}

fn offered_once(namespace: &Namespace, typed: &[&str]) -> Offered {
    let asked = namespace.command([&["__complete"], typed].concat());
    lines(&asked.environment("PATH", &path_with_shims()).run().success().stdout)
}

fn offered_to(user: &User, typed: &[&str]) -> Offered {
    let asked = user.command([&["__complete"], typed].concat());
    lines(&asked.environment("PATH", &path_with_shims()).run().success().stdout)
}

fn lines(text: &str) -> Offered {
    Offered(text.lines().map(str::to_owned).collect())
}

#[test]
fn verbs_and_flags_are_offered_without_a_cluster() {
    let namespace = Namespace::new("complete-words");
    let nowhere = |typed: &[&str]| {
        let asked = namespace.command([&["__complete"], typed].concat());
        let asked = asked.environment("PATH", &path_with_shims()).environment("KUBECONFIG", "/no/such/file");
        lines(&asked.run().success().stdout)
    };
    for plugin in PLUGINS {
        let offered = nowhere(&[plugin, "version", "--"]);
        assert!(offered.words().contains(&"--client"), "{plugin} offers its flags: {:?}", offered.0);
        assert_eq!(offered.directive(), ":4", "and no files");
        assert!(nowhere(&[plugin, "v"]).0.iter().any(|line| line.starts_with("version\tPrint")), "{plugin}");
    }
    assert_eq!(nowhere(&["debug-mode", "on", "--keep=liveness,pre"]).words(), ["liveness,prestop"]);
    assert_eq!(
        nowhere(&["bundle", "list", "--kubeconfig", ""]).directive(),
        ":0",
        "here the shell offers files"
    );
    assert_eq!(nowhere(&["bundle", "export", "shop", ""]).directive(), ":16", "and here folders");
}

#[test]
fn a_shim_for_a_folder_that_is_not_there_is_refused() {
    let namespace = Namespace::new("complete-folder");
    let said = refused(namespace.kubectl(["bundle", "completion", "install-shim", "/no/such/folder"]));
    expect_words(&said, &["/no/such/folder/kubectl_complete-bundle", "mkdir -p /no/such/folder"]);
}

#[test]
fn pods_are_offered_where_they_can_be_isolated_or_put_back() {
    // Given a pod that serves and one that is isolated
    let namespace = shop("complete-pods", 1);
    let isolated = pods(&namespace, "app=web").remove(0);
    namespace.kubectl(["isolate", isolated.name()]).success();
    let serving = pods(&namespace, "app=web").remove(0);
    let elsewhere = Namespace::new("complete-elsewhere");

    // When they are typed, then each is offered where it fits
    let ours = |typed: &[&str]| offered(&namespace, typed).0;
    let line = |name: &str| vec![name.to_owned(), ":4".to_owned()];
    assert_eq!(ours(&["isolate", "web"]), line(serving.name()));
    assert_eq!(ours(&["isolate", "restore", ""]), line(isolated.name()));
    assert_eq!(ours(&["isolate", "cleanup", "pod/"]), line(&format!("pod/{}", isolated.name())));
    assert_eq!(offered_once(&namespace, &["isolate", "restore", isolated.name(), ""]).0, [":4"], "each once");
    assert_eq!(ours(&["isolate", "deploy/"]), line("deploy/web"));
    assert_eq!(offered(&namespace, &["lifecycle", "trace", "web"]).words().len(), 2, "both can be traced");

    // and from elsewhere by the flags before
    let there = ["isolate", "restore", "--context=drover", "-n", namespace.name(), ""];
    assert_eq!(offered(&elsewhere, &there).0, line(isolated.name()));
    let name = namespace.name();
    assert_eq!(offered(&elsewhere, &["isolate", "list", "-n", name]).0, line(name), "namespaces too");
    assert_eq!(offered(&elsewhere, &["isolate", "list", "--context", ""]).words(), ["drover"]);
}

#[test]
fn workloads_are_offered_by_their_type_and_those_in_debug_mode_at_once() {
    let namespace = shop("complete-workloads", 1);
    let types = offered(&namespace, &["debug-mode", "on", "d"]);
    assert_eq!(types.words(), ["deploy/", "ds/"]);
    assert_eq!(types.directive(), ":6", "the word goes on");
    assert_eq!(offered(&namespace, &["debug-mode", "on", "deploy/"]).words(), ["deploy/web"]);
    assert_eq!(offered(&namespace, &["debug-mode", "on", "deploy", ""]).words(), ["web"]);
    assert_eq!(offered_once(&namespace, &["debug-mode", "off", ""]).words(), [""; 0]);

    namespace.kubectl(["debug-mode", "on", "deploy/web"]).success();

    assert_eq!(offered(&namespace, &["debug-mode", "off", ""]).words(), ["deploy/web"]);
}

#[test]
fn bundles_and_their_versions_are_offered_with_what_was_said_of_them() {
    let namespace = shop("complete-bundles", 1);
    namespace
        .kubectl(["bundle", "create", "svc/web", "--name=shop", "-m", "as it\tcame\nfrom helm"])
        .success();

    let ours = |typed: &[&str]| offered(&namespace, typed).0;
    assert_eq!(ours(&["bundle", "snapshot", ""]), ["shop", ":4"]);
    let versions = ours(&["bundle", "rollback", "shop", "1"]);
    assert_eq!(versions, ["1\tas it\\tcame", ":4"], "what it says can't be taken for more candidates");
    assert_eq!(ours(&["bundle", "export", "shop@1"])[0], "shop@1\tas it\\tcame");
    assert_eq!(ours(&["bundle", "show", "svc/"]), ["svc/web", ":4"]);
    assert_eq!(ours(&["bundle", "add", "shop", "cm/k"]), ["cm/kube-root-ca.crt", ":4"]);
}

#[test]
fn who_may_not_list_is_offered_nothing_and_told_nothing() {
    let namespace = shop("complete-rights", 1);
    let rules = "- {apiGroups: [''], resources: [pods], verbs: [get]}";
    let user = namespace.limited_user("newcomer", Rights::Rules(rules));
    assert_eq!(offered_to(&user, &["isolate", "web"]).0, [":4"]);
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    // Given a server that never answers
    let namespace = shop("complete-stall", 1);
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "list", "pods"), Fault::Stall);
    let user = namespace.through(&proxy);

    // When a pod is typed
    let before = Instant::now();
    let offered = offered_to(&user, &["isolate", "web"]);

    // Then there is no name soon. How soon is measured by the benchmark, where nothing else runs.
    assert_eq!(offered.0, [":4"]);
    assert!(before.elapsed() < Duration::from_secs(5), "it took {:?}", before.elapsed());
}
