//! Nothing stops an isolated pod's own probes: when they will restart it is said.

use harness::Namespace;
use serde_json::Value;

use crate::pods::{Pod, pods};
use crate::promises::{expect_words, isolate};
use crate::shop::{shop_of, web};

/// Deployment `web` whose pods are alive as long as they have the file `/www/live`.
fn probed(replicas: u32, probe: &str) -> String {
    let web = web(replicas).replace("touch /www/ready", "touch /www/ready /www/live");
    web.replace(
        "        readinessProbe:",
        &format!("        livenessProbe: {{httpGet: {{path: /live, port: 8080}}, {probe}}}\n        readinessProbe:"),
    )
}

#[test]
fn a_liveness_probe_that_fails_tells_when_the_scene_ends_and_it_does() {
    // Given an isolated pod
    let manifest = probed(2, "periodSeconds: 2, failureThreshold: 5, timeoutSeconds: 5");
    let namespace = shop_of("clock", &manifest, 2);
    let sick = &pods(&namespace, "app=web")[0];
    let said = isolate(&namespace, sick).stderr;

    // Then it is said what it takes to restart it, and how often it was
    expect_words(
        &said,
        &["its liveness probe goes on, every 2s: 5 failures in a row restart it (0 restarts so far)"],
    );

    // When its liveness probe begins to fail
    namespace.kubectl(["exec", sick.name(), "--", "rm", "/www/live"]).success();
    let about = format!("events?fieldSelector=involvedObject.name={},reason=Unhealthy", sick.name());
    namespace.watch_until(&about, 30, |events| {
        let mut messages = events.values().filter_map(|event| event["message"].as_str());
        messages.any(|message| message.starts_with("Liveness probe failed")).then_some(())
    });
    let shown = show(&namespace, sick);
    let failing = &shown["containers"][0]["probe"]["failing"];
    let time = |value: &Value| value.as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
    let (after, before) = (time(&failing["restartAfter"]), time(&failing["restartBefore"]));
    assert!(after < before, "{failing}");

    // Then its container ends no earlier and, but for its grace period, hardly later than was foretold
    let ended = namespace.watch_until("pods", 60, |pods| {
        let status = &pods.get(sick.uid())?["status"]["containerStatuses"][0];
        (status["restartCount"] == 1).then(|| status["lastState"]["terminated"]["finishedAt"].clone())
    });
    let ended = time(&ended).as_second();
    assert!(ended >= after.as_second() - 1, "foretold not before {after}, but it ended at {ended}");
    assert!(ended <= before.as_second() + 6, "foretold before {before}, but it ended at {ended}");

    // and the restart is not forgotten
    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;
    expect_words(&shown, &["1 restart, 1 since it was isolated"]);
}

#[test]
fn a_container_that_nothing_restarts_is_said_to_be_one() {
    let namespace = shop_of("clock-none", &web(1), 1);
    let sick = &pods(&namespace, "app=web")[0];
    let said = isolate(&namespace, sick).stderr;
    assert!(!said.contains("liveness"), "{said}");
    let shown = namespace.kubectl(["isolate", "show", sick.name()]).success().stdout;
    expect_words(&shown, &["no probe restarts it"]);
}

fn show(namespace: &Namespace, pod: &Pod) -> Value {
    let answer = namespace.kubectl(["isolate", "show", pod.name(), "-o", "json"]).success().stdout;
    let mut answer: Value = serde_json::from_str(&answer).expect("-o json prints JSON");
    answer["items"][0].take()
}
