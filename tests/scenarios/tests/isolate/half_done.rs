//! An isolation that ends half way is remembered by the cluster, and finished by the same command.

use harness::Load;

use crate::pods::{Pod, RECORD, pod, pods};
use crate::promises::{expect_isolated, expect_replaced, expect_words, isolate};
use crate::shop::{half_isolate, let_in, shop, slow_shop};

#[test]
fn the_same_command_finishes_what_a_killed_one_began() {
    // Given an isolation under load that was killed while it waited for a slow replacement
    let namespace = slow_shop("killed", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let mut load = Load::start(&namespace, "web", 100);
    let (mut isolation, replacement) = half_isolate(&namespace, sick);
    isolation.kill();
    isolation.finish().failure(128 + 9);

    // Then the list tells that it is half done
    let list = namespace.kubectl(["isolate", "list"]).success().stdout;
    let row = list.lines().find(|row| row.starts_with(sick.name())).expect("the pod is listed");
    assert!(row.split_whitespace().any(|cell| cell == "half"), "its state is `half`: {row}");

    // When the replacement gets ready, and the same command is run again
    let_in(&namespace, &replacement);
    isolate(&namespace, sick);

    // Then the job is done, by the same replacement, and nobody noticed
    expect_isolated(&namespace, sick);
    expect_replaced(&namespace, &before, sick, &["web"]);
    let now = pods(&namespace, "app=web");
    assert!(now.iter().any(|pod| pod.name() == replacement), "{replacement} is not replaced again");
    load.sent_at_least(500);
    load.finish().expect_no_failures();
}

#[test]
fn the_same_command_waits_for_the_replacement_of_a_killed_one() {
    // Given an isolation that was killed half way
    let namespace = slow_shop("killed-early", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    let (mut isolation, replacement) = half_isolate(&namespace, sick);
    isolation.kill();
    isolation.finish().failure(128 + 9);

    // When the same command is run again before the replacement is ready
    let again = namespace.command(["isolate", sick.name()]).start();
    let_in(&namespace, &replacement);

    // Then it takes up the waiting, and ends as the first would have
    let said = again.finish().success().stderr;
    expect_words(&said, &[&format!("{replacement} Available")]);
    expect_isolated(&namespace, sick);
    expect_replaced(&namespace, &before, sick, &["web"]);
}

#[test]
fn the_same_command_waits_for_the_replacement_of_a_pod_that_is_out_already() {
    // Given a pod that left all traffic first, and a replacement that nobody waited for
    let namespace = slow_shop("out-early", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];
    namespace.kubectl(["isolate", sick.name(), "--traffic-first", "--timeout=1s"]).failure(1);
    expect_isolated(&namespace, sick);

    // When there is no more time to wait, then what is missing is said
    let said = namespace.kubectl(["isolate", sick.name(), "--timeout=1s"]).success().stderr;
    expect_words(&said, &["already isolated", "warning: capacity is not what it was: ", "is not Ready"]);

    // When there is, then it waits
    let again = namespace.command(["isolate", sick.name()]).start();
    let now = pods(&namespace, "app=web");
    let is_new = |pod: &&Pod| before.iter().all(|known| known.uid() != pod.uid());
    let replacement = now.iter().find(is_new).expect("a replacement was made").name();
    namespace.wait(&format!("pod/{replacement}"), "jsonpath={.status.phase}=Running", 30);
    let_in(&namespace, replacement);
    let said = again.finish().success().stderr;
    expect_words(&said, &[&format!("{replacement} Available")]);
    expect_replaced(&namespace, &before, sick, &["web"]);
}

#[test]
fn isolating_an_isolated_pod_says_so() {
    // Given an isolated pod
    let namespace = shop("already", 2);
    let sick = &pods(&namespace, "app=web")[0];
    isolate(&namespace, sick);
    let isolated = pod(&namespace, sick.name());

    // When it is isolated again
    let said = isolate(&namespace, sick).stderr;

    // Then that is no failure, and nothing is written
    expect_words(&said, &["already isolated", "ago by"]);
    let after = pod(&namespace, sick.name());
    assert_eq!(after.annotation(RECORD), isolated.annotation(RECORD), "the first record stands");
    assert_eq!(after.0["metadata"], isolated.0["metadata"], "nothing was written to the pod");
}
