//! A Lease that one of several holds.

use std::sync::Arc;
use std::time::Duration;

use drover::change::{Lock, LockError, Step, Write, apply, holder};
use drover::cluster::Cluster;
use drover::model::object::{CONFIG_MAPS, LEASES, ObjectRef};
use harness::{Fault, Namespace, Objects, Proxy, Select};
use serde_json::json;

use crate::{FIELD_MANAGER, connect};

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_secs(3);
const LEASE: &str = "lease/lock";

async fn acquire(
    cluster: &Cluster,
    namespace: &Namespace,
    holder: &str,
    duration: Duration,
) -> Result<Lock, LockError> {
    let lease = ObjectRef::namespaced(LEASES, namespace.name(), "lock");
    // What tells the server's clock.
    cluster.user_name().await;
    Lock::acquire(cluster, lease, holder, duration, FIELD_MANAGER).await
}

fn leases(namespace: &Namespace) -> String {
    namespace.kubectl(["get", "leases", "--output=name"]).success().stdout
}

fn now_held_by(namespace: &Namespace, holder: &str) {
    let change = json!({"spec": {"holderIdentity": holder}}).to_string();
    namespace.kubectl(["patch", LEASE, "--type=merge", "--patch", &change]).success();
}

#[tokio::test]
async fn of_two_at_once_one_wins_and_the_other_learns_who() {
    let namespace = Namespace::new("lock-two");
    let cluster = connect(namespace.kubeconfig()).await;
    let names = ["alice", "bob"].map(holder);

    let both = tokio::join!(
        acquire(&cluster, &namespace, &names[0], LONG),
        acquire(&cluster, &namespace, &names[1], LONG)
    );

    let (lock, refused, winner) = match both {
        (Ok(lock), Err(refused)) => (lock, refused, &names[0]),
        (Err(refused), Ok(lock)) => (lock, refused, &names[1]),
        both => panic!("{both:?}"),
    };
    let LockError::Held { holding, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(&holding.holder, winner);
    let told = format!("lease.coordination.k8s.io/lock: held by {winner} since ");
    assert!(refused.to_string().starts_with(&told), "{refused}");
    lock.check().unwrap();
    lock.release(&cluster, FIELD_MANAGER).await.unwrap();
    assert_eq!(leases(&namespace), "", "a lock leaves nothing behind");
    acquire(&cluster, &namespace, "carol", LONG).await.unwrap();
}

#[tokio::test]
async fn one_that_is_let_go_while_it_is_asked_for_is_acquired() {
    let namespace = Arc::new(Namespace::new("lock-let-go"));
    let cluster = connect(namespace.kubeconfig()).await;
    acquire(&cluster, &namespace, "alice", LONG).await.unwrap();
    let proxy = Proxy::start();
    let alice = namespace.clone();
    let release = Fault::after(move || {
        alice.kubectl(["delete", LEASE]).success();
    });
    proxy.break_request(Select::nth(1, "create", "leases"), release);
    let delayed = connect(namespace.through(&proxy).kubeconfig()).await;

    acquire(&delayed, &namespace, "bob", LONG).await.unwrap();

    assert_eq!(namespace.get(LEASE)["spec"]["holderIdentity"], "bob");
}

#[tokio::test]
async fn one_that_expired_is_taken_over_by_one_only() {
    let namespace = Namespace::new("lock-expired");
    namespace.apply(
        "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: lock}, spec: {holderIdentity: killed, \
         leaseDurationSeconds: 30, acquireTime: \"2026-01-01T10:00:00.000000Z\", renewTime: \
         \"2026-01-01T10:05:00.000000Z\"}}",
    );
    let cluster = connect(namespace.kubeconfig()).await;

    let both = tokio::join!(
        acquire(&cluster, &namespace, "alice", LONG),
        acquire(&cluster, &namespace, "bob", LONG)
    );

    let winner = match &both {
        (Ok(_), Err(LockError::Held { holding, .. })) if holding.holder == "alice" => "alice",
        (Err(LockError::Held { holding, .. }), Ok(_)) if holding.holder == "bob" => "bob",
        both => panic!("{both:?}"),
    };
    let spec = &namespace.get(LEASE)["spec"];
    assert_eq!((&spec["holderIdentity"], &spec["leaseTransitions"]), (&json!(winner), &json!(1)));
}

#[tokio::test]
async fn it_is_renewed_while_the_work_goes_on() {
    let namespace = Arc::new(Namespace::new("lock-renewed"));
    let cluster = connect(namespace.kubeconfig()).await;
    let lock = acquire(&cluster, &namespace, "alice", SHORT).await.unwrap();

    let watched = namespace.clone();
    let is_past_its_duration = |leases: &Objects| {
        let spec = &leases.values().next()?["spec"];
        let seconds = |field: &str| -> f64 {
            let time = spec[field].as_str().unwrap();
            time[17..26].parse::<f64>().unwrap() + 60.0 * time[14..16].parse::<f64>().unwrap()
        };
        let age = (seconds("renewTime") - seconds("acquireTime")).rem_euclid(3600.0);
        (age > SHORT.as_secs_f64()).then_some(())
    };
    let watch = move || {
        watched.watch_until("coordination.k8s.io/v1/leases", 30, is_past_its_duration);
    };
    tokio::task::spawn_blocking(watch).await.unwrap();

    lock.check().unwrap();
    let refused = acquire(&cluster, &namespace, "bob", SHORT).await.unwrap_err();
    assert!(matches!(refused, LockError::Held { .. }), "{refused}");
    lock.release(&cluster, FIELD_MANAGER).await.unwrap();
    assert_eq!(leases(&namespace), "");
}

#[tokio::test]
async fn one_that_was_taken_away_stops_writing_and_is_left_to_its_new_holder() {
    let namespace = Namespace::new("lock-lost");
    let cluster = connect(namespace.kubeconfig()).await;
    let lock = acquire(&cluster, &namespace, "alice", SHORT).await.unwrap();

    now_held_by(&namespace, "bob");
    tokio::time::timeout(Duration::from_secs(30), lock.lost()).await.expect("it is noticed");

    let lost = lock.check().unwrap_err();
    assert!(lost.message.contains("bob holds it since "), "{lost}");
    let target = ObjectRef::namespaced(CONFIG_MAPS, namespace.name(), "settings");
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}});
    let step = Step { title: String::new(), write: Write::create(target, body, Vec::new()) };
    let refused = apply(&cluster, &step, FIELD_MANAGER, Some(&lock)).await.unwrap_err();
    assert_eq!(refused.message, lost.message);
    assert_eq!(namespace.kubectl(["get", "configmap/settings", "--ignore-not-found"]).success().stdout, "");
    lock.release(&cluster, FIELD_MANAGER).await.unwrap();
    assert_eq!(namespace.get(LEASE)["spec"]["holderIdentity"], "bob");
}

#[tokio::test]
async fn letting_go_spares_who_took_it_over_a_moment_before() {
    let namespace = Namespace::new("lock-spared");
    let cluster = connect(namespace.kubeconfig()).await;
    let lock = acquire(&cluster, &namespace, "alice", LONG).await.unwrap();
    now_held_by(&namespace, "bob");

    lock.release(&cluster, FIELD_MANAGER).await.unwrap();

    assert_eq!(namespace.get(LEASE)["spec"]["holderIdentity"], "bob");
}

#[tokio::test]
async fn a_label_on_it_does_not_keep_it_from_being_let_go() {
    let namespace = Namespace::new("lock-labelled");
    let cluster = connect(namespace.kubeconfig()).await;
    let lock = acquire(&cluster, &namespace, "alice", LONG).await.unwrap();
    namespace.kubectl(["label", LEASE, "team=shop"]).success();

    lock.release(&cluster, FIELD_MANAGER).await.unwrap();

    assert_eq!(leases(&namespace), "");
}

#[tokio::test]
async fn an_unanswered_acquisition_is_known_as_our_own() {
    let namespace = Namespace::new("lock-unanswered");
    let proxy = Proxy::start();
    let user = namespace.through(&proxy);
    proxy.break_request(Select::nth(1, "create", "leases"), Fault::ResetAfter);
    let cluster = connect(user.kubeconfig()).await;

    let lock = acquire(&cluster, &namespace, "alice", LONG).await.unwrap();

    assert_eq!(proxy.fired(), 1);
    lock.check().unwrap();
    lock.release(&cluster, FIELD_MANAGER).await.unwrap();
    assert_eq!(leases(&namespace), "");
}

#[tokio::test]
async fn whoever_may_edit_may_lock() {
    let namespace = Namespace::new("lock-rights");
    let editor = namespace.limited_user("editor", harness::Rights::ClusterRole("edit"));
    let cluster = connect(editor.kubeconfig()).await;

    assert_eq!(cluster.missing_rights(&Lock::rights(namespace.name())).await.unwrap(), []);
    let lock = acquire(&cluster, &namespace, "editor", LONG).await.unwrap();
    lock.release(&cluster, FIELD_MANAGER).await.unwrap();
}
