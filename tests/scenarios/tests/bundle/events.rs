//! One timeline of all that happened to a bundle.

use harness::{Fault, Namespace, Proxy, Select};
use scenarios::words::{expect_order, expect_words, refused};
use serde_json::{Value, json};

use crate::shop::{PASSWORD, shop};

/// Makes another Deployment whose name begins like the shop's, and the bundle.
fn shop_with_neighbour(test: &str) -> Namespace {
    let namespace = shop(test);
    let neighbour = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web-metrics"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "metrics"}}, "template": {
            "metadata": {"labels": {"app": "metrics"}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers":
                [{"name": "web", "image": "drover.test/box:1", "command": ["sleep", "600"]}]},
        }},
    });
    namespace.apply(&neighbour.to_string());
    namespace.kubectl(["bundle", "create", "svc/web", "cj/report", "--name", "shop"]).success();
    namespace
}

/// Writes an event as the kubelet does, or as a client of `events.k8s.io` when it has a series.
fn write_event(namespace: &Namespace, name: &str, pod: &str, more: Value) {
    let mut event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace.name(), "name": pod},
        "type": "Warning", "reason": "Told", "message": name,
        "reportingComponent": "test", "reportingInstance": "test", "action": "tell",
    });
    for (key, value) in more.as_object().expect("fields") {
        event[key] = value.clone();
    }
    namespace.command(["create", "--filename=-"]).input(event.to_string()).run().success();
}

/// The times of an event that was seen once.
fn at(time: &str) -> Value {
    json!({"firstTimestamp": time, "lastTimestamp": time})
}

/// The entries that `-o json` tells.
fn entries(namespace: &Namespace) -> Vec<Value> {
    let told = namespace.kubectl(["bundle", "events", "shop", "-o", "json"]).success().stdout;
    let mut list: Value = serde_json::from_str(&told).expect("`-o json` prints JSON");
    assert_eq!(list["kind"], "BundleTimeline");
    list["items"].as_array_mut().expect("a list").drain(..).collect()
}

/// Waits until something was said of an object whose name begins so.
fn wait_for_event(namespace: &Namespace, kind: &str, prefix: &str, reason: &str) {
    namespace.watch_until(&format!("events?fieldSelector=reason={reason}"), 60, |events| {
        let is_of = |event: &Value| {
            let object = &event["involvedObject"];
            object["kind"] == kind && object["name"].as_str().is_some_and(|name| name.starts_with(prefix))
        };
        events.values().any(is_of).then_some(())
    });
}

#[test]
fn the_members_and_all_that_they_make_between_the_versions() {
    // Given a shop whose web ran for a moment, a Job that a person started, and another web-metrics
    let namespace = shop_with_neighbour("bundle-events");
    namespace.kubectl(["scale", "deploy/web", "--replicas=1"]).success();
    namespace.kubectl(["create", "job", "--from=cronjob/report", "now"]).success();
    wait_for_event(&namespace, "Pod", "web-metrics-", "Started");
    wait_for_event(&namespace, "Pod", "now-", "Scheduled");
    wait_for_event(&namespace, "ReplicaSet", "web-", "SuccessfulCreate");
    namespace.kubectl(["patch", "cm/settings", "--patch", r#"{"data":{"mode":"slow"}}"#]).success();
    namespace.kubectl(["bundle", "snapshot", "shop", "-m", "before 1.5"]).success();
    namespace.kubectl(["scale", "deploy/web", "--replicas=0"]).success();
    wait_for_event(&namespace, "ReplicaSet", "web-", "SuccessfulDelete");
    // most events know the second only, so two who are certainly on either side of the version
    write_event(&namespace, "long-before", "web-5d8f9c7b6d-x2x4z", at("2026-01-01T00:00:00Z"));
    write_event(&namespace, "long-after", "web-5d8f9c7b6d-x2x4z", at("2126-01-01T00:00:00Z"));

    // When it is asked what happened
    let entries = entries(&namespace);

    // Then it is told of all of them, also of the pod that is gone, and of nothing else
    let objects: Vec<_> = entries.iter().filter_map(|entry| entry["object"].as_str()).collect();
    for prefix in ["deployment.apps/web", "replicaset.apps/web-", "pod/web-", "job.batch/now", "pod/now-"] {
        assert!(objects.iter().any(|object| object.starts_with(prefix)), "no {prefix} in {objects:?}");
    }
    assert!(!objects.iter().any(|object| object.contains("metrics")), "{objects:?}");
    let versions: Vec<_> = entries.iter().filter(|entry| entry["kind"] == "Version").collect();
    assert_eq!(versions.len(), 2, "{versions:?}");
    assert_eq!((&versions[1]["version"], &versions[1]["message"]), (&json!("2"), &json!("before 1.5")));

    // and people see the versions between the events
    let told = namespace.kubectl(["bundle", "events", "shop"]).success().stdout;
    expect_words(&told, &["LAST SEEN", "cronjob/report", "── version 1 recorded by "]);
    expect_order(&told, "long-before", ": before 1.5 ──");
    expect_order(&told, ": before 1.5 ──", "long-after");
    assert!(!told.contains(PASSWORD), "no value of a Secret is shown");
}

#[test]
fn events_of_either_shape_and_of_any_text() {
    // Given events as older and newer clients write them, of pods that nobody remembers
    let namespace = shop_with_neighbour("bundle-events-shapes");
    let times = json!({"eventTime": "2026-01-01T00:00:00.500000Z",
                       "series": {"count": 4, "lastObservedTime": "2026-01-01T00:05:00.500000Z"}});
    write_event(&namespace, "newer", "web-5d8f9c7b6d-x2x4z", times);
    let text = json!({"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:01:00Z",
                      "count": 3, "message": "red \u{1b}[31m\nline"});
    write_event(&namespace, "older", "web-5d8f9c7b6d-z4x2x", text);
    write_event(&namespace, "other", "web-metrics-5d8f9c7b6d-x2x4z", at("2026-01-01T00:00:00Z"));

    // When it is asked what happened
    let entries = entries(&namespace);

    // Then both are told, by their time, and no third
    let told = |entry: &Value| format!("{} x{} {}", entry["object"], entry["count"], entry["time"]);
    let told: Vec<_> = entries.iter().filter(|entry| entry["reason"] == "Told").map(told).collect();
    assert_eq!(
        told,
        [
            r#""pod/web-5d8f9c7b6d-z4x2x" x3 "2026-01-01T00:01:00Z""#,
            r#""pod/web-5d8f9c7b6d-x2x4z" x4 "2026-01-01T00:05:00.5Z""#,
        ]
    );
    let rows = namespace.kubectl(["bundle", "events", "shop"]).success().stdout;
    expect_words(&rows, &["(x3 over ", "(x4 over ", r"red \u{1b}[31m\nline"]);
}

#[test]
fn it_goes_on_until_ctrl_c() {
    // Given somebody who watches a shop that rests
    let namespace = shop_with_neighbour("bundle-events-watch");
    let mut watching = namespace.command(["bundle", "events", "shop", "--watch"]).start();
    watching.until_printed("LAST SEEN");

    // When web runs for the first time
    namespace.kubectl(["scale", "deploy/web", "--replicas=1"]).success();

    // Then its new ReplicaSet and pod are told as well, and Ctrl-C is no failure
    for words in ["ScalingReplicaSet", "replicaset/web-", "pod/web-"] {
        watching.until_printed(words);
    }
    watching.interrupt();
    let told = watching.finish().success().stdout;
    assert!(!told.contains("metrics"), "{told}");
}

#[test]
fn a_watch_that_breaks_goes_on_and_tells_nothing_twice() {
    // Given somebody whose watch comes too late at first, ends, and breaks
    let namespace = shop_with_neighbour("bundle-events-breaks");
    write_event(&namespace, "before", "web-5d8f9c7b6d-x2x4z", at("2026-01-01T00:00:00Z"));
    let proxy = Proxy::start();
    proxy.break_request(Select::nth(1, "watch", "events"), Fault::WatchExpired);
    proxy.break_request(Select::nth(2, "watch", "events"), Fault::WatchEnds { events: 1 });
    proxy.break_request(Select::nth(3, "watch", "events"), Fault::ResetBefore);
    proxy.break_request(Select::nth(3, "list", "events"), Fault::Status(503));
    let user = namespace.through(&proxy);
    let mut watching = user.command(["bundle", "events", "shop", "--watch", "-o", "json"]).start();

    // When more happens meanwhile
    watching.until_printed("\"before\"");
    for name in ["first", "second", "third"] {
        write_event(&namespace, name, "web-5d8f9c7b6d-x2x4z", at("2026-01-01T00:00:00Z"));
        watching.until_printed(&format!("{name:?}"));
    }

    // Then each is told once
    watching.interrupt();
    let told = watching.finish().success().stdout;
    for name in ["before", "first", "second", "third"] {
        assert_eq!(told.matches(&format!("{name:?}")).count(), 1, "{name} in:\n{told}");
    }
    assert_eq!(proxy.fired(), 4, "{}", proxy.recording().table());
}

#[test]
fn it_asks_for_the_events_once_and_for_no_pods() {
    let namespace = shop_with_neighbour("bundle-events-asks");
    let proxy = Proxy::start();

    namespace.through(&proxy).kubectl(["bundle", "events", "shop"]).success();

    // What show asks for, then the events of those that it found
    let recording = proxy.recording();
    assert!(recording.waves() <= 4, "{}", recording.table());
    let lists = |resource: &str| {
        let is_list = |request: &&harness::Recorded| request.verb == "list" && request.resource == resource;
        recording.requests.iter().filter(is_list).count()
    };
    let asked = ["events", "jobs", "secrets", "pods", "replicasets"].map(lists);
    assert_eq!(asked, [1, 1, 1, 0, 0], "{}", recording.table());
}

#[test]
fn where_nothing_happened_it_says_so() {
    let namespace = shop("bundle-events-none");
    namespace.kubectl(["bundle", "create", "cj/report", "--name", "shop"]).success();
    let finished = namespace.kubectl(["bundle", "events", "shop"]).success();
    assert_eq!((&*finished.stdout, &*finished.stderr), ("", "No events found of bundle/shop.\n"));
    expect_words(&refused(namespace.kubectl(["bundle", "events", "shob"])), &["did you mean shop?"]);
}
