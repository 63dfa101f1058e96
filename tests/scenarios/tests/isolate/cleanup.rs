//! `kubectl isolate cleanup` deletes isolated pods, and nothing else.

use harness::{Fault, Namespace, Proxy, Rights, Select};

use crate::pods::{Pod, pod, pods};
use crate::promises::{
    expect_gone, expect_isolated, expect_untouched, expect_words, isolate, refused, restore_with,
};
use crate::rights::rules_without;
use crate::shop::{half_isolate, shop, slow_shop};

#[test]
fn pods_are_cleared_away_by_name() {
    // Given three isolated pods, and three that serve
    let (namespace, sick) = shop_with_isolated_pods("cleanup", 3);
    let serving = pods(&namespace, "app=web");

    // When one is cleared away, and then the others
    let one = cleanup(&namespace, &[sick[0].name()]);
    for left in &sick[1..] {
        expect_isolated(&namespace, left);
    }
    let others = cleanup(&namespace, &["pod", sick[2].name(), sick[1].name()]);

    // Then each is named as it was asked for, and gone, and no other pod has changed
    assert_eq!(one, deleted(&sick[..1]));
    assert_eq!(others, deleted(&[sick[2].clone(), sick[1].clone()]));
    for pod in &sick {
        expect_gone(&namespace, pod);
    }
    expect_all_untouched(&namespace, &serving);
}

#[test]
fn pods_are_cleared_away_by_label_and_all_together() {
    // Given three isolated pods, one of which somebody has labelled, as they have one that serves
    let (namespace, sick) = shop_with_isolated_pods("cleanup-all", 3);
    for pod in [&sick[1], &pods(&namespace, "app=web")[0]] {
        namespace.kubectl(["label", "pod", pod.name(), "case=closed"]).success();
    }
    let serving = pods(&namespace, "app=web");

    // When those with the label are cleared away, then the one that serves is not among them
    assert_eq!(cleanup(&namespace, &["-l", "case=closed"]), deleted(&sick[1..2]));
    expect_gone(&namespace, &sick[1]);
    expect_isolated(&namespace, &sick[0]);
    expect_isolated(&namespace, &sick[2]);

    // When all are, then those that serve are not among them either
    let answer = cleanup(&namespace, &["--all"]);
    let mut lines: Vec<&str> = answer.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.join("\n") + "\n", deleted(&[sick[0].clone(), sick[2].clone()]));
    expect_gone(&namespace, &sick[0]);
    expect_gone(&namespace, &sick[2]);
    expect_all_untouched(&namespace, &serving);

    // When there is none left, then that is said, and no failure
    let finished = namespace.kubectl(["isolate", "cleanup", "--all"]).success();
    assert_eq!(finished.stdout, "", "nothing was deleted");
    expect_words(&finished.stderr, &["No isolated pods"]);
}

#[test]
fn a_pod_that_is_not_isolated_keeps_all_where_they_are() {
    // Given an isolated pod and one that serves
    let (namespace, sick) = shop_with_isolated_pods("cleanup-serving", 1);
    let serving = pods(&namespace, "app=web");

    // When both are to be cleared away, then that is refused
    let said = expect_refusal(&namespace, &[sick[0].name(), serving[0].name()]);
    expect_words(&said, &[&format!("pod/{} is not isolated", serving[0].name())]);
    // and neither has changed
    expect_isolated(&namespace, &sick[0]);
    expect_all_untouched(&namespace, &serving);
}

#[test]
fn a_half_isolated_pod_still_serves_and_stays() {
    // Given a pod that left its controller and still takes traffic
    let namespace = slow_shop("cleanup-half", 2);
    let sick = pods(&namespace, "app=web").remove(0);
    let (mut isolation, _) = half_isolate(&namespace, &sick);
    isolation.kill();
    isolation.finish().failure(128 + 9);
    let half = pod(&namespace, sick.name());

    // When it is to be cleared away, by name or with all others, then that is refused
    for chosen in [sick.name(), "--all"] {
        let said = expect_refusal(&namespace, &[chosen]);
        expect_words(&said, &[sick.name(), "half isolated", "kubectl isolate"]);
        expect_untouched(&namespace, &half);
    }
}

#[test]
fn what_holds_a_pod_is_named() {
    // Given an isolated pod that a finalizer holds
    let (namespace, sick) = shop_with_isolated_pods("cleanup-held", 1);
    let _hold = Hold::put_on(&namespace, sick[0].name());

    // When it is cleared away
    let command = ["isolate", "cleanup", sick[0].name(), "--timeout=2s"];
    let finished = namespace.kubectl(command).failure(1);

    // Then it is said that it was deleted, and what it waits for
    assert_eq!(finished.stdout, "", "it is not gone");
    expect_words(&finished.stderr, &["error: ", sick[0].name(), Hold::FINALIZER]);
    let held = pod(&namespace, sick[0].name());
    assert!(!held.0["metadata"]["deletionTimestamp"].is_null(), "it is being deleted");
}

#[test]
fn ctrl_c_while_a_pod_does_not_go() {
    // Given an isolated pod that is being deleted, and a command that waits until it is gone
    let (namespace, sick) = shop_with_isolated_pods("cleanup-interrupted", 1);
    let _hold = Hold::put_on(&namespace, sick[0].name());
    let waiting = namespace.command(["isolate", "cleanup", sick[0].name(), "--timeout=60s"]).start();
    namespace.watch_until("pods", 30, |pods| {
        let held = pods.get(sick[0].uid())?;
        (!held["metadata"]["deletionTimestamp"].is_null()).then_some(())
    });

    // When it is interrupted, then it says that the pod was deleted and is not gone
    waiting.interrupt();
    let finished = waiting.finish().failure(1);
    expect_words(&finished.stderr, &["error: ", "interrupted", sick[0].name()]);
}

#[test]
fn a_pod_that_was_isolated_long_ago() {
    // Given an isolated pod, whose last change the server has forgotten: it can't be followed from there
    let (namespace, sick) = shop_with_isolated_pods("cleanup-old", 1);
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "watch", "pods"), Fault::WatchExpired);

    // When it is cleared away
    let user = namespace.through(&proxy);
    let answer = user.kubectl(["isolate", "cleanup", sick[0].name()]).success().stdout;

    // Then that is of no concern
    assert_eq!(answer, deleted(&sick));
    expect_gone(&namespace, &sick[0]);
    assert_eq!(proxy.fired(), 1, "it had to look again:\n{}", proxy.recording().table());
}

#[test]
fn a_pod_that_was_isolated_twice_is_gone_only_when_it_is() {
    // Given two isolated pods, the second of which was put back once, and is held by a finalizer
    let (namespace, sick) = shop_with_isolated_pods("cleanup-twice", 2);
    restore_with(&namespace, &sick[1], &["--drain=0s"]);
    isolate(&namespace, &sick[1]);
    let _hold = Hold::put_on(&namespace, sick[1].name());

    // When both are cleared away, then it is not said that both are gone
    let command = ["isolate", "cleanup", sick[0].name(), sick[1].name(), "--timeout=2s"];
    let said = namespace.kubectl(command).failure(1).stderr;
    expect_words(&said, &["error: ", sick[1].name(), Hold::FINALIZER]);
}

#[test]
fn a_name_that_does_not_exist_keeps_all_where_they_are() {
    let (namespace, sick) = shop_with_isolated_pods("cleanup-typo", 1);

    for verb in ["cleanup", "restore"] {
        let finished = namespace.kubectl(["isolate", verb, sick[0].name(), "web-nobody"]).failure(1);
        assert_eq!(finished.stdout, "", "`{verb}` has done nothing");
        expect_words(&finished.stderr, &["error: ", "pod/web-nobody"]);
        expect_isolated(&namespace, &sick[0]);
    }
}

#[test]
fn a_pod_whose_record_can_not_be_read_is_let_alone() {
    // Given a pod that has our label, and a record that we did not write
    let namespace = shop("unknown", 1);
    let serving = pods(&namespace, "app=web").remove(0);
    namespace.kubectl(["label", "pod", serving.name(), "drover.dev/isolated=true"]).success();
    namespace.kubectl(["annotate", "pod", serving.name(), "drover.dev/isolation=?"]).success();
    let marked = pod(&namespace, serving.name());

    // When people look, then its state is unknown
    let table = namespace.kubectl(["isolate", "list"]).success().stdout;
    let row = table.lines().find(|row| row.starts_with(serving.name())).expect("the pod is listed");
    assert!(row.split_whitespace().any(|cell| cell == "unknown"), "its state is `unknown`: {row}");

    // and no verb touches it
    for command in [["cleanup", serving.name()], ["cleanup", "--all"], ["restore", serving.name()]] {
        let finished = namespace.kubectl([&["isolate"], &command[..]].concat()).failure(1);
        expect_words(&finished.stderr, &["error: ", serving.name()]);
        expect_untouched(&namespace, &marked);
    }
}

#[test]
fn who_may_not_delete_may_not() {
    // Given an isolated pod, and people who may not delete it
    let (namespace, sick) = shop_with_isolated_pods("cleanup-rights", 1);
    let isolated = pod(&namespace, sick[0].name());
    let looker = Rights::Rules("- {apiGroups: [''], resources: [pods], verbs: [get]}");

    for (name, rights, missing) in [
        ("all-but-delete", Rights::Rules(&rules_without("pods", "delete")), "delete pods"),
        ("looker", looker, "list, watch, delete pods"),
    ] {
        // When they try to clear it away
        let user = namespace.limited_user(name, rights);
        let said = refused(user.kubectl(["isolate", "cleanup", sick[0].name()]));

        // Then all that they lack is named, and nothing has changed
        expect_words(&said, &[missing, namespace.name()]);
        assert!(!said.contains("get"), "the right they have is not missing:\n{said}");
        expect_untouched(&namespace, &isolated);
    }
}

/// Three pods that serve, beside so many that are isolated.
fn shop_with_isolated_pods(test: &str, isolated: usize) -> (Namespace, Vec<Pod>) {
    let namespace = shop(test, 3);
    let sick = pods(&namespace, "app=web")[..isolated].to_vec();
    for pod in &sick {
        isolate(&namespace, pod);
    }
    (namespace, sick)
}

/// What the command answers.
fn cleanup(namespace: &Namespace, arguments: &[&str]) -> String {
    namespace.kubectl([&["isolate", "cleanup"], arguments].concat()).success().stdout
}

fn expect_refusal(namespace: &Namespace, arguments: &[&str]) -> String {
    let finished = namespace.kubectl([&["isolate", "cleanup"], arguments].concat()).failure(1);
    assert_eq!(finished.stdout, "", "a refusal answers nothing on stdout");
    assert!(finished.stderr.contains("error: "), "a refusal has a reason: {}", finished.stderr);
    finished.stderr
}

fn deleted(pods: &[Pod]) -> String {
    pods.iter().map(|pod| format!("pod/{} deleted\n", pod.name())).collect()
}

fn expect_all_untouched(namespace: &Namespace, before: &[Pod]) {
    assert_eq!(pods(namespace, "app=web").len(), before.len(), "no pod came or went");
    for pod in before {
        expect_untouched(namespace, pod);
    }
}

/// A finalizer that keeps a pod until the end of the test; left on, it would keep the namespace too.
struct Hold<'namespace> {
    namespace: &'namespace Namespace,
    pod: &'namespace str,
}

impl<'namespace> Hold<'namespace> {
    const FINALIZER: &'static str = "drover.test/hold";

    fn put_on(namespace: &'namespace Namespace, pod: &'namespace str) -> Self {
        let hold = Self { namespace, pod };
        hold.set(&format!("metadata: {{finalizers: [{}]}}", Self::FINALIZER));
        hold
    }

    fn set(&self, patch: &str) {
        let patched = self.namespace.kubectl(["patch", "pod", self.pod, "--type=merge", "--patch", patch]);
        if patched.code != 0 {
            eprintln!("pod {}: {}", self.pod, patched.stderr);
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.set("metadata: {finalizers: null}");
    }
}
