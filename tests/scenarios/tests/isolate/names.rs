//! Pods are named as kubectl has them named, one or several.

use harness::EndpointsMonitor;

use crate::pods::{Pod, pods};
use crate::promises::{expect_isolated, expect_untouched, expect_words, refused};
use crate::shop::shop;

#[test]
fn a_pod_can_be_named_in_three_ways() {
    let namespace = shop("names", 1);
    let sick = &pods(&namespace, "app=web")[0];
    let name = sick.name();
    for words in [vec![name], vec![&format!("pod/{name}")], vec!["pod", name]] {
        let finished = namespace.kubectl([&["isolate", "--dry-run"], &words[..]].concat()).success();
        assert_eq!(finished.stdout, format!("pod/{name} isolated (dry run)\n"), "named as {words:?}");
    }
    expect_untouched(&namespace, sick);
}

#[test]
fn two_pods_leave_one_after_the_other() {
    // Given three pods, two of which are sick
    let namespace = shop("two-pods", 3);
    let before = pods(&namespace, "app=web");
    let [one, other, _] = &before[..] else { panic!("three pods were made") };
    let monitor = EndpointsMonitor::start(&namespace, "web");

    // When both are isolated with one command
    let finished = namespace.kubectl(["isolate", other.name(), one.name()]).success();

    // Then both are out, in the order they were named, and capacity was there all the time
    let expected = format!("pod/{} isolated\npod/{} isolated\n", other.name(), one.name());
    assert_eq!(finished.stdout, expected, "one line for each pod");
    let endpoints = monitor.finish();
    assert!(endpoints.minimum_ready >= 3, "each waits for its own replacement: {endpoints:?}");
    for sick in [one, other] {
        expect_isolated(&namespace, sick);
    }
    assert_eq!(pods(&namespace, "app=web").len(), 3, "both were replaced");
}

#[test]
fn one_name_that_does_not_exist_keeps_all_pods_where_they_are() {
    let namespace = shop("one-wrong-name", 2);
    let before = pods(&namespace, "app=web");

    let said = refused(namespace.kubectl(["isolate", before[0].name(), "web-nobody"]));

    expect_words(&said, &["pod/web-nobody does not exist"]);
    for pod in &before {
        expect_untouched(&namespace, pod);
    }
    assert_eq!(names(&pods(&namespace, "app=web")), names(&before), "no pod came or went");
}

#[test]
fn a_verb_behind_a_name_is_a_mistake() {
    let namespace = shop("verb-behind", 1);
    let sick = &pods(&namespace, "app=web")[0];

    let said = refused(namespace.kubectl(["isolate", sick.name(), "restore"]));

    expect_words(&said, &["restore"]);
    expect_untouched(&namespace, sick);
}

fn names(pods: &[Pod]) -> Vec<&str> {
    pods.iter().map(Pod::name).collect()
}
