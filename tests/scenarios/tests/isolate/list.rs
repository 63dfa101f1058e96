//! `kubectl isolate list`: what is out of service, and what needs a hand.

use harness::Namespace;
use serde_json::{Value, json};

use crate::pods::{Pod, pods};
use crate::promises::{isolate, isolate_with};
use crate::shop::{half_isolate, let_in, make_unready, shop, slow_shop};

#[test]
fn half_isolated_pods_come_first() {
    // Given a pod that is isolated, and one further down the alphabet that is half so
    let namespace = slow_shop("list", 2);
    let before = pods(&namespace, "app=web");
    let [whole, half] = &before[..] else { panic!("two pods were made") };
    let (isolation, replacement) = half_isolate(&namespace, whole);
    let_in(&namespace, &replacement);
    isolation.finish().success();
    let (waiting, _) = half_isolate(&namespace, half);

    // When people ask what is isolated
    let table = list(&namespace, &[]);

    // Then the one that needs a hand comes first
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(
        rows[0],
        ["NAME", "OWNER", "STATE", "RESTARTS", "ISOLATED", "BY", "REJOIN", "EXPIRES", "REASON"]
    );
    assert_eq!(rows[1][..4], [half.name(), "deployment/web", "half", "0"], "{table}");
    assert_eq!(rows[2][..4], [whole.name(), "deployment/web", "whole", "0"], "{table}");
    assert_eq!(rows.len(), 3, "and nothing else is listed:\n{table}");

    // and programs read the same
    let read: Value = serde_json::from_str(&list(&namespace, &["-o", "json"])).expect("-o json prints JSON");
    assert_eq!(read["kind"], "IsolatedPodList");
    assert_eq!(read["items"].as_array().map(Vec::len), Some(2), "{read}");
    for (item, pod, state) in [(&read["items"][0], half, "half"), (&read["items"][1], whole, "whole")] {
        let seen = json!([item["pod"], item["namespace"], item["state"], item["owner"], item["rejoin"]]);
        assert_eq!(seen, json!([pod.name(), namespace.name(), state, "deployment/web", "yes"]));
    }
    let names = list(&namespace, &["-o", "name"]);
    assert_eq!(names, format!("pod/{}\npod/{}\n", half.name(), whole.name()));
    drop(waiting);
}

#[test]
fn pods_of_all_namespaces_are_listed_with_who_and_why() {
    // Given a pod that somebody isolated for a reason
    let namespace = shop("list-all", 1);
    let sick = &pods(&namespace, "app=web")[0];
    isolate_with(&namespace, sick, &["--reason=memory leak"]);
    let elsewhere = Namespace::new("list-elsewhere");

    // When people ask from another namespace
    let here = elsewhere.kubectl(["isolate", "list"]).success();
    let there = list(&elsewhere, &["-n", namespace.name()]);
    let everywhere = list(&elsewhere, &["-A"]);

    // Then it is found there and everywhere, and not here
    assert_eq!(here.stdout, "", "nothing is isolated here");
    assert!(here.stderr.contains("No isolated pods"), "which is said: {}", here.stderr);
    assert!(there.contains(sick.name()), "{there}");
    let heading = everywhere.lines().next().expect("there is a heading");
    assert!(heading.starts_with("NAMESPACE "), "{heading}");
    let row = everywhere.lines().find(|row| row.starts_with(namespace.name()));
    let row = row.unwrap_or_else(|| panic!("the pod is listed in\n{everywhere}"));
    for cell in [sick.name(), "deployment/web", "whole", "ago", "memory leak"] {
        assert!(row.contains(cell), "{cell:?} is in {row:?}");
    }
}

#[test]
fn whether_a_pod_can_rejoin_is_told_with_the_reason() {
    // Given two isolated pods, one of which is not Ready any more
    let namespace = shop("list-rejoin", 2);
    let before = pods(&namespace, "app=web");
    for pod in &before {
        isolate(&namespace, pod);
    }
    let [well, unready] = &before[..] else { panic!("two pods were made") };
    make_unready(&namespace, unready);

    // When people ask, then one can rejoin, and it is said why the other can't
    expect_rejoin(&namespace, well, "yes");
    expect_rejoin(&namespace, unready, "no: it is not Ready");

    // When the template changes, then neither can
    let next = "spec: {template: {metadata: {annotations: {version: two}}}}";
    namespace.kubectl(["patch", "deployment", "web", "--patch", next]).success();
    namespace.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]).success();
    expect_rejoin(&namespace, well, "no: it was made from an older template");
    expect_rejoin(&namespace, unready, "no: ");
}

/// The column of the table, and the field for programs, begin with this.
fn expect_rejoin(namespace: &Namespace, pod: &Pod, expected: &str) {
    let table = list(namespace, &[]);
    let mut lines = table.lines();
    let column = lines.next().and_then(|heading| heading.find("REJOIN")).expect("there is a column REJOIN");
    let row = lines.find(|row| row.starts_with(pod.name()));
    let row = row.unwrap_or_else(|| panic!("{} is listed in\n{table}", pod.name()));
    assert!(row[column..].starts_with(expected), "expected {expected:?} below REJOIN in\n{table}");

    let read: Value = serde_json::from_str(&list(namespace, &["-o", "json"])).expect("-o json prints JSON");
    let mut items = read["items"].as_array().expect("a list has items").iter();
    let item = items.find(|item| item["pod"] == pod.name()).expect("programs read the same");
    let rejoin = item["rejoin"].as_str().expect("it is known");
    assert!(rejoin.starts_with(expected), "expected {expected:?}, but programs read {rejoin:?}");
}

fn list(namespace: &Namespace, flags: &[&str]) -> String {
    namespace.kubectl([&["isolate", "list"], flags].concat()).success().stdout
}
