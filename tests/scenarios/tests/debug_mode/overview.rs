//! What is in debug mode, since when, and is it still as it was left.

use harness::Finished;
use scenarios::words::expect_words;
use serde_json::Value;

use crate::debugging::{debug_mode, debug_pod, expect_nothing_left, on};
use crate::sick::{EXITS, RUNS, app, crashing, deployment, ready, running, spec, workload};
use crate::snapshot::Snapshot;

#[test]
fn status_tells_what_changed_and_what_changed_since() {
    // Given a Deployment
    let namespace = crashing("status", &deployment(1, &spec(&app(EXITS)), ""));
    let status =
        |flags: &[&str]| debug_mode(&namespace, &[&["status", "deploy/api"], flags].concat()).success();
    expect_first_line(&status(&[]), "deployment.apps/api not in debug mode");

    // When it is in debug mode, then its status says so, by whom, why, and how it is
    on(&namespace, "deploy/api", &["--hold", "--reason", "config is missing"]);
    let debug = debug_pod(&namespace);
    let told = status(&[]);
    expect_first_line(&told, "deployment.apps/api in debug mode");
    let words = [
        "ago by",
        "config is missing",
        "holds app",
        &format!("{} runs", debug.name()),
        "as debug mode left it",
    ];
    expect_words(&told.stdout, &words);

    // When somebody changed it, then that is shown, also to programs
    namespace.kubectl(["set", "image", "deploy/api", "app=drover.test/next:2"]).success();
    expect_words(&status(&[]).stdout, &["changed since", "image", "drover.test/next:2"]);
    let json: Value = serde_json::from_str(&status(&["-o", "json"]).stdout).expect("-o json prints JSON");
    let item = &json["items"][0];
    assert_eq!((&json["kind"], &item["inDebugMode"]), (&"DebugModeStatusList".into(), &true.into()));
    assert_eq!(item["reason"], "config is missing");
    assert_eq!(item["changed"].as_array().map(Vec::len), Some(1), "{item}");
}

#[test]
fn what_is_listed_can_be_left_all_together() {
    // Given two workloads in debug mode, a copy, and a namespace where there is one
    let manifest = deployment(1, &spec(&app(RUNS)), "");
    let namespace = running("list", &manifest, 1);
    expect_words(&debug_mode(&namespace, &["list"]).success().stderr, &["Nothing is in debug mode"]);
    let set = workload("ReplicaSet", "replicas: 1", &spec(&app(RUNS)))
        .replace("name: api", "name: bare")
        .replace("app: api", "app: bare");
    namespace.apply(&set);
    namespace.wait("rs/bare", "jsonpath={.status.readyReplicas}=1", 60);
    let before = ["deploy/api", "rs/bare"].map(|target| (target, Snapshot::of(&namespace, target)));
    on(&namespace, "deploy/api", &["--reason", "looking"]);
    on(&namespace, "rs/bare", &["--in-place", "--yes"]);
    debug_mode(&namespace, &["on", "deploy/api", "--copy", "--yes", "--hold"]).success();
    let elsewhere = running("list-elsewhere", &manifest, 1);
    on(&elsewhere, "deploy/api", &[]);

    // When people look, then each has its row
    let table = debug_mode(&namespace, &["list"]).success().stdout;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 4, "a heading and three rows:\n{table}");
    expect_words(rows[0], &["WORKLOAD", "STATE", "SINCE", "REASON"]);
    expect_words(rows[1], &["deployment.apps/api", "in-place", "as left", "ago", "looking"]);
    expect_words(rows[2], &["replicaset.apps/bare", "in-place", "as left"]);
    expect_words(rows[3], &["deployment.apps/api", "copy", "running"]);
    // in all namespaces too
    let all = debug_mode(&namespace, &["list", "-A"]).success().stdout;
    for name in [namespace.name(), elsewhere.name()] {
        assert!(all.lines().any(|row| row.starts_with(&format!("{name} "))), "{name} is listed:\n{all}");
    }

    // When all are left, then those of this namespace are as before, and the other's is not touched
    let answer = debug_mode(&namespace, &["off", "--all"]).success().stdout;
    assert_eq!(answer, "deployment.apps/api restored\nreplicaset.apps/bare restored\n");
    for (target, before) in before {
        before.expect_same(&namespace, target);
    }
    expect_nothing_left(&namespace);
    debug_pod(&elsewhere);
    ready(&namespace, 1);
}

fn expect_first_line(finished: &Finished, line: &str) {
    assert_eq!(finished.stdout.lines().next(), Some(line), "{}", finished.stdout);
}
