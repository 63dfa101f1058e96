//! Dry runs of `restore` and `cleanup` change nothing; and their answers have forms for programs.

use harness::{Finished, Namespace};
use serde_json::Value;

use crate::pods::{Pod, pod, pods};
use crate::promises::{expect_isolated, expect_restored, expect_untouched, expect_words, isolate};
use crate::shop::shop;

#[test]
fn a_dry_run_changes_nothing() {
    let (namespace, sick) = shop_with_an_isolated_pod("dry-run-back");
    let isolated = pod(&namespace, sick.name());
    let serving = pods(&namespace, "app=web");

    for (verb, done) in [("restore", "restored"), ("cleanup", "deleted")] {
        for (mode, suffix) in [("client", "(dry run)"), ("server", "(server dry run)")] {
            // When it is only tried
            let finished = run(&namespace, verb, &sick, &[&format!("--dry-run={mode}")]);

            // Then every pod is as it was
            assert_eq!(finished.stdout, format!("pod/{} {done} {suffix}\n", sick.name()));
            expect_untouched(&namespace, &isolated);
            expect_isolated(&namespace, &sick);
            assert_eq!(pods(&namespace, "app=web").len(), serving.len(), "no pod came or went");
            for pod in &serving {
                expect_untouched(&namespace, pod);
            }
        }
    }
}

#[test]
fn a_dry_run_of_a_restore_tells_the_way() {
    let (namespace, sick) = shop_with_an_isolated_pod("dry-run-way");

    let said = run(&namespace, "restore", &sick, &["--dry-run=client"]).stderr;

    expect_words(&said, &["take traffic again", "make room", "rejoin", "drain"]);
    let names = pods(&namespace, "app=web");
    let named = names.iter().filter(|pod| said.contains(&format!("{} is deleted", pod.name())));
    assert_eq!(named.count(), 1, "the one pod that would go is named:\n{said}");
}

#[test]
fn the_answers_can_be_read_by_programs() {
    let (namespace, sick) = shop_with_an_isolated_pod("forms-back");

    for (verb, kind) in [("restore", "RestorationList"), ("cleanup", "CleanupList")] {
        let answer = |form| run(&namespace, verb, &sick, &["--dry-run=client", "-o", form]).stdout;
        let json: Value = serde_json::from_str(&answer("json")).expect("-o json prints JSON");
        let yaml: Value = serde_saphyr::from_str(&answer("yaml")).expect("-o yaml prints YAML");
        assert_eq!(json, yaml, "both forms tell the same");
        assert_eq!(json["kind"], kind);
        let item = only_item(&json);
        assert_eq!(item["pod"], sick.name());
        assert_eq!(item["namespace"], namespace.name());
        assert_eq!(item["dryRun"], "client");
        assert_eq!(answer("name"), format!("pod/{}\n", sick.name()));
    }
    expect_isolated(&namespace, &sick);
}

#[test]
fn what_was_done_can_be_read_by_programs() {
    // Given an isolated pod
    let namespace = shop("forms-done", 2);
    let before = pods(&namespace, "app=web");
    isolate(&namespace, &before[0]);

    // When a program puts it back
    let answer = run(&namespace, "restore", &before[0], &["--drain=1s", "-o", "json"]).stdout;

    // Then the answer is one document with all that was done
    let done: Value = serde_json::from_str(&answer).expect("stdout is one JSON document");
    let item = only_item(&done);
    assert_eq!(item["dryRun"], "none");
    assert_eq!(item["owner"]["uid"], before[0].owners()[0]["uid"]);
    assert_eq!(item["services"], serde_json::json!(["web"]));
    let stages = item["stages"].as_array().expect("stages are a list");
    assert_eq!(stages.len(), 4, "each stage is there once: {item}");
    for stage in stages {
        assert!(stage["seconds"].is_f64(), "how long it took is known: {stage}");
    }
    expect_restored(&namespace, &before, &before[0]);

    // When another is isolated and cleared away
    isolate(&namespace, &before[0]);
    let answer = run(&namespace, "cleanup", &before[0], &["-o", "yaml"]).stdout;
    let done: Value = serde_saphyr::from_str(&answer).expect("stdout is one YAML document");
    assert_eq!(only_item(&done)["dryRun"], "none");
    assert_eq!(only_item(&done)["pod"], before[0].name());
}

fn shop_with_an_isolated_pod(test: &str) -> (Namespace, Pod) {
    let namespace = shop(test, 2);
    let sick = pods(&namespace, "app=web").remove(0);
    isolate(&namespace, &sick);
    (namespace, sick)
}

fn run(namespace: &Namespace, verb: &str, pod: &Pod, flags: &[&str]) -> Finished {
    namespace.kubectl([&["isolate", verb, pod.name()], flags].concat()).success()
}

fn only_item(list: &Value) -> &Value {
    let items = list["items"].as_array().expect("a list has items");
    assert_eq!(items.len(), 1, "one pod, one item: {list}");
    &items[0]
}
