//! A restore that ends half way is remembered by the cluster, and finished by the same command.

use std::sync::mpsc;
use std::time::Duration;

use harness::{Action, EndpointsMonitor, Fault, Namespace, Proxy, Running, Select};
use serde_json::Value;

use crate::pods::{ISOLATED_LABEL, Pod, RECORD, pod, pods, ready_endpoints};
use crate::promises::{
    expect_all_as_before, expect_gone, expect_isolated, expect_restored, expect_untouched, expect_words,
    isolate, refused, restore_with,
};
use crate::shop::{half_isolate, make_unready, shop, slow_shop};

#[test]
fn a_half_isolated_pod_goes_back_the_short_way() {
    // Given a pod that left its controller and still serves, as its isolation was killed
    let namespace = slow_shop("short-way", 2);
    let before = pods(&namespace, "app=web");
    let monitor = EndpointsMonitor::start(&namespace, "web");
    let (mut isolation, _) = half_isolate(&namespace, &before[0]);
    isolation.kill();
    isolation.finish().failure(128 + 9);

    // When it is put back
    restore_with(&namespace, &before[0], &[]);

    // Then its unfinished replacement went, and the pods that served did so all the time
    expect_all_as_before(&namespace, &before);
    expect_restored(&namespace, &before, &before[0]);
    let endpoints = monitor.finish();
    assert_eq!(endpoints.history.len(), 1, "the endpoints never changed: {endpoints:?}");
}

#[test]
fn the_pod_that_makes_room_is_named_before_it_is_touched() {
    // Given a restore that was killed right before it would have taken a pod out
    let (namespace, before) = shop_with_an_isolated_pod("restore-named");
    let said = kill_at_write(&namespace, &before[0], 2, Fault::Before);

    // Then that pod was named on stderr already
    let victim = chosen_to_go(&namespace, &before[0]);
    expect_words(&said, &[&victim]);
}

#[test]
fn killed_after_its_first_write() {
    // Given a pod that takes traffic again, when its restore was killed
    let (namespace, before) = shop_with_an_isolated_pod("restore-killed-1");
    kill_at_write(&namespace, &before[0], 1, Fault::After);

    // Then the list tells, and the same command finishes it
    let table = namespace.kubectl(["isolate", "list"]).success().stdout;
    let row = table.lines().find(|row| row.starts_with(before[0].name())).expect("the pod is listed");
    assert!(row.split_whitespace().any(|cell| cell == "rejoining"), "its state is `rejoining`: {row}");
    the_same_command_finishes_it(&namespace, &before);
}

#[test]
fn killed_when_the_other_pod_has_just_left() {
    // Given a pod whose restore was killed before it got its last label, though another made room already
    let (namespace, before) = shop_with_an_isolated_pod("restore-killed-2");
    kill_at_write(&namespace, &before[0], 2, Fault::After);

    the_same_command_finishes_it(&namespace, &before);
}

#[test]
fn killed_while_draining() {
    // Given a pod that is back, when its restore was killed before the other was deleted
    let (namespace, before) = shop_with_an_isolated_pod("restore-killed-3");
    let mut restore = namespace.command(["isolate", "restore", before[0].name(), "--drain=60s"]).start();
    drains(&namespace, &before[0]);
    restore.kill();
    restore.finish().failure(128 + 9);

    the_same_command_finishes_it(&namespace, &before);
}

#[test]
fn another_restore_that_was_overtaken_goes_on_with_it() {
    // Given a restore that is about to read the pods of its ReplicaSet
    let (namespace, before) = shop_with_an_isolated_pod("restore-overtaken");
    let proxy = Proxy::start();
    let (arrive, arrived) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let pause = move || {
        arrive.send(()).expect("the test waits for this");
        released.recv().expect("the test lets it go on");
    };
    proxy.break_request(Select::nth(1, "list", "pods"), Fault::before(pause));
    let slow =
        namespace.through(&proxy).command(["isolate", "restore", before[0].name(), "--drain=0s"]).start();
    arrived.recv_timeout(Duration::from_secs(30)).expect("it reads them");

    // When a colleague's takes another pod out meanwhile, and is killed before it deleted that
    let mut fast = namespace.command(["isolate", "restore", before[0].name(), "--drain=60s"]).start();
    let victim = drains(&namespace, &before[0]);
    fast.kill();
    fast.finish().failure(128 + 9);
    release.send(()).expect("it waits for this");

    // Then the first finds that pod, though its labels are gone, and deletes it before it ends
    slow.finish().success();
    expect_restored(&namespace, &before, &before[0]);
    expect_gone(&namespace, &victim);
}

#[test]
fn ctrl_c_while_draining() {
    // Given a pod that is back, while the other serves what still reaches it
    let (namespace, before) = shop_with_an_isolated_pod("restore-interrupted");
    let restore = namespace.command(["isolate", "restore", before[0].name(), "--drain=60s"]).start();
    let victim = drains(&namespace, &before[0]);

    // When it is interrupted
    restore.interrupt();
    let finished = restore.finish().failure(1);

    // Then it says what is so, and which command goes on
    assert_eq!(finished.stdout, "", "a restore that did not come to its end answers nothing");
    let so_far = format!("it is back; {} is out of traffic and not yet deleted", victim.name());
    expect_words(&finished.stderr, &["error: ", "interrupted", &so_far]);
    let goes_on = finished.stderr.lines().find_map(|line| line.strip_prefix("go on with:  kubectl "));
    let goes_on = goes_on.unwrap_or_else(|| panic!("the command is told in\n{}", finished.stderr));

    // and that command finishes it
    let answer = namespace.kubectl(goes_on.split(' ')).success().stdout;
    assert_eq!(answer, format!("pod/{} restored\n", before[0].name()), "`{goes_on}` ends well");
    expect_restored(&namespace, &before, &before[0]);
    expect_gone(&namespace, &victim);
}

#[test]
fn taken_out_again_while_draining() {
    // Given a restore that was interrupted while the other pod served what still reached it
    let (namespace, before) = shop_with_an_isolated_pod("restore-regretted");
    let restore = namespace.command(["isolate", "restore", before[0].name(), "--drain=60s"]).start();
    let victim = drains(&namespace, &before[0]);
    restore.interrupt();
    restore.finish().failure(1);

    // When the pod is isolated again, then it is out again
    isolate(&namespace, &before[0]);
    expect_isolated(&namespace, &before[0]);

    // When it is put back after all, and what is left of the first attempt cleared away, then all is as it was
    restore_with(&namespace, &before[0], &["--drain=1s"]);
    if !pods(&namespace, ISOLATED_LABEL).is_empty() {
        namespace.kubectl(["isolate", "cleanup", victim.name()]).success();
    }
    expect_gone(&namespace, &victim);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn taken_out_again_by_somebody_else() {
    // Given a restore under way, for which another pod has made room
    let (namespace, before) = shop_with_an_isolated_pod("restore-opposed");
    let restore = namespace.command(["isolate", "restore", before[0].name(), "--drain=60s"]).start();
    let victim = drains(&namespace, &before[0]);

    // When a colleague isolates the pod again
    let isolation = isolate(&namespace, &before[0]);

    // Then both hear of the pod that made room, which nobody would look for, and how to clear it away
    let words = format!("pod/{}, which made room for it, is isolated", victim.name());
    let way = format!(
        "clear {} away:  kubectl isolate cleanup -n {} {}",
        victim.name(),
        namespace.name(),
        victim.name()
    );
    expect_words(&isolation.stderr, &["warning: ", &words, &way]);
    let finished = restore.finish().failure(1);
    expect_words(&finished.stderr, &["somebody isolated it again meanwhile", &words, &way]);
    expect_isolated(&namespace, &before[0]);
}

#[test]
fn taken_out_again_after_its_first_write() {
    // Given a pod that takes traffic again, when its restore was killed
    let (namespace, before) = shop_with_an_isolated_pod("restore-withdrawn");
    kill_at_write(&namespace, &before[0], 1, Fault::After);

    // When it is to be cleared away, then that is refused, as it serves
    let finished = namespace.kubectl(["isolate", "cleanup", "--all"]).failure(1);
    expect_words(&finished.stderr, &["error: ", before[0].name(), "takes traffic"]);

    // When it is isolated again, then it is out again, and can be put back
    isolate(&namespace, &before[0]);
    expect_isolated(&namespace, &before[0]);
    restore_with(&namespace, &before[0], &["--drain=1s"]);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn the_pod_that_was_to_go_went_by_itself() {
    // Given a restore that was killed after it had chosen a pod, which somebody then deleted
    let (namespace, before) = shop_with_an_isolated_pod("restore-lost");
    kill_at_write(&namespace, &before[0], 1, Fault::After);
    let chosen = pod(&namespace, &chosen_to_go(&namespace, &before[0]));
    namespace.kubectl(["delete", "pod", chosen.name()]).success();
    namespace.wait("deployment/web", "condition=Available", 30);

    // When the same command is run again, then it ends as it would have
    restore_with(&namespace, &before[0], &["--drain=1s"]);
    expect_restored(&namespace, &before, &before[0]);
}

#[test]
fn a_pod_that_stops_being_ready_half_way() {
    // Given a pod that takes traffic again, whose restore was killed, and that gets worse
    let (namespace, before) = shop_with_an_isolated_pod("restore-worse");
    kill_at_write(&namespace, &before[0], 1, Fault::After);
    let others = pods(&namespace, "app=web,pod-template-hash");
    make_unready(&namespace, &before[0]);

    // When the same command is run again, then it is refused, as the ReplicaSet would delete the pod
    let said = refused(namespace.kubectl(["isolate", "restore", before[0].name()]));
    expect_words(&said, &["can't be put back", "it is not Ready"]);
    for other in &others {
        expect_untouched(&namespace, other);
    }

    // and the command it names takes the pod out of traffic for good
    let way_out = said.lines().find_map(|line| line.split_once("  kubectl "));
    let (_, way_out) = way_out.unwrap_or_else(|| panic!("a way out is named in\n{said}"));
    namespace.kubectl(way_out.split(' ')).success();
    expect_isolated(&namespace, &before[0]);
}

/// Two pods of which the first was isolated and replaced; as they were before that.
fn shop_with_an_isolated_pod(test: &str) -> (Namespace, Vec<Pod>) {
    let namespace = shop(test, 2);
    let before = pods(&namespace, "app=web");
    isolate(&namespace, &before[0]);
    (namespace, before)
}

/// Kills a restore at its n-th write: `Fault::Before` the server hears of it, or `Fault::After` that. Returns what it
/// had said.
fn kill_at_write(namespace: &Namespace, pod: &Pod, number: usize, fault: fn(Action) -> Fault) -> String {
    let (start, started) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let kill = move || {
        let mut restore: Running = started.recv().expect("the restore that writes was started");
        restore.kill();
        end.send(restore).expect("the test waits for this");
    };
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(number, "patch", "pods"), fault(Box::new(kill)));
    let user = namespace.through(&proxy);
    let restore = user.command(["isolate", "restore", pod.name()]).start();
    start.send(restore).expect("the proxy waits for this");
    let killed = ended.recv_timeout(Duration::from_secs(30)).expect("the restore wrote that often");
    killed.finish().failure(128 + 9).stderr
}

/// The name of the pod that a restore under way noted as the one to go.
fn chosen_to_go(namespace: &Namespace, restored: &Pod) -> String {
    let now = pod(namespace, restored.name());
    let record: Value = serde_json::from_str(now.annotation(RECORD).expect("its record is there"))
        .expect("the record is JSON");
    record["rejoin"]["victim"]["name"].as_str().expect("the record names the pod to go").to_owned()
}

/// Waits until a restore is through but for the drain: the pod is adopted, and another is out of controller and
/// traffic. Returns that other.
fn drains(namespace: &Namespace, restored: &Pod) -> Pod {
    let victim = namespace.watch_until("pods", 30, |pods| {
        let is_adopted = pods.get(restored.uid()).is_some_and(|pod| !Pod(pod.clone()).is_released());
        let others = pods.values().filter(|pod| pod["metadata"]["uid"] != restored.uid()).cloned().map(Pod);
        let mut leaving = others.filter(|pod| pod.label(ISOLATED_LABEL).is_some() && pod.is_released());
        if is_adopted { leaving.next() } else { None }
    });
    namespace.watch_until("discovery.k8s.io/v1/endpointslices", 30, |slices| {
        (!ready_endpoints(slices, "web").contains(victim.uid())).then_some(())
    });
    victim
}

/// Whatever was left, the end is that of a restore that nobody stopped: the pod is back, and the pod that made room
/// for it is gone.
fn the_same_command_finishes_it(namespace: &Namespace, before: &[Pod]) {
    let victim = chosen_to_go(namespace, &before[0]);
    let victim = pod(namespace, &victim);
    restore_with(namespace, &before[0], &["--drain=1s"]);
    expect_restored(namespace, before, &before[0]);
    expect_gone(namespace, &victim);
}
