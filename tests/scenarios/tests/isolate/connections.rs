//! Connections outlive the endpoint that they were made through: who is still there is told to whoever asks.

use std::time::{Duration, Instant};

use harness::{Namespace, Running};
use serde_json::Value;

use crate::pods::{Pod, pods};
use crate::promises::{expect_isolated, expect_words, isolate, isolate_with};
use crate::shop::{shop, shop_of, web};

/// A connection from another pod that stays open, and says nothing. Ends when it is dropped.
fn connect(namespace: &Namespace, client: &str, to: &Pod, seconds: u32) -> Running {
    namespace.apply(&format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {client}}}, spec: {{terminationGracePeriodSeconds: 1, \
         containers: [{{name: {client}, image: 'drover.test/box:1', command: [sleep, '3600']}}]}}}}"
    ));
    namespace.wait(&format!("pod/{client}"), "condition=Ready", 30);
    let silence = format!("echo begun; sleep {seconds} | nc {} 8080", to.address());
    let mut running = namespace.command(["exec", client, "--", "sh", "-c", &silence]).start();
    running.until_printed("begun");
    let is_there = || {
        let table = namespace.kubectl(["exec", to.name(), "--", "cat", "/proc/net/tcp6"]).success().stdout;
        table.lines().any(|line| line.contains(":1F90") && line.contains(" 01 "))
    };
    // No API tells of a connection.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "{client} is not connected");
    }
    running
}

#[test]
fn who_is_still_connected_is_named() {
    // Given a pod to which another one is connected
    let namespace = shop("connected", 1);
    let sick = &pods(&namespace, "app=web")[0];
    let _connection = connect(&namespace, "customer", sick, 3600);

    // When it is isolated, and somebody asks for the connections
    let finished = isolate_with(&namespace, sick, &["--connections"]);

    // Then the peer is named, and no longer said to be unknown
    let peer = format!("(pod/customer in {}) to 8080 of web", namespace.name());
    expect_words(&finished.stderr, &["connections", "1 connection still open to port 8080", &peer]);
    let unknown =
        finished.stderr.lines().find(|line| line.contains("not checked:")).expect("some things are not");
    assert!(!unknown.contains("open connections"), "{unknown}");
    expect_isolated(&namespace, sick);
    // and later programs are told too, of the pod as it is by then
    let again = ["isolate", sick.name(), "--connections", "-o", "json"];
    let answer: Value = serde_json::from_str(&namespace.kubectl(again).success().stdout).expect("JSON");
    let connections = &answer["items"][0]["connections"];
    assert_eq!(connections["ports"], serde_json::json!([8080]));
    let established = &connections["established"][0];
    assert_eq!(
        (&established["container"], &established["count"]),
        (&"web".into(), &1.into()),
        "{connections:#}"
    );
}

#[test]
fn nobody_looks_unasked() {
    let namespace = shop("not-asked", 1);
    let sick = &pods(&namespace, "app=web")[0];

    let said = isolate(&namespace, sick).stderr;

    let unknown = said.lines().find(|line| line.contains("not checked:")).expect("some things are not");
    expect_words(unknown, &["open connections"]);
}

#[test]
fn they_are_waited_for_until_they_are_gone_or_the_time_is_over() {
    // Given two pods, the first with a connection that ends by itself, the other with one that stays
    let namespace = shop("wait-connections", 2);
    let both = pods(&namespace, "app=web");
    let _ends = connect(&namespace, "short", &both[0], 8);
    let _stays = connect(&namespace, "long", &both[1], 3600);

    // When they are isolated, and the connections are waited for
    let ended = isolate_with(&namespace, &both[0], &["--wait-connections=60s"]).stderr;
    let stayed = isolate_with(&namespace, &both[1], &["--wait-connections=2s"]).stderr;

    // Then the first was seen to end, and of the other it is said who remains
    expect_words(&ended, &["none to port 8080"]);
    expect_words(&stayed, &["1 connection still open", "pod/long in"]);
    expect_isolated(&namespace, &both[1]);
}

#[test]
fn without_cat_nobody_knows_and_it_is_said() {
    // Given a pod whose container finds no program
    let hidden = web(1)
        .replace("command: [sh, -c]", "command: [/bin/sh, -c]\n        env: [{name: PATH, value: /nowhere}]")
        .replace("mkdir", "/bin/mkdir")
        .replace("hostname >", "/bin/hostname >")
        .replace("touch", "/bin/touch")
        .replace("httpd -f", "/bin/httpd -f");
    let namespace = shop_of("no-cat", &hidden, 1);
    let sick = &pods(&namespace, "app=web")[0];

    // When it is isolated, and somebody asks for the connections
    let finished = isolate_with(&namespace, sick, &["--connections"]);

    // Then it is isolated, and what can't be known is not guessed
    expect_words(&finished.stderr, &["can't be known", "executable file not found", "open connections"]);
    expect_isolated(&namespace, sick);
    let spec = &crate::pods::pod(&namespace, sick.name()).0["spec"];
    assert!(spec["ephemeralContainers"].is_null(), "no container was added");
}
