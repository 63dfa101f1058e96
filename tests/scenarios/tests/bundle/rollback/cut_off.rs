//! A rollback that does not come to its end: everything is put back, or a command goes on.

use std::sync::mpsc;

use harness::{Fault, Finished, Namespace, Proxy, Select, workloads};
use scenarios::pods::pods;
use scenarios::words::{expect_words, refused};

use super::look::{Look, expect_same};
use super::resumed::kill_before;
use super::{kept, patch, rollback, writes};
use crate::shop::shop;

/// A shop that was changed in three ranks of the order of writes; as it was kept, and as it is now.
fn changed(test: &str) -> (Namespace, Look, Look) {
    let namespace = kept(test);
    let kept = Look::at(&namespace);
    patch(&namespace, "role/reader", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    patch(&namespace, "svc/web", r#"{"spec": {"ports": [{"port": 81}]}}"#);
    namespace.kubectl(["set", "image", "deploy/web", "web=drover.test/box:2"]).success();
    namespace.kubectl(["delete", "ingress/web"]).success();
    let now = Look::at(&namespace);
    (namespace, kept, now)
}

const ROLLBACK: [&str; 5] = ["bundle", "rollback", "shop", "1", "--yes"];

/// Rolls back behind a proxy that breaks the first real write to a Service.
fn broken(namespace: &Namespace, fault: Fault, more: &[&str]) -> Finished {
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(2, "update", "services"), fault);
    let finished = namespace.through(&proxy).kubectl([&ROLLBACK[..], more].concat());
    assert_eq!(proxy.fired(), 1, "{}", proxy.recording().table());
    finished
}

/// Kills the rollback right before its first real write to a Service.
fn killed(test: &str) -> (Namespace, Look, Look) {
    let (namespace, kept, before) = changed(test);
    kill_before(&namespace, Select::nth(2, "update", "services"), &[]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast", "something is written");
    assert_eq!(namespace.get("svc/web")["spec"]["ports"][0]["port"], 81, "and something is not");
    (namespace, kept, before)
}

#[test]
fn a_write_that_is_refused_puts_everything_back() {
    for (status, words) in [(403, "forbidden"), (422, "")] {
        let (namespace, _, before) = changed(&format!("rollback-refused-{status}"));

        let said = broken(&namespace, Fault::Status(status), &[]).failure(1).stderr;

        expect_words(&said.to_lowercase(), &["service", words, "put back"]);
        let after = Look::at(&namespace);
        expect_same(&before.wanted(), &after.wanted());
        expect_same(&before.owners(), &after.owners());
        // and nothing is in the way of the next try
        expect_words(&rollback(&namespace, &["1", "--yes"]).success().stdout, &["rolled back to version 1"]);
    }
}

#[test]
fn a_write_whose_answer_is_lost_is_not_taken_for_failed() {
    for fault in [Fault::Status(500), Fault::ResetAfter] {
        let (namespace, kept, _) = changed("rollback-lost");

        broken(&namespace, fault, &[]).success();

        expect_same(&kept.wanted(), &Look::at(&namespace).wanted());
    }
}

#[test]
fn without_putting_back_it_goes_on_or_back_when_told() {
    for (how, goes_on) in [("--continue", true), ("--abort", false)] {
        // Given a rollback that stopped half-way, and was to be left so
        let (namespace, kept, before) = changed(&format!("rollback-left{how}"));
        let said = broken(&namespace, Fault::Status(403), &["--no-auto-revert"]).failure(1).stderr;
        expect_words(&said, &["rollback shop --continue", "rollback shop --abort"]);
        assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");

        rollback(&namespace, &[how]).success();

        expect_same(&if goes_on { kept } else { before }.wanted(), &Look::at(&namespace).wanted());
        let said = refused(rollback(&namespace, &[how]));
        expect_words(&said, &["no rollback is unfinished"]);
    }
}

#[test]
fn a_killed_one_is_finished_by_continue() {
    let (namespace, kept, _) = killed("rollback-killed-continue");

    // In its way is nothing but another rollback
    let said = refused(rollback(&namespace, &["1", "--yes"]));
    expect_words(&said, &["the rollback to version 1 that ", "is unfinished", "--continue", "--abort"]);
    namespace.kubectl(["bundle", "diff", "shop", "1"]).failure(1);
    namespace.kubectl(["bundle", "history", "shop"]).success();
    let snapshot = namespace.kubectl(["bundle", "snapshot", "shop"]);
    assert!(snapshot.code == 0 || snapshot.stderr.contains("unfinished"), "{}", snapshot.stderr);

    let finished = rollback(&namespace, &["--continue"]).success();

    expect_words(&finished.stdout, &["rolled back to version 1"]);
    let after = Look::at(&namespace);
    expect_same(&kept.wanted(), &after.wanted());
    expect_same(&kept.owners(), &after.owners());
}

#[test]
fn a_killed_one_is_put_back_by_abort() {
    let (namespace, _, before) = killed("rollback-killed-abort");

    let finished = rollback(&namespace, &["--abort"]).success();

    expect_words(&finished.stdout, &["as it was before the rollback to version 1"]);
    let after = Look::at(&namespace);
    expect_same(&before.wanted(), &after.wanted());
    expect_same(&before.owners(), &after.owners());
    namespace.kubectl(["get", "lease/drover-bundle-shop"]).failure(1);
}

#[test]
fn what_a_colleague_changed_since_the_kill_is_left_and_named() {
    let (namespace, _, _) = killed("rollback-killed-colleague");
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "theirs"}}"#);

    // To go on over it is refused, and to go back leaves it
    let said = refused(rollback(&namespace, &["--continue"]));
    expect_words(&said, &["configmap/settings changed by somebody else meanwhile", "--abort"]);
    let said = rollback(&namespace, &["--abort"]).failure(1).stderr;

    expect_words(&said, &["configmap/settings changed by somebody else meanwhile, and left so"]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "theirs");
    assert_eq!(namespace.get("role/reader")["metadata"]["labels"]["team"], "a", "all else is put back");
}

#[test]
fn ctrl_c_puts_everything_back() {
    // Given a rollback at its first write of a Service
    let (namespace, _, before) = changed("rollback-interrupted");
    let proxy = Proxy::start();
    let (reached, is_reached) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let wait = move || {
        reached.send(()).expect("the test waits");
        let _ = may_go_on.recv();
    };
    proxy.break_request(Select::nth(2, "update", "services"), Fault::before(wait));
    let running = namespace.through(&proxy).command(ROLLBACK).start();
    is_reached.recv().expect("it comes to that write");

    // When it is interrupted
    running.interrupt();
    drop(go_on);
    let finished = running.finish().failure(1);

    // Then all is as it was, and it says so
    expect_words(&finished.stderr, &["stopped before the end", "all that was written is put back as it was"]);
    expect_same(&before.wanted(), &Look::at(&namespace).wanted());
    expect_words(&rollback(&namespace, &["1", "--yes"]).success().stdout, &["rolled back to version 1"]);
}

#[test]
fn what_is_merely_slow_is_left_as_it_is_written() {
    // Given a version whose image can't be pulled, and one that runs
    let namespace = shop("rollback-slow");
    let front = workloads::web_deployment("front", 1);
    namespace.apply(&(front.replace("box:1", "none:1") + &workloads::service("front", "app: front")));
    namespace.kubectl(["bundle", "create", "svc/front", "--name=shop"]).success();
    namespace.kubectl(["set", "image", "deploy/front", "web=drover.test/box:1"]).success();
    namespace.wait("deployment/front", "condition=Available", 60);
    let pod = pods(&namespace, "app=front").into_iter().find(|pod| pod.is_ready()).expect("one serves");

    // When that is brought back, then it stops in time, says what is missing, and what is written stays
    let said = rollback(&namespace, &["1", "--yes", "--timeout=3s"]).failure(1).stderr;
    let slow = ["all is written, but deployment.apps/front: ", "shop --continue", "shop --abort"];
    expect_words(&said, &slow);
    let image =
        || namespace.get("deploy/front")["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    assert_eq!(image(), "drover.test/none:1");
    // as it does when it is waited on
    expect_words(&rollback(&namespace, &["--continue", "--timeout=3s"]).failure(1).stderr, &slow);

    // and back it goes at once, to the pod that served all the time
    rollback(&namespace, &["--abort"]).success();
    assert_eq!(image(), "drover.test/box:1");
    let now = pods(&namespace, "app=front");
    assert!(now.iter().any(|one| one.uid() == pod.uid()), "the pod that served is there");

    // and without waiting it is done, as far as it can be told
    let said = rollback(&namespace, &["1", "--yes", "--wait=false"]).success().stdout;
    expect_words(&said, &["rolled back to version 1"]);
}

#[test]
fn a_dry_run_that_is_refused_comes_before_anything_is_written() {
    // Given a quota that lets no more Services be created, and a Service that is gone
    let namespace = kept("rollback-quota");
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    namespace.kubectl(["delete", "svc/db"]).success();
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: few}, spec: {hard: {services: '0'}}}";
    namespace.apply(quota);
    namespace.watch_until("resourcequotas", 60, |quotas| {
        quotas.values().any(|quota| quota["status"]["hard"]["services"] == "0").then_some(())
    });
    let proxy = Proxy::start();

    let said = namespace.through(&proxy).kubectl(ROLLBACK).failure(1).stderr;

    expect_words(&said, &["exceeded quota", "nothing was changed", "--except"]);
    assert_eq!(writes(&proxy), [""; 0]);
    namespace.kubectl(["get", "secret/drover-bundle-shop-v2"]).failure(1);

    // and the rest goes without it
    rollback(&namespace, &["1", "--yes", "--except", "svc/db"]).success();
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");
}
