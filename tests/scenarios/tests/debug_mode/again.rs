//! Once more, with other wishes, or about something that only has the same name.

use harness::Namespace;
use scenarios::words::expect_words;
use serde_json::{Value, json};

use crate::debugging::{
    MARK, debug_mode, debug_pod, expect_nothing_left, expect_refused, off, on, refused_words,
};
use crate::sick::{EXITS, RUNS, app, crashing, deployment, ready, running, spec};
use crate::snapshot::Snapshot;

#[test]
fn on_and_off_twice() {
    // Given a Deployment in debug mode
    let namespace = crashing("twice", &deployment(1, &spec(&app(EXITS)), ""));
    let before = Snapshot::of(&namespace, "deploy/api");
    on(&namespace, "deploy/api", &["--hold"]);
    let (debug, entered) = (debug_pod(&namespace), Snapshot::of(&namespace, "deploy/api"));

    // When it is to go there again, then it says since when it is there, and leaves it as it is
    let said = on(&namespace, "deploy/api", &["--hold"]).stderr;
    expect_words(&said, &["in debug mode for ", "s, by "]);
    entered.expect_same(&namespace, "deploy/api");
    assert_eq!(debug_pod(&namespace).uid(), debug.uid(), "the debug pod is the same");

    // When it is to go there with other options, then the way is told
    let command = ["on", "deploy/api", "--hold", "--env", "DEBUG=1"];
    let off_first = format!("kubectl debug-mode off -n {} deploy/api", namespace.name());
    expect_refused(&namespace, &command, &["in debug mode with other options", &off_first]);

    // When it is to leave twice, then the second time there is nothing to do
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_off_already(&namespace);
    before.expect_same(&namespace, "deploy/api");
}

#[test]
fn a_namesake_of_one_that_was_deleted() {
    // Given a Deployment that was in debug mode when it was deleted and made anew
    let manifest = deployment(1, &spec(&app(RUNS)), "");
    let namespace = running("namesake", &manifest, 1);
    on(&namespace, "deploy/api", &[]);
    namespace.kubectl(["delete", "deploy/api"]).success();
    namespace.apply(&manifest);

    // When it is to leave debug mode, then it is not there, also while the record of its predecessor is
    let finished = debug_mode(&namespace, &["off", "deploy/api"]);
    let said = format!("{}{}", finished.stdout, finished.stderr);
    expect_words(&said, &["not in debug mode"]);

    // and once that record is collected with its owner, it can go there and back
    namespace.watch_until("configmaps", 60, |maps| {
        (!maps.values().any(|map| map["metadata"]["labels"][MARK] == "record")).then_some(())
    });
    ready(&namespace, 1);
    let before = Snapshot::of(&namespace, "deploy/api");
    on(&namespace, "deploy/api", &[]);
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
}

#[test]
fn the_record_is_lost() {
    // Given a Deployment in debug mode whose record somebody deleted
    let namespace = running("lost-record", &deployment(1, &spec(&app(RUNS)), ""), 1);
    on(&namespace, "deploy/api", &[]);
    namespace.kubectl(["delete", "configmap", "-l", &format!("{MARK}=record")]).success();

    // When it is to leave, or to go there again, then it is refused, with the ways out
    let name = namespace.name();
    let undo = format!("kubectl rollout undo -n {name} deploy/api");
    let keep = format!("kubectl debug-mode off -n {name} deploy/api --keep-theirs");
    expect_refused(&namespace, &["off", "deploy/api"], &["record is gone", &undo, &keep]);
    expect_refused(&namespace, &["on", "deploy/api"], &["record is gone", &undo]);

    // When what is known to be ours is to be dropped, then mark and gate go
    off(&namespace, "deploy/api", &["--keep-theirs"]);
    ready(&namespace, 1);
    let text = namespace.get("deploy/api").to_string();
    assert!(!text.contains(MARK), "nothing of debug mode is left: {text}");
}

#[test]
fn a_record_that_can_not_be_read() {
    // Given a Deployment in debug mode
    let namespace = running("records", &deployment(1, &spec(&app(RUNS)), ""), 1);
    let before = Snapshot::of(&namespace, "deploy/api");
    on(&namespace, "deploy/api", &[]);
    let config_map = "configmap/drover-debug-mode-deployment-api";
    let good = namespace.get(config_map)["data"]["record.json"].as_str().expect("the record").to_owned();
    let mut newer: Value = serde_json::from_str(&good).expect("the record is JSON");
    newer["version"] = json!(99);

    for (text, words) in [
        (newer.to_string(), ["version 99", "knows 1"]),
        ("moo".to_owned(), ["can't be read", "drover-debug-mode-deployment-api"]),
    ] {
        // When its record is of a newer version, or none at all
        write_record(&namespace, config_map, &text);

        // Then no verb touches anything
        for verb in ["on", "off", "status"] {
            expect_refused(&namespace, &[verb, "deploy/api"], &words);
        }
        expect_refused(&namespace, &["off", "deploy/api", "--force-restore"], &words);
        assert_eq!(namespace.get(config_map)["data"]["record.json"], text, "the record stays as it is");
    }

    // and the mark itself may say anything, since the record counts
    write_record(&namespace, config_map, &good);
    namespace.kubectl(["annotate", "--overwrite", "deploy/api", &format!("{MARK}=moo")]).success();
    off(&namespace, "deploy/api", &[]);
    before.expect_same(&namespace, "deploy/api");
    expect_nothing_left(&namespace);
}

#[test]
fn there_is_no_such_workload() {
    let namespace = Namespace::new("no-such");
    namespace.apply(&deployment(0, &spec(&app(RUNS)), ""));

    for command in [["on", "deploy/apii"], ["off", "deploy/apii"], ["status", "deploy/apii"]] {
        let words = ["deployment.apps/apii does not exist", "did you mean", "api"];
        refused_words(debug_mode(&namespace, &command), &words);
    }
    expect_off_already(&namespace);
}

fn expect_off_already(namespace: &Namespace) {
    let finished = debug_mode(namespace, &["off", "deploy/api"]).success();
    assert_eq!(finished.stdout, "deployment.apps/api not in debug mode\n");
    expect_nothing_left(namespace);
}

fn write_record(namespace: &Namespace, config_map: &str, text: &str) {
    let patch = json!({"data": {"record.json": text}}).to_string();
    namespace.kubectl(["patch", config_map, "--type=merge", "--patch", &patch]).success();
}
