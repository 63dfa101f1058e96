//! Of two rollbacks at once one wins; a colleague's change between the plan and the write is never written over.

use std::sync::mpsc;

use harness::{Fault, Proxy, Select};
use scenarios::words::{expect_words, refused};

use super::look::{Look, expect_same};
use super::{kept, patch, rollback, writes};

const HELD: &str = "
{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: drover-bundle-shop}, spec: {holderIdentity: killed,
 leaseDurationSeconds: 30, acquireTime: '2026-01-01T10:00:00.000000Z', renewTime: '2026-01-01T10:05:00.000000Z'}}
";

#[test]
fn one_wins_and_the_other_is_told_who_and_since_when() {
    // Given a rollback that stands before its first write
    let namespace = kept("rollback-two");
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    let proxy = Proxy::start();
    let (reached, is_reached) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let wait = move || {
        reached.send(()).expect("the test waits");
        let _ = may_go_on.recv();
    };
    // The second update: the first is its dry run.
    proxy.break_request(Select::nth(2, "update", "configmaps"), Fault::before(wait));
    let first = namespace.through(&proxy).command(["bundle", "rollback", "shop", "1", "--yes"]).start();
    is_reached.recv().expect("it comes to its first write");

    // When another begins one, then it is told who is at it and since when, and writes nothing
    let other = Proxy::start();
    let second = ["bundle", "rollback", "shop", "1", "--yes"];
    let said = refused(namespace.through(&other).kubectl(second));
    expect_words(&said, &["unfinished", "began at", "--continue"]);
    assert_eq!(writes(&other), [""; 0]);
    for going_on in ["--continue", "--abort"] {
        let said = refused(rollback(&namespace, &[going_on, "--yes"]));
        expect_words(&said, &["lease.coordination.k8s.io/drover-bundle-shop: held by ", " since 20"]);
    }

    // and the first comes to its end
    go_on.send(()).expect("it waits");
    expect_words(&first.finish().success().stdout, &["rolled back to version 1"]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");
    namespace.kubectl(["get", "lease/drover-bundle-shop"]).failure(1);
}

#[test]
fn started_together_they_write_once() {
    let namespace = kept("rollback-race");
    let before = Look::at(&namespace);
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);

    let command = ["bundle", "rollback", "shop", "1", "--yes"];
    let running: Vec<_> = (0..3).map(|_| namespace.command(command).start()).collect();

    let finished: Vec<_> = running.into_iter().map(harness::Running::finish).collect();
    assert!(finished.iter().any(|one| one.stdout.contains("rolled back to version 1")));
    for other in finished.iter().filter(|one| one.code != 0) {
        let said = &other.stderr;
        let is_told = ["held by", "unfinished", "meanwhile"].iter().any(|words| said.contains(words));
        assert!(is_told, "{said}");
    }
    expect_same(&before.wanted(), &Look::at(&namespace).wanted());
    let said = rollback(&namespace, &["1", "--yes"]).success().stdout;
    expect_words(&said, &["unchanged: it is at version 1"]);
}

#[test]
fn a_lock_of_somebody_who_was_killed_is_taken_over() {
    let namespace = kept("rollback-expired");
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    namespace.apply(HELD);

    rollback(&namespace, &["1", "--yes"]).success();

    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "fast");
    namespace.kubectl(["get", "lease/drover-bundle-shop"]).failure(1);
}

#[test]
fn a_colleague_who_is_faster_is_not_written_over() {
    // Given a rollback of two ConfigMaps, of which a colleague changes one right before it is written
    let namespace = kept("rollback-colleague");
    patch(&namespace, "role/reader", r#"{"metadata": {"labels": {"team": "a"}}}"#);
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    let before = Look::at(&namespace);
    let proxy = Proxy::start();
    let (name, kubeconfig) = (namespace.name().to_owned(), namespace.kubeconfig().to_owned());
    let change = move || {
        let patch = r#"--patch={"data":{"mode":"theirs"}}"#;
        let status = std::process::Command::new("kubectl")
            .args(["--kubeconfig", kubeconfig.to_str().expect("text"), "--namespace", &name])
            .args(["patch", "configmap/settings", "--type=merge", patch])
            .status();
        assert!(status.expect("kubectl runs").success());
    };
    proxy.break_request(Select::nth(2, "update", "configmaps"), Fault::before(change));

    // When it comes to that
    let command = ["bundle", "rollback", "shop", "1", "--yes"];
    let finished = namespace.through(&proxy).kubectl(command).failure(1);

    // Then their change stays, and what was written is put back
    expect_words(&finished.stderr, &["configmap/settings was changed by somebody meanwhile"]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "theirs");
    let mut expected = before.wanted();
    expected.remove("ConfigMap/settings");
    let mut now = Look::at(&namespace).wanted();
    now.remove("ConfigMap/settings");
    expect_same(&expected, &now);
}

#[test]
fn what_somebody_made_anew_meanwhile_is_not_written_over() {
    // Given a ConfigMap that somebody deletes and creates again, alike, right before it is written
    let namespace = kept("rollback-recreated");
    patch(&namespace, "cm/settings", r#"{"data": {"mode": "slow"}}"#);
    let proxy = Proxy::start();
    let (name, kubeconfig) = (namespace.name().to_owned(), namespace.kubeconfig().to_owned());
    let recreate = move || {
        let kubectl = |arguments: &[&str]| {
            let place = ["--kubeconfig", kubeconfig.to_str().expect("text"), "--namespace", &name];
            let status = std::process::Command::new("kubectl").args(place).args(arguments).status();
            assert!(status.expect("kubectl runs").success());
        };
        kubectl(&["delete", "configmap/settings"]);
        kubectl(&["create", "configmap", "settings", "--from-literal=mode=slow"]);
    };
    proxy.break_request(Select::nth(2, "update", "configmaps"), Fault::before(recreate));

    let command = ["bundle", "rollback", "shop", "1", "--yes"];
    let finished = namespace.through(&proxy).kubectl(command).failure(1);

    expect_words(&finished.stderr, &["configmap/settings was", "by somebody meanwhile"]);
    assert_eq!(namespace.get("cm/settings")["data"]["mode"], "slow");
}
