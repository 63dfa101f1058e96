//! Where it does not come up even so: why, and what to do next.

use scenarios::words::expect_words;

use crate::debugging::{debug_mode, debug_pods, expect_nothing_left, off, refused_words};
use crate::sick::{EXITS, RUNS, app, crashing, deployment, running, spec};
use crate::snapshot::Snapshot;

#[test]
fn it_still_exits() {
    // Given a Deployment that ends by itself
    let namespace = crashing("still-exits", &deployment(1, &spec(&app(EXITS)), ""));
    let before = Snapshot::of(&namespace, "deploy/api");

    // When it goes into debug mode without being held, then that does not help, and it says what does
    let said = refused_words(
        debug_mode(&namespace, &["on", "deploy/api"]),
        &["still exits with 3", "cannot open /etc/app/config", "kubectl debug-mode off"],
    );
    expect_words(&said, &["kubectl debug-mode on deploy/api -c app --hold"]);

    // When that is done, in this order, then it is up
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    crate::debugging::on(&namespace, "deploy/api", &["-c", "app", "--hold"]);
}

#[test]
fn its_image_can_not_be_pulled() {
    let namespace = running("no-image", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let before = Snapshot::of(&namespace, "deploy/api");

    let flags = ["on", "deploy/api", "--set-image", "app=drover.test/none:1", "--timeout=8s"];
    let said = refused_words(debug_mode(&namespace, &flags), &["not in time", "container app", "Image"]);

    expect_words(&said, &["in debug mode, and stays so", "kubectl debug-mode off deploy/api"]);
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
}

#[test]
fn a_quota_leaves_no_room_beside_pods_that_serve() {
    // Given a pod that serves, and a quota of one
    let namespace = running("no-room", &deployment(1, &spec(&app(RUNS)), ""), 1);
    namespace
        .apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: full}, spec: {hard: {pods: '1'}}}");
    namespace.wait("resourcequota/full", "jsonpath={.status.used.pods}=1", 30);
    let before = Snapshot::of(&namespace, "deploy/api");

    // When its Deployment goes into debug mode, then the pod goes on serving, and the quota is named
    let said = refused_words(
        debug_mode(&namespace, &["on", "deploy/api", "--timeout=5s"]),
        &["no debug pod was made yet", "exceeded quota: full"],
    );
    assert!(debug_pods(&namespace).is_empty(), "{said}");
    crate::sick::ready(&namespace, 1);
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
}

#[test]
fn ctrl_c_while_it_is_awaited() {
    // Given a command that waits for an image that nobody has
    let namespace = running("interrupted", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let before = Snapshot::of(&namespace, "deploy/api");
    let flags = ["debug-mode", "on", "deploy/api", "--set-image", "app=drover.test/none:1"];
    let waiting = namespace.command(flags).start();
    namespace.watch_until("pods", 60, |pods| {
        let gated = pods.values().filter(|pod| crate::debugging::has_gate(&pod["spec"]));
        (gated.count() > 0).then_some(())
    });

    // When it is interrupted, then it says how things are, and how to go on either way
    waiting.interrupt();
    let words =
        ["interrupted", "in debug mode, and stays so", "go on with:", "kubectl debug-mode off deploy/api"];
    refused_words(waiting.finish(), &words);
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
}
