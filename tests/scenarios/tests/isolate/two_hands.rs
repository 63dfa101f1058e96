//! Two people reach for the same pod.

use std::collections::BTreeSet;

use harness::Rights;

use crate::pods::{Pod, RECORD, pods, versions_since};
use crate::promises::{
    expect_all_as_before, expect_isolated, expect_replaced, expect_restored, expect_words, isolate,
    restore_with,
};
use crate::shop::{half_isolate, shop, slow_shop};

#[test]
fn two_who_isolate_the_same_pod_at_once_isolate_it_once() {
    // Given two people who look at the same sick pod
    let namespace = shop("two-hands", 2);
    let colleague = namespace.limited_user("colleague", Rights::ClusterRole("admin"));
    let before = pods(&namespace, "app=web");
    let sick = &before[0];

    // When both isolate it at once
    let command = ["isolate", sick.name()];
    let both = [namespace.command(command).start(), colleague.command(command).start()];
    let answers = both.map(|running| running.finish().success().stdout);

    // Then both hear that it is isolated
    let answer = format!("pod/{} isolated\n", sick.name());
    assert_eq!(answers, [answer.clone(), answer], "for both it ends well");
    expect_isolated(&namespace, sick);
    // and it was isolated once: one record, one replacement
    let versions = versions_since(&namespace, sick);
    let records: BTreeSet<&str> = versions.iter().filter_map(|pod: &Pod| pod.annotation(RECORD)).collect();
    assert_eq!(records.len(), 1, "one of them wrote the record, the other left it as it is: {records:?}");
    expect_replaced(&namespace, &before, sick, &["web"]);
}

#[test]
fn who_isolates_gives_way_to_one_who_puts_the_pod_back() {
    // Given a pod whose isolation waits for the replacement
    let namespace = slow_shop("gives-way", 2);
    let before = pods(&namespace, "app=web");
    let (isolation, _) = half_isolate(&namespace, &before[0]);

    // When a colleague puts it back
    restore_with(&namespace, &before[0], &[]);

    // Then the isolation ends with what happened, instead of taking the pod out again
    let finished = isolation.finish().failure(1);
    expect_words(
        &finished.stderr,
        &["somebody put it back meanwhile", "isolate it all the same:  kubectl isolate web-"],
    );
    expect_all_as_before(&namespace, &before);
}

#[test]
fn a_pod_that_was_put_back_during_its_last_step_is_not_cut_off() {
    // Given a pod that is out of traffic and at its last step, before it is cut off
    let namespace = shop("last-step", 2);
    let before = pods(&namespace, "app=web");
    let last_step = "touch /tmp/begun; until [ -e /tmp/go ]; do sleep 0.1; done";
    let command = ["isolate", before[0].name(), "--quarantine", "--offline", last_step];
    let isolation = namespace.command(command).start();
    namespace.watch_until("pods", 60, |pods| {
        let pod = Pod(pods.get(before[0].uid())?.clone());
        (pod.is_released() && pod.label("app").is_none()).then_some(())
    });
    let begun = ["exec", before[0].name(), "--", "sh", "-c", "until [ -e /tmp/begun ]; do sleep 0.1; done"];
    namespace.kubectl(begun).success();

    // When a colleague puts it back
    restore_with(&namespace, &before[0], &["--drain=0s"]);
    namespace.kubectl(["exec", before[0].name(), "--", "touch", "/tmp/go"]).success();

    // Then it stays there, and no policy is made
    let finished = isolation.finish().failure(1);
    expect_words(
        &finished.stderr,
        &["somebody put it back meanwhile", "isolate it all the same:  kubectl isolate"],
    );
    expect_restored(&namespace, &before, &before[0]);
    let policies = namespace.kubectl(["get", "networkpolicies", "--output=name"]).success().stdout;
    assert_eq!(policies, "");
}

#[test]
fn two_who_restore_the_same_pod_at_once_restore_it_once() {
    // Given two people who see that an isolated pod is well again
    let namespace = shop("two-restore", 2);
    let colleague = namespace.limited_user("colleague", Rights::ClusterRole("admin"));
    let before = pods(&namespace, "app=web");
    isolate(&namespace, &before[0]);

    let while_away = pods(&namespace, "app=web");

    // When both put it back at once
    let command = ["isolate", "restore", before[0].name(), "--drain=2s"];
    let both = [namespace.command(command).start(), colleague.command(command).start()];
    let answers = both.map(|running| running.finish().success().stdout);

    // Then both hear that it is back, and one other pod made room
    let answer = format!("pod/{} restored\n", before[0].name());
    assert_eq!(answers, [answer.clone(), answer], "for both it ends well");
    expect_restored(&namespace, &before, &before[0]);
    let now = pods(&namespace, "app=web");
    let stayed = while_away.iter().filter(|pod| now.iter().any(|left| left.uid() == pod.uid()));
    assert_eq!(stayed.count(), while_away.len() - 1, "one pod made room, not two");
}
