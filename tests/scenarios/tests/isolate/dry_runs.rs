//! A dry run changes nothing; and every answer has forms for programs.

use harness::{Finished, Namespace};
use serde_json::{Value, json};

use crate::pods::{Pod, pods};
use crate::promises::{expect_isolated, expect_untouched, expect_words};
use crate::shop::shop;

#[test]
fn a_dry_run_changes_nothing() {
    let namespace = shop("dry-run", 2);
    let before = pods(&namespace, "app=web");
    let sick = &before[0];

    for (flag, suffix) in [("client", " (dry run)"), ("server", " (server dry run)")] {
        // When it is only tried
        let finished = run(&namespace, sick, &[&format!("--dry-run={flag}")]);

        // Then the way is told, and every pod is as it was
        assert_eq!(finished.stdout, format!("pod/{} isolated{suffix}\n", sick.name()));
        expect_words(&finished.stderr, &["leave the Deployment", "replacement", "leave all traffic", "app"]);
        for pod in &before {
            expect_untouched(&namespace, pod);
        }
        let now = pods(&namespace, "app=web");
        assert_eq!(now.len(), 2, "--dry-run={flag} makes no replacement");
    }
}

#[test]
fn a_dry_runs_plan_can_be_read_by_programs() {
    let namespace = shop("dry-run-forms", 2);
    let sick = &pods(&namespace, "app=web")[0];

    let json = run(&namespace, sick, &["--dry-run=client", "-o", "json"]).stdout;
    let yaml = run(&namespace, sick, &["--dry-run=client", "-o", "yaml"]).stdout;
    let name = run(&namespace, sick, &["--dry-run=client", "-o", "name"]).stdout;

    let planned = only_item(serde_json::from_str(&json).expect("-o json prints JSON"));
    expect_belongings(&namespace, sick, &planned);
    assert_eq!(planned["dryRun"], "client");
    assert_eq!(planned["replacement"], Value::Null, "there is none yet");
    let titles: Vec<&Value> = items(&planned["plan"]["stages"]).iter().map(|stage| &stage["title"]).collect();
    assert_eq!(titles, ["leave the Deployment", "replacement", "leave all traffic", "verified"]);

    let same = only_item(serde_saphyr::from_str(&yaml).expect("-o yaml prints YAML"));
    for field in ["pod", "namespace", "owner", "workload", "droppedLabels", "services", "dryRun"] {
        assert_eq!(same[field], planned[field], "{field} is the same in both forms");
    }
    assert_eq!(name, format!("pod/{}\n", sick.name()));
    expect_untouched(&namespace, sick);
}

#[test]
fn what_was_done_can_be_read_by_programs() {
    // Given a pod to isolate, with a budget that will be warned of
    let namespace = shop("forms", 2);
    namespace.apply(
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: everything}, \
         spec: {maxUnavailable: 1, selector: {}}}",
    );
    let sick = &pods(&namespace, "app=web")[0];

    // When it is isolated by a program
    let finished = run(&namespace, sick, &["--reason", "500s since 14:02", "-o", "json"]);

    // Then the answer is one document with all that was done
    let done = only_item(serde_json::from_str(&finished.stdout).expect("stdout is one JSON document"));
    expect_isolated(&namespace, sick);
    expect_belongings(&namespace, sick, &done);
    assert_eq!(done["dryRun"], "none");
    assert_eq!(done["reason"], "500s since 14:02");
    let now = pods(&namespace, "app=web");
    let replacement = done["replacement"].as_str().expect("the replacement is named");
    assert!(now.iter().any(|pod| pod.name() == replacement), "{replacement} is a pod of the Deployment");
    assert_eq!(items(&done["warnings"]).len(), 1, "what was said beforehand: {}", done["warnings"]);
    let stages = items(&done["stages"]);
    assert_eq!(stages.len(), 4, "each stage is there once: {}", done["stages"]);
    for stage in stages {
        assert!(stage["seconds"].is_f64(), "how long it took is known: {stage}");
    }
}

fn run(namespace: &Namespace, pod: &Pod, flags: &[&str]) -> Finished {
    namespace.kubectl([&["isolate", pod.name()], flags].concat()).success()
}

/// The documented fields that hold before and after.
fn expect_belongings(namespace: &Namespace, pod: &Pod, item: &Value) {
    assert_eq!(item["pod"], pod.name());
    assert_eq!(item["namespace"], namespace.name());
    assert_eq!(item["owner"]["kind"], "ReplicaSet");
    assert_eq!(item["owner"]["uid"], pod.owners()[0]["uid"]);
    assert_eq!(item["workload"]["kind"], "Deployment");
    assert_eq!(item["workload"]["name"], "web");
    assert_eq!(item["droppedLabels"], json!(["app", "pod-template-hash"]));
    assert_eq!(item["services"], json!(["web"]));
    assert!(item["stages"].is_array() && item["warnings"].is_array(), "{item}");
    assert!(!items(&item["notChecked"]).is_empty(), "what no API can prove is named");
}

fn only_item(mut list: Value) -> Value {
    assert_eq!(list["kind"], "IsolationList");
    assert_eq!(items(&list["items"]).len(), 1, "one pod, one item: {list}");
    list["items"][0].take()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("a list was expected: {value}"))
}
